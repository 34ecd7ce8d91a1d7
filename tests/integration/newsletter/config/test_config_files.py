"""A newsletter.toml on disk, and the environment over it, become one configuration or one error."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pydantic
import pytest

from mailer.smtp.relay import Tls
from newsletter.config.config import SECTIONS, Config, Doubt, load_config, render_template
from storage.model.errors import ConfigError

MINIMAL = """
[newsletter]
title = "Working Notes"
url = "https://notes.example.com/"
sender = "Ada Example <notes@example.com>"
"""

Load = Callable[..., Config]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Writes a configuration and loads it."""

    def write_and_load(text: str, environ: Mapping[str, str] | None = None) -> Config:
        path = tmp_path / "newsletter.toml"
        path.write_text(text, "utf-8")
        return load_config(path, environ or {})

    return write_and_load


@pytest.fixture
def problems(load: Load) -> Callable[..., tuple[str, ...]]:
    """Writes a configuration and returns what is wrong with it."""

    def write_and_fail(text: str, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
        with pytest.raises(ConfigError) as caught:
            load(text, environ)
        return caught.value.problems

    return write_and_fail


def test_three_keys_are_enough(load: Load, tmp_path: Path) -> None:
    """Everything but title, url and sender has its documented default."""
    config = load(MINIMAL)
    assert config.identity.url == "https://notes.example.com"
    assert config.identity.author == "Ada Example"
    assert config.notes.path == tmp_path / "notes"
    assert config.notes.poll == timedelta(seconds=30)
    assert (config.schedule.hold, config.schedule.grace) == (timedelta(minutes=5), timedelta(1))
    assert config.storage.url == f"sqlite:///{tmp_path}/newsletter.db"
    assert [outbox.directory for outbox in config.outboxes] == [tmp_path / "outbox"]
    assert config.dispatch.retry[-1] == timedelta(hours=16)
    assert config.dispatch.doubt is Doubt.RESEND
    assert config.feeds.items == 30
    assert config.web.secret_file == tmp_path / "secret"
    assert config.source == tmp_path / "newsletter.toml"


def test_the_template_documents_every_key_with_its_default(load: Load) -> None:
    """The first configuration loads, names every key, and means what a minimal one means."""
    text = render_template(
        title="Working Notes",
        url="https://notes.example.com",
        sender="Ada Example <notes@example.com>",
    )
    config, minimal = load(text), load(MINIMAL)
    for name, section in SECTIONS.items():
        assert f"[{name}]" in text
        for key in section.model_fields:
            assert f"\n{key} = " in text or f"\n# {key} = " in text
        if name != "smtp":
            assert getattr(config, name) == getattr(minimal, name)
    assert config.relays == minimal.relays


def test_the_template_takes_any_title(load: Load) -> None:
    """Quotes, backslashes, dollars and emoji in what the author says survive the template."""
    title = 'The "Best" \\ $title 🎉'
    text = render_template(
        title=title,
        url="http://127.0.0.1:8000",
        sender="notes@example.com",
        links={'A "b"': "https://example.com"},
        hold="0s",
    )
    config = load(text)
    assert config.newsletter.title == title
    assert config.newsletter.links == (('A "b"', "https://example.com"),)
    assert config.schedule.hold == timedelta()
    assert config.identity.author == title


def test_all_problems_are_told_at_once(problems: Callable[..., tuple[str, ...]]) -> None:
    """Unknown names get the nearest known one, missing keys are asked for, values explained."""
    told = problems(
        """
        [newsletter]
        titel = "x"
        url = "notes.example.com"
        sender = "nobody"
        [note]
        [web]
        port = 70000
        [schedule]
        hold = "soon"
        slots = "0 9 * * NEVER"
        [dkim]
        domain = "example.com"
        [[smtp]]
        url = "outbox:outbox"
        [[smtp]]
        ulr = "x"
        connections = true
        [feeds]
        items = 0
        """,
        {"NEWSLETTER_WEB__PROT": "1", "NEWSLETTER_SMTP_URL": "x", "NEWSLETTER_CONFIG": "fine"},
    )
    expected = [
        '[newsletter] titel: unknown key; did you mean "title"?',
        "[newsletter] title: missing",
        "[newsletter] url: must be an absolute http or https address",
        "[newsletter] sender: must be one mailbox",
        '[note]: unknown section; did you mean "notes"?',
        "[web] port: must be at most 65535",
        "[schedule] hold: must be a duration",
        "[schedule] slots: ",
        "[dkim]: needs a selector and a key",
        '[[smtp]] 2 ulr: unknown key; did you mean "url"?',
        "[[smtp]] 2 connections: must be a number",
        "[feeds] items: must be at least 1",
        'NEWSLETTER_WEB__PROT: unknown variable; did you mean "NEWSLETTER_WEB__PORT"?',
        'NEWSLETTER_SMTP_URL: unknown variable; did you mean "NEWSLETTER_SMTP__URL"?',
    ]
    for start in expected:
        assert any(problem.startswith(start) for problem in told), (start, told)
    assert len(told) == len(expected)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[newsletter\ntitle", "line 1"),
        ("[newsletter]\ntitle = \n", "line 2"),
        ("newsletter = 3", "[newsletter]: must be a section"),
        (MINIMAL + 'smtp = "x"', "[newsletter] smtp: unknown key"),
        ('smtp = "x"\n' + MINIMAL, "[smtp]: must be a section"),
        ("smtp = [3]\n" + MINIMAL, "[smtp]: must be a section"),
        (MINIMAL + 'description = "a\\nb"', "[newsletter] description: must not hold control"),
        (MINIMAL + 'description = "a\\u001bb"', "[newsletter] description: must not hold control"),
        (MINIMAL + "description = 3", "[newsletter] description: must be text"),
        (MINIMAL + '[notes]\npoll = "0"', "[notes] poll: must be longer than 0"),
        (MINIMAL + "[dispatch]\nretry = []", "[dispatch] retry:"),
        (MINIMAL + '[dispatch]\ndoubt = "x"', "[dispatch] doubt: must be 'resend' or 'hold'"),
        (MINIMAL + '[subscribers]\nconfirm_within = "31d"', "[subscribers] confirm_within:"),
        (MINIMAL + '[feeds]\nhub = "x"', "[feeds] hub: must be an absolute"),
        (MINIMAL + '[smtp]\nurl = "smtp://h?ca=no.pem"', "[smtp] url: there is no file"),
    ],
)
def test_each_problem_has_its_sentence(
    problems: Callable[..., tuple[str, ...]], text: str, problem: str
) -> None:
    """Whatever is wrong in the file is named by its line, or its section and key."""
    assert any(problem in told for told in problems(text))


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """A missing file, a folder and a file that is not text are configuration problems."""
    with pytest.raises(ConfigError, match="newsletter init"):
        load_config(tmp_path / "newsletter.toml", {})
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path, {})
    path = tmp_path / "latin.toml"
    path.write_bytes(b'[newsletter]\ntitle = "caf\xe9"\n')
    with pytest.raises(ConfigError, match="line 2 is not UTF-8"):
        load_config(path, {})


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    """A file saved by an editor that writes a byte order mark loads."""
    path = tmp_path / "newsletter.toml"
    path.write_text(MINIMAL, "utf-8-sig")
    assert load_config(path, {}).newsletter.title == "Working Notes"


