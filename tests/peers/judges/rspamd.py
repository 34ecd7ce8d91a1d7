"""Rspamd, the filter of many mail hosts, with Debian's rules and a DNS that knows one sender; no network."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from dns import exception, flags, message, rcode, rdatatype, rrset

from tests.peers.borrowed import wait_for
from tests.peers.ports import free_port

RELAY, RELAY_IP = "relay.example.com", "192.0.2.25"
"""Who hands the mail over to the filter's host."""

_CONFIG = """
.include "$CONFDIR/common.conf"
options {{
    pidfile = "{home}/pid";
    .include "$CONFDIR/options.inc"
    .include(priority=10) "{home}/ours.inc"
}}
logging {{ type = "console"; level = "warning"; }}
worker "normal" {{
    .include "$CONFDIR/worker-normal.inc"
    bind_socket = "127.0.0.1:{port}";
    count = 1;
}}
"""
# The list of all public suffixes takes minutes to compile; ours has those of the mails.
_OPTIONS = """
dns {{ nameserver = ["127.0.0.1:{dns}"]; timeout = 2s; retransmits = 1; }}
url_tld = "{home}/suffixes";
disable_hyperscan = true;
"""

Records = Mapping[tuple[str, str], Sequence[str]]
"""(name, type) of a DNS record → its values."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the filter thinks of a mail: from 4 on it is put off, from 6 on marked, from 15 on refused."""

    action: str
    score: float
    counted: Mapping[str, float]
    """The rules that applied and count, by what they add."""


@dataclass(frozen=True, slots=True)
class Rspamd:
    """A filter that listens."""

    port: int

    def judge(self, content: bytes, sender: str, recipient: str) -> Verdict:
        """The verdict on a mail as the relay hands it over."""
        envelope = {"From": sender, "Rcpt": recipient}
        peer = {"IP": RELAY_IP, "Helo": RELAY, "Hostname": RELAY}
        address = f"http://127.0.0.1:{self.port}/checkv2"
        answer = httpx.post(address, content=content, headers={**envelope, **peer}, timeout=60)
        said = answer.json()
        symbols = {name: one["score"] for name, one in said["symbols"].items()}
        return Verdict(
            said["action"], said["score"], {name: score for name, score in symbols.items() if score}
        )


@contextmanager
def filtering(home: Path, records: Records) -> Iterator[Rspamd]:
    """Rspamd until the end of the context; skips the test where it is missing."""
    program = shutil.which("rspamd")
    if program is None:
        pytest.skip("rspamd is missing: install it to have mail judged")
    port = free_port()
    (home / "suffixes").write_text("com\norg\nexample\n")
    with _answering(records) as dns:
        (home / "ours.inc").write_text(_OPTIONS.format(home=home, dns=dns))
        (home / "rspamd.conf").write_text(_CONFIG.format(home=home, port=port))
        places = [f"--var={name}={home}" for name in ("DBDIR", "RUNDIR", "LOGDIR", "LOCAL_CONFDIR")]
        insecure = ["-i"] if os.geteuid() == 0 else []
        log = home / "log"
        with log.open("ab") as told:
            command = [program, "-f", *insecure, "-c", home / "rspamd.conf", *places]
            process = subprocess.Popen(command, stdout=told, stderr=told)
        try:
            wait_for(port, process, log)
            yield Rspamd(port)
        finally:
            process.terminate()
            process.wait(60)


@contextmanager
def _answering(records: Records) -> Iterator[int]:
    """A name server with these records and nothing else; its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.2)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                with suppress(TimeoutError, exception.DNSException):
                    asked, peer = server.recvfrom(4096)
                    server.sendto(_answer(message.from_wire(asked), records), peer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            ended.set()
            thread.join()


def _answer(query: message.Message, records: Records) -> bytes:
    (asked,) = query.question
    answer = message.make_response(query)
    answer.flags |= flags.RA
    name, kind = str(asked.name).rstrip(".").lower(), rdatatype.to_text(asked.rdtype)
    if values := records.get((name, kind)):
        if kind == "TXT":  # a string of it has at most 255 octets
            values = [
                " ".join(f'"{one[at : at + 255]}"' for at in range(0, len(one), 255))
                for one in values
            ]
        answer.answer.append(rrset.from_text(asked.name, 60, "IN", kind, *values))
    elif not any(known == name for known, _kind in records):
        answer.set_rcode(rcode.NXDOMAIN)
    return answer.to_wire()
