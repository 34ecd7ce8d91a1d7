"""[dkim] in a newsletter.toml on disk: keys are found, or every problem is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mailer.authentication.keys import KeyType, SigningKey
from newsletter.config.config import Config, load_config
from storage.model.errors import ConfigError
from tests.conftest import NOON
from tests.peers.judges.verifier import pem, verifies

MAIL = b"From: notes@example.com\r\n\r\nx\r\n"
Load = Callable[..., Config]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads a configuration with this [dkim]; an RSA and an Ed25519 key lie beside it."""
    for kind in KeyType:
        _store(tmp_path / f"{kind}.pem", pem(kind))

    def write_and_load(
        dkim: str, *, sender: str = "notes@example.com", environ: Mapping[str, str] | None = None
    ) -> Config:
        path = tmp_path / "newsletter.toml"
        path.write_text(
            f'[newsletter]\ntitle = "N"\nurl = "https://example.com"\nsender = "{sender}"\n'
            f'postal_address = "x"\n[smtp]\nurl = "outbox:outbox"\n[dkim]\n{dkim}\n',
            "utf-8",
        )
        return load_config(path, environ or {})

    return write_and_load


def _store(path: Path, content: bytes, mode: int = 0o600) -> None:
    path.write_bytes(content)
    path.chmod(mode)


def _weak(bits: int) -> bytes:
    key = rsa.generate_private_key(65537, bits)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def problems(load: Load, dkim: str) -> tuple[str, ...]:
    """What is wrong with this section."""
    with pytest.raises(ConfigError) as caught:
        load(dkim)
    return caught.value.problems


@pytest.mark.parametrize("section", ["", 'domain = ""', "selector = []\nkey = []"])
def test_an_empty_section_is_off(load: Load, section: str) -> None:
    """Nothing is signed, and nothing is complained of."""
    config = load(section)
    assert config.signer is None
    assert config.warnings == ()


def test_one_key_signs_for_the_sender(load: Load) -> None:
    """Without a domain it is the sender's, in A-labels."""
    config = load('selector = "S1"\nkey = "rsa.pem"', sender="notes@Bücher.example")
    assert config.signer is not None
    key = SigningKey.load(pem(KeyType.RSA), domain="xn--bcher-kva.example", selector="s1")
    assert verifies(config.signer.sign(MAIL, now=NOON), key)
    assert config.warnings == ()


@pytest.mark.parametrize(
    "environ",
    [
        {"NEWSLETTER_DKIM__SELECTOR": "s1, ed1", "NEWSLETTER_DKIM__KEY": "rsa.pem, ed25519.pem"},
        {
            "NEWSLETTER_DKIM__SELECTOR": '["s1", "ed1"]',
            "NEWSLETTER_DKIM__KEY": "rsa.pem,ed25519.pem",
        },
    ],
)
def test_several_keys_sign_together(load: Load, environ: Mapping[str, str]) -> None:
    """Lists are paired in their order, in the file and in the environment (rule A30)."""
    pair = [
        SigningKey.load(pem(kind), domain="example.com", selector=selector)
        for kind, selector in ((KeyType.RSA, "s1"), (KeyType.ED25519, "ed1"))
    ]
    configs = (
        load('selector = ["s1", "ed1"]\nkey = ["rsa.pem", "ed25519.pem"]'),
        load("", environ=environ),
    )
    for config in configs:
        assert config.signer is not None
        assert verifies(config.signer.sign(MAIL, now=NOON), *pair)


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ('domain = "example.com"', "[dkim]: needs a selector and a key"),
        ('selector = "s1"', "[dkim]: needs one key for each selector: there are 1 in selector"),
        ('key = "rsa.pem"', "[dkim]: needs one key for each selector: there are 0 in selector"),
        (
            'selector = ["s", "s"]\nkey = ["rsa.pem", "ed25519.pem"]',
            "[dkim]: names a selector twice",
        ),
        ('selector = "s 1"\nkey = "rsa.pem"', "[dkim] selector: must hold letters"),
        ('selector = "s;d=x"\nkey = "rsa.pem"', "[dkim] selector: must hold letters"),
        ('domain = "a b"\nselector = "s"\nkey = "rsa.pem"', "[dkim] domain: must be a domain"),
        ('selector = "s"\nkey = 3', "[dkim] key: must be"),
        ('selectors = "s"', '[dkim] selectors: unknown key; did you mean "selector"?'),
    ],
)
def test_mistakes_are_told(load: Load, section: str, problem: str) -> None:
    """Each mistake is one sentence that says where and what."""
    (told,) = problems(load, section)
    assert told.startswith(problem)