def test_what_was_read_is_kept_as_it_was_read(load: Load, tmp_path: Path) -> None:
    """A mailbox, a listener, a key and a folder are read once; empty is none of them."""
    config = load(
        MINIMAL
        + '[bounces]\nmaildir = "in"\nimap = "imaps://ada:se%40cret@mail.example.com/Bounces"\n'
        'listen = "lmtp:///run/lmtp"\n'
    )
    assert config.bounces.maildir == tmp_path / "in"
    assert config.bounces.imap is not None
    assert (config.bounces.imap.host, config.bounces.imap.password) == (
        "mail.example.com",
        "se@cret",
    )
    assert config.bounces.listen is not None
    assert config.bounces.listen.path == Path("/run/lmtp")
    assert "se@cret" not in repr(config)
    empty = load(MINIMAL + '[bounces]\nmaildir = ""\nimap = ""\nlisten = ""\n')
    assert empty.bounces == load(MINIMAL).bounces
    assert (empty.bounces.maildir, empty.bounces.imap, empty.bounces.listen) == (None, None, None)
    assert not empty.takes_mail


@pytest.mark.parametrize("key", ["imap", "listen", "maildir"])
def test_a_text_is_a_text(load: Load, key: str) -> None:
    """What is no text where one must stand is told by its key, not raised."""
    with pytest.raises(ConfigError, match=rf"\[bounces\] {key}: must be"):
        load(MINIMAL + f"[bounces]\n{key} = 7\n")


