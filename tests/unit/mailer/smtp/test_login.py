"""Logging in: what is said to whom, and above all what is not."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.smtp.login import Dialogue, Login, OddChallenge, choose_methods
from tests.worlds.rows import each

USER, PASSWORD = "ada", "s3cret"


def coded(text: str) -> str:
    """As a server asks."""
    return b64encode(text.encode()).decode()


def dialogue(method: Login, *, is_private: bool = True) -> Dialogue:
    """One try."""
    return Dialogue(method, USER, PASSWORD, is_private=is_private)


@each(
    ("offered", "wanted", "methods"),
    [
        ("PLAIN LOGIN CRAM-MD5", None, ("plain", "login", "cram-md5")),
        ("login", None, ("login",)),
        ("XOAUTH2 GSSAPI NTLM", None, ()),
        ("XOAUTH2 PLAIN", Login.XOAUTH2, ("xoauth2",)),
        ("PLAIN LOGIN", Login.LOGIN, ("login",)),
        ("PLAIN", Login.CRAM_MD5, ()),
    ],
)
def test_methods_are_those_of_both(
    offered: str, wanted: Login | None, methods: tuple[str, ...]
) -> None:
    """The one that is named, or the ones we know in our order; an access token is no password."""
    assert choose_methods(offered.split(), wanted) == methods


@each(
    ("asked", "said"),
    [
        (("Username:", "Password:"), (USER, PASSWORD)),
        (("User Name", "Password"), (USER, PASSWORD)),
        (("", ""), (USER, PASSWORD)),
        (("Benutzername", "Kennwort"), (USER, PASSWORD)),
    ],
)
def test_login_says_what_is_asked_for(asked: tuple[str, str], said: tuple[str, str]) -> None:
    """The name first and the password second, nothing of it with the command."""
    talk = dialogue(Login.LOGIN)
    assert talk.command == b"LOGIN"
    assert [b64decode(talk.answer(coded(one))).decode() for one in asked] == list(said)


@each("asked", [("Password:",), ("Username:", "Username:"), ("Nom", "nom"), ("a", "b", "c")])
def test_login_in_another_order_ends(asked: tuple[str, ...]) -> None:
    """Who asks for the name twice never gets the password in its place."""
    talk, said = dialogue(Login.LOGIN), []
    with pytest.raises(OddChallenge):
        said += [talk.answer(coded(one)) for one in asked]
    assert b64encode(PASSWORD.encode()) not in said


def test_in_clear_nothing_comes_with_the_command() -> None:
    """A server that does not know AUTH, or the method, is told no more than their names."""
    for method in Login:
        talk = dialogue(method, is_private=False)
        assert talk.command == method.upper().encode()
    assert b64decode(dialogue(Login.PLAIN, is_private=False).answer("")) == b"\0ada\0s3cret"


def test_cram_md5_answers_as_its_rfc_shows() -> None:
    """The example of RFC 2195 2."""
    talk = Dialogue(Login.CRAM_MD5, "tim", "tanstaaftanstaaf", is_private=False)
    answer = talk.answer("PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+")
    assert answer == b"dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw"


def test_xoauth2_hears_its_error_out() -> None:
    """The token once; to the error an empty line, after which the relay says its reply."""
    talk = dialogue(Login.XOAUTH2)
    assert b64decode(talk.command.split(b" ")[1]) == b"user=ada\x01auth=Bearer s3cret\x01\x01"
    assert talk.answer(coded('{"status":"401"}')) == b""


@given(
    st.sampled_from(Login),
    st.booleans(),
    st.lists(st.one_of(st.text(max_size=20), st.text(max_size=20).map(coded))),
)
def test_no_challenge_gets_a_line_that_ends_the_command(
    method: Login, is_private: bool, challenges: list[str]
) -> None:
    """Whatever is asked: a line of base64, or an end; and never more than three of them."""
    talk, said = dialogue(method, is_private=is_private), 0
    try:
        for challenge in challenges:
            answer = talk.answer(challenge)
            said += 1
            assert b64encode(b64decode(answer)) == answer
    except OddChallenge:
        pass
    assert said <= 2
