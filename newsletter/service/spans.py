"""Steps of the service as spans, where somebody has set OpenTelemetry up around this process.

`opentelemetry-instrument newsletter run` loads the tracer before us, configures it by the standard OTEL_*
environment and sees each request by itself; what it cannot know, our own steps, is named here. Nothing is
loaded and nothing is needed where nobody traces.
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Final

_TRACES: Final = "opentelemetry.trace"


def span(name: str) -> AbstractContextManager[object]:
    """Within it a step is under way: `newsletter.poll`. An error that leaves it is told with it."""
    traces = sys.modules.get(_TRACES)
    if traces is None:
        return nullcontext()
    opened: AbstractContextManager[object] = traces.get_tracer("newsletter").start_as_current_span(
        f"newsletter.{name}"
    )
    return opened