def test_any_key_can_come_from_the_environment(load: Load, tmp_path: Path) -> None:
    """Variables win over the file, whatever a key's type; relative paths stay below the file."""
    config = load(
        MINIMAL + '[smtp]\nurl = "outbox:x"\nconnections = 3\n',
        {
            "NEWSLETTER_NEWSLETTER__TITLE": "Other",
            "NEWSLETTER_NEWSLETTER__LINKS": '{ GitHub = "https://github.com/x" }',
            "NEWSLETTER_SMTP__URL": "smtps://u:p@mail.example.com",
            "NEWSLETTER_DISPATCH__RETRY": "1m,2m",
            "NEWSLETTER_SUBSCRIBERS__CHECK_DNS": "false",
            "NEWSLETTER_WEB__PORT": "0",
            "NEWSLETTER_WEB__TRUSTED_PROXIES": "10.0.0.0/8,::1",
            "NEWSLETTER_WEB__SECRET_FILE": "keys/secret",
            "NEWSLETTER_SERVICE_HOST": "10.0.0.7",
            "NEWSLETTER_PORT_80_TCP_ADDR": "10.0.0.7",
            "HOME": "/root",
        },
    )
    assert config.newsletter.title == "Other"
    assert config.newsletter.links == (("GitHub", "https://github.com/x"),)
    assert (config.servers[0].tls, config.servers[0].connections) == (Tls.IMPLICIT, 3)
    assert config.dispatch.retry == (timedelta(minutes=1), timedelta(minutes=2))
    assert config.subscribers.check_dns is False
    assert config.web.port == 0
    assert [str(net) for net in config.web.trusted_proxies] == ["10.0.0.0/8", "::1/128"]
    assert config.web.secret_file == tmp_path / "keys" / "secret"


def test_no_file_section_is_needed_for_variables(load: Load) -> None:
    """A container can give everything by variables over an empty file."""
    config = load(
        "",
        {
            "NEWSLETTER_NEWSLETTER__TITLE": "T",
            "NEWSLETTER_NEWSLETTER__URL": "https://example.com",
            "NEWSLETTER_NEWSLETTER__SENDER": "a@example.com",
            "NEWSLETTER_SMTP__0__URL": "smtp://localhost:25",
        },
    )
    assert config.servers[0].port == 25


def test_several_relays_are_told_apart(
    load: Load, problems: Callable[..., tuple[str, ...]]
) -> None:
    """With several relays a variable says which, and may add the next one."""
    two = MINIMAL + '[[smtp]]\nurl = "smtp://a.example"\n[[smtp]]\nurl = "smtp://b.example"\n'
    config = load(
        two,
        {"NEWSLETTER_SMTP__1__RATE": "5", "NEWSLETTER_SMTP__2__URL": "smtp://c.example"},
    )
    assert [relay.host for relay in config.servers] == ["a.example", "b.example", "c.example"]
    assert [relay.rate for relay in config.servers] == [0, 5, 0]
    for variable in ("NEWSLETTER_SMTP__URL", "NEWSLETTER_SMTP__7__URL", "NEWSLETTER_SMTP__X__URL"):
        assert "must say which relay" in problems(two, {variable: "smtp://d.example"})[0]
    assert problems(MINIMAL, {"NEWSLETTER_WEB__0__PORT": "1"})


def test_secrets_can_come_from_files(
    load: Load, problems: Callable[..., tuple[str, ...]], tmp_path: Path
) -> None:
    """What may hold a password can be named by a file, as container platforms mount them."""
    (tmp_path / "relay").write_text("smtp://u:hunter2@mail.example.com\n")
    config = load(MINIMAL, {"NEWSLETTER_SMTP__URL_FILE": str(tmp_path / "relay")})
    assert config.servers[0].password == "hunter2"
    assert load(MINIMAL, {"NEWSLETTER_SMTP__URL_FILE": "relay"}).relays == config.relays
    (tmp_path / "feed").write_text("https://ada:secret@blog.example.com/feed.xml\n", "utf-8")
    fed = load(MINIMAL, {"NEWSLETTER_NOTES__FEED_FILE": "feed"})
    assert fed.notes.feed == "https://ada:secret@blog.example.com/feed.xml"
    missing = problems(MINIMAL, {"NEWSLETTER_STORAGE__URL_FILE": "nothing"})
    assert missing == ("NEWSLETTER_STORAGE__URL_FILE: names a file that cannot be read",)
    twice = {"NEWSLETTER_SMTP__URL_FILE": "relay", "NEWSLETTER_SMTP__URL": "outbox:x"}
    assert "given twice" in problems(MINIMAL, twice)[0]
    assert "unknown variable" in problems(MINIMAL, {"NEWSLETTER_NOTES__PATH_FILE": "relay"})[0]