def test_all_unfit_keys_are_told_at_once(load: Load, tmp_path: Path) -> None:
    """A missing file, a folder, another type and no key at all: one sentence each (rule A29)."""
    curve = ec.generate_private_key(ec.SECP256R1())
    _store(
        tmp_path / "ec.pem",
        curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )
    _store(tmp_path / "text.pem", b"no key")
    told = problems(
        load,
        'domain = "-"\nselector = ["a", "b", "c", "d"]\n'
        'key = ["missing.pem", ".", "ec.pem", "text.pem"]',
    )
    expected = (
        "missing.pem cannot be read",
        "cannot be read",
        "must be RSA or Ed25519",
        "no private",
    )
    assert len(told) == 5
    assert told[0].startswith("[dkim] domain: must be a domain")
    for sentence, part in zip(told[1:], expected, strict=True):
        assert sentence.startswith("[dkim] key: ")
        assert part in sentence


def test_unwise_keys_are_warned_of(load: Load, tmp_path: Path) -> None:
    """A short key, one that all can read, and Ed25519 alone are used with a warning."""
    _store(tmp_path / "short.pem", _weak(1024), 0o644)
    exposed, short = load('selector = "s"\nkey = "short.pem"').warnings
    assert "every account can read" in exposed.sentence
    assert "1024 bits" in short.sentence
    (alone,) = load('selector = "s"\nkey = "ed25519.pem"').warnings
    assert "RSA" in alone.sentence


@pytest.mark.parametrize(
    ("domain", "sender", "aligned"),
    [
        ("example.com", "example.com", True),
        ("example.com", "news.example.com", True),
        ("EXAMPLE.com.", "example.com", True),
        ("news.example.com", "example.com", True),
        ("example.org", "example.com", False),
        ("ample.com", "example.com", False),
        ("com", "example.com", False),
    ],
)
def test_a_foreign_domain_is_warned_of(load: Load, domain: str, sender: str, aligned: bool) -> None:
    """The signature counts if one domain is the other or below it (rule A33)."""
    config = load(f'domain = "{domain}"\nselector = "s"\nkey = "rsa.pem"', sender=f"notes@{sender}")
    assert config.signer is not None
    assert (config.warnings == ()) is aligned


def test_the_sender_of_letters_is_compared_as_well(load: Load) -> None:
    """Of two senders the one that the signature does not count for is named (rules A33, A38)."""
    config = load(
        'domain = "example.com"\nselector = "s"\nkey = "rsa.pem"\n[subscribers]\nsender = "a@example.net"'
    )
    (told,) = config.warnings
    assert "example.net" in told.sentence


def test_a_key_is_not_shown(load: Load) -> None:
    """The configuration's repr holds nothing of the key."""
    shown = repr(load('selector = "s"\nkey = "rsa.pem"'))
    assert "rsa.pem" in shown
    assert "MII" not in shown
    assert "sign=" not in shown


def test_who_signs_keeps_to_no_core(load: Load) -> None:
    """The threads that sign want every core; a sender without a key keeps to one, unless told not to."""
    signs = 'selector = "s"\nkey = "rsa.pem"'
    assert load("").keeps_to_one_core
    assert not load(signs).keeps_to_one_core
    assert not load("", environ={"NEWSLETTER_DISPATCH__OWN_CORE": "false"}).keeps_to_one_core
