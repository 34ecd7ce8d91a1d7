"""A Dovecot of the test's own: mail comes in by LMTP, and is read by IMAP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.peers.borrowed import Borrowed
from tests.peers.ports import free_port

_CONF = """
base_dir = {home}/run
state_dir = {home}/run
log_path = {home}/told
protocols = imap lmtp
ssl = no
disable_plaintext_auth = no
default_internal_user = dovecot-test
default_login_user = dovecot-test
recipient_delimiter = +
mail_location = maildir:{home}/mail/%n
mail_uid = {uid}
mail_gid = {uid}
first_valid_uid = 1000
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={uid} gid={uid} home={home}/mail/%n allow_all_users=yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
protocol lmtp {{
  auth_username_format = %Ln
}}
"""

_PACKAGES = ("dovecot-core", "dovecot-imapd", "dovecot-lmtpd", "liblua5.4-0", "libexttextcat-2.0-0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dovecot:
    """One that takes mail for anybody, without the part behind a `+`."""

    lmtp: int
    imap: int

    def mailbox(self, name: str) -> str:
        """Where the mail for this name is read."""
        return f"imap://{name}:secret@127.0.0.1:{self.imap}/INBOX"


@contextmanager
def dovecot(home: Path) -> Iterator[Dovecot]:
    """In this folder, an open one, until the end of the context."""
    borrowed = Borrowed(home, _PACKAGES, accounts=("dovecot-test", "dovecot-mail"))
    uid = borrowed.ids["dovecot-mail"]
    found = Dovecot(lmtp=free_port(), imap=free_port())
    (home / "mail").mkdir()
    (home / "mail").chmod(0o777)
    (home / "conf").write_text(_CONF.format(home=home, uid=uid, imap=found.imap, lmtp=found.lmtp))
    command = ("dovecot", "-F", "-c", home / "conf")
    with borrowed.running(*command, port=found.imap, log=home / "started"):
        yield found