def test_no_password_is_shown(load: Load, problems: Callable[..., tuple[str, ...]]) -> None:
    """Neither the configuration's repr nor an error about it repeats a password."""
    environ = {
        "NEWSLETTER_SMTP__URL": "smtp://u:hunter2@mail.example.com",
        "NEWSLETTER_STORAGE__URL": "postgresql://u:hunter2@db/letter",
    }
    config = load(MINIMAL, environ)
    assert config.servers[0].password == "hunter2"
    assert "hunter2" not in f"{config!r} {config} {config.storage!r} {config.relays!r}"
    told = problems(
        MINIMAL.replace("title", "titel"),
        {
            "NEWSLETTER_SMTP__URL": "smtp://u:hunter2@mail.example.com?tls=x",
            "NEWSLETTER_STORAGE__URL": "mysql://u:hunter2@db/letter",
        },
    )
    assert len(told) == 4
    assert "hunter2" not in str(told)


def test_what_is_allowed_but_unwise_is_a_warning(load: Load) -> None:
    """Plain http, no postal address, no relay and no encryption are told and not refused (A13)."""
    config = load(MINIMAL.replace("https:", "http:"))
    assert [warning.sentence.partition(":")[0] for warning in config.warnings] == [
        "[newsletter] url",
        "[newsletter] postal_address",
        "[smtp]",
    ]
    relay = '[smtp]\nurl = "smtp://u:hunter2@mail.example.com?tls=none"\n'
    plain = load(MINIMAL + 'postal_address = "1 Main St"\n' + relay)
    assert len(plain.warnings) == 1
    assert "the password travel in clear" in plain.warnings[0].sentence
    local = MINIMAL.replace("https://notes.example.com/", "http://localhost:8000")
    calm = load(local + 'postal_address = "1 Main St"\n[smtp]\nurl = "smtp://127.0.0.1:25"\n')
    assert calm.warnings == ()


def test_an_address_on_this_machine_at_another_port_is_told(load: Load) -> None:
    """A trial whose port was changed in one place only would have dead links in mail and feeds."""

    def told(url: str, port: int, relay: str = "outbox:outbox") -> list[str]:
        text = MINIMAL.replace("https://notes.example.com/", url)
        rest = f'postal_address = "1 Main St"\n[smtp]\nurl = "{relay}"\n[web]\nport = {port}\n'
        return [one.code for one in load(text + rest).warnings]

    assert told("http://127.0.0.1:8123", 8000) == ["other-port"]
    assert (
        told("http://127.0.0.1:8123", 8000, "smtp://127.0.0.1:25") == []
    )  # the doctor looks there
    assert told("http://localhost", 8000) == ["other-port"]
    assert told("http://[::1]:8000", 8000) == told("http://localhost", 80) == []


def test_a_letter_that_is_not_there_is_told(load: Load, tmp_path: Path) -> None:
    """Nobody would be welcomed, and nothing else would say so; a file in the notes folder will do."""
    text = MINIMAL + 'postal_address = "1 Main St"\n[smtp]\nurl = "smtp://127.0.0.1:25"\n'
    letters = '[subscribers]\nwelcome = "hello.md"\ngoodbye = "bye.md"\n'
    assert [one.code for one in load(text + letters).warnings] == ["no-letter"] * 2
    (tmp_path / "notes").mkdir(exist_ok=True)
    (tmp_path / "notes" / "hello.md").write_text("Hello.")
    (told,) = load(text + letters).warnings
    assert told.sentence.startswith("[subscribers] goodbye: there is no file")


def test_the_dns_is_not_asked_with_the_outbox(load: Load) -> None:
    """Sign-ups are looked up as told, but never while mail stays on this machine."""
    assert load(MINIMAL).check_dns is False
    relay = '[smtp]\nurl = "smtp://mail.example.com"\n'
    assert load(MINIMAL + relay).check_dns is True
    assert load(MINIMAL + relay + "[subscribers]\ncheck_dns = false\n").check_dns is False


def test_a_configuration_does_not_change(load: Load) -> None:
    """Config and its sections are frozen."""
    config = load(MINIMAL)
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.source = Path()  # type: ignore[misc]
    with pytest.raises(pydantic.ValidationError):
        config.web.port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("keys", "every"),
    [
        ("", 900),
        ('feed_poll = "1h"\npoll = "5s"', 3600),
        ('poll = "5m"', 300),
        ('poll = "1s"', 30),
        ('poll = "1s"\nfeed_private = true', 1),
    ],
)
def test_a_feed_is_asked_as_often_as_notes_are_looked_at_but_no_stranger_more_than_twice_a_minute(
    load: Load, keys: str, every: int
) -> None:
    """Nobody has to know of two keys, and nobody floods somebody else's server by one."""
    config = load(f'{MINIMAL}[notes]\nfeed = "https://blog.example.com/feed"\n{keys}\n')
    assert config.notes.feed_every == timedelta(seconds=every)
