"""OpenTelemetry around the service: its own steps are seen; without it nothing of it is loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.peers.relays.counting import Relay
from tests.worlds.publishing.due import settle

TRACED = """
import json, sys
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

seen = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(seen))
trace.set_tracer_provider(provider)
"""
SEND = """
from newsletter import Newsletter
with Newsletter.open(sys.argv[1], environ={}) as newsletter:
    newsletter.send()
"""
TOLD = """
print(json.dumps([(one.name, one.status.is_ok) for one in seen.get_finished_spans()]))
"""
PLAIN = """
print(json.dumps([name for name in sys.modules if name.startswith("opentelemetry")]))
"""


def run(program: str, config: Path) -> list[object]:
    """What a program of its own prints in the end."""
    done = subprocess.run(
        [sys.executable, "-c", program, config],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
        env={name: value for name, value in os.environ.items() if name[:4] != "OTEL"},
    )
    assert done.returncode == 0, done.stderr
    told: list[object] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_steps_are_spans_where_somebody_traces(tmp_path: Path) -> None:
    """A sending is a poll, what is due of readers, and the mail; nothing is loaded where nobody asked."""
    with Relay().serving() as relay:
        config = settle(
            tmp_path, f"sqlite:///{tmp_path / 'n.db'}", f"smtp://127.0.0.1:{relay.port}", readers=3
        )
        names = [name for name, _is_ok in run(TRACED + SEND + TOLD, config)]  # type: ignore[misc]
        assert names == [
            "newsletter.poll",
            "newsletter.signups",
            "newsletter.digests",
            "newsletter.mail",
        ]
        assert len(relay.accepted) == 3
        assert run(f"import json, sys\n{SEND}{PLAIN}", config) == []
