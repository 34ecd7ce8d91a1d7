"""An IMAP server in a thread of the test, that misbehaves as it is told to."""

from __future__ import annotations

import contextlib
import re
import socketserver
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailer.inbound.places import ImapMailbox, parse_imap


@dataclass
class Server:
    """An IMAP server (RFC 9051) with one mailbox, that can be told to misbehave."""

    messages: dict[int, bytes]
    flags: dict[int, set[str]] = field(default_factory=dict)
    hang_up_at: str = ""
    refuse: str = ""
    refused_for: set[str] | None = None
    """Of which messages it refuses that; None: whatever it is about."""
    search: str = ""
    """What it answers to SEARCH instead of what there is."""
    literal: str = ""
    """The length it says a message has."""
    port: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    """How often each command came."""

    def answer(self, tag: str, command: str, words: list[str]) -> Iterator[bytes]:
        """The lines that answer one command."""
        self.asked[command] += 1
        if command == self.refuse and (self.refused_for is None or words[0] in self.refused_for):
            yield f"{tag} NO not today\r\n".encode()
            return
        if command == "SEARCH":
            unseen = [
                str(n) for n in self._part(words[0]) if "\\Seen" not in self.flags.get(n, set())
            ]
            yield f"* SEARCH {self.search or ' '.join(unseen)}\r\n".encode()
        elif command == "FETCH":
            raw = self.messages[int(words[0])]
            yield (
                f"* 1 FETCH (UID {words[0]} BODY[]<0> {{{self.literal or len(raw)}}}\r\n".encode()
                + raw
                + b")\r\n"
            )
        elif command == "STORE":
            flags = re.findall(r"\\\w+", " ".join(words))
            self.flags.setdefault(int(words[0]), set()).update(flags)
        elif command == "CAPABILITY":
            yield b"* CAPABILITY IMAP4rev1\r\n"
        elif command == "SELECT":
            yield f"* {len(self.messages)} EXISTS\r\n".encode()
        elif command == "LOGOUT":
            yield b"* BYE\r\n"
        yield f"{tag} OK done\r\n".encode()

    def _part(self, which: str) -> list[int]:
        """The messages of a range of places in the mailbox, as `1:200` or `201:*`; all without one."""
        first, colon, last = which.partition(":")
        everything = list(self.messages)
        return (
            everything[int(first) - 1 : None if last == "*" else int(last)] if colon else everything
        )


@contextlib.contextmanager
def serving(server: Server) -> Iterator[ImapMailbox]:
    """The server on loopback, and the mailbox that leads to it."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"* OK ready\r\n")
            for line in self.rfile:
                tag, *words = line.decode().split()
                command = words.pop(0).upper()
                if command == "UID":
                    command = words.pop(0).upper()
                if command == server.hang_up_at:
                    return
                for answer in server.answer(tag, command, words):
                    self.wfile.write(answer)
                if command == "LOGOUT":
                    return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as tcp:
        thread = threading.Thread(target=tcp.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            port = tcp.server_address[1]
            yield parse_imap(f"imap://ada:se%40cret@127.0.0.1:{port}/Bounces")
        finally:
            tcp.shutdown()
            thread.join()
