"""Lists as other systems write them: who reads there reads here, and who left does not come in."""

from __future__ import annotations

from datetime import datetime

from newsletter.subscribing.dialects import Origin
from tests.unit.newsletter.subscribing.test_files import WHEN, refused, taken
from tests.worlds.rows import each


@each(
    ("text", "origin", "name", "tags", "created_at"),
    [
        (
            (
                "email,active_subscription,expiry,plan,email_disabled,created_at\n"
                "a@example.com,false,,other,false,2026-11-22T12:00:00.000Z\n"
            ),
            Origin.SUBSTACK,
            "",
            (),
            WHEN,
        ),
        (
            (
                '"Email Address","First Name","Last Name",OPTIN_TIME,CONFIRM_TIME,TAGS\n'
                'a@example.com,Ada,Lovelace,"2026-11-22 12:00:00",,"""maths"",""poetry"""\n'
            ),
            Origin.MAILCHIMP,
            "Ada Lovelace",
            ("maths", "poetry"),
            WHEN,
        ),
        (
            (
                "email,notes,metadata,tags,creation_date,subscriber_type\n"
                'a@example.com,,{},"maths,poetry",2026-11-22T12:00:00Z,regular\n'
            ),
            Origin.BUTTONDOWN,
            "",
            ("maths", "poetry"),
            WHEN,
        ),
        (
            (
                "id,email,name,note,subscribed_to_emails,stripe_customer_id,created_at,deleted_at,labels\n"
                "1,a@example.com,Ada,,true,,2026-11-22T12:00:00.000Z,,maths\n"
            ),
            Origin.GHOST,
            "Ada",
            ("maths",),
            WHEN,
        ),
        (
            (
                "uuid,email,name,attributes,status,created_at,updated_at\n"
                "x,a@example.com,Ada,{},enabled,2026-11-22T12:00:00Z,\n"
            ),
            Origin.LISTMONK,
            "Ada",
            (),
            WHEN,
        ),
    ],
    ids=["substack", "mailchimp", "buttondown", "ghost", "listmonk"],
)
def test_exports_of_other_systems_are_recognised(
    text: str, origin: Origin, name: str, tags: tuple[str, ...], created_at: datetime
) -> None:
    """The header says who wrote a file; names, tags and times are found where that system puts them."""
    row = taken(text)
    assert (row.origin, row.email, row.name) == (origin, "a@example.com", name)
    assert (row.tags, row.created_at) == (tags, created_at)


@each(
    "text",
    [
        "email,active_subscription,email_disabled\na@example.com,true,true\n",
        "Email Address,UNSUB_TIME\na@example.com,2026-01-01 10:00:00\n",
        "Email Address,CLEAN_TIME\na@example.com,2026-01-01 10:00:00\n",
        "email,creation_date,subscriber_type\na@example.com,,unsubscribed\n",
        "email,creation_date,subscriber_type\na@example.com,,unactivated\n",
        "email,subscribed_to_emails\na@example.com,false\n",
        "email,name,status,attributes\na@example.com,,blocklisted,{}\n",
        "email,name,status,attributes\na@example.com,,disabled,{}\n",
        "email,status\na@example.com,Unsubscribed\n",
        "email,unsubscribed_at\na@example.com,2026-01-01\n",
        "first_name,email_address,status\nAda,a@example.com,cancelled\n",
        "Subscriber,Email,Status\nAda,a@example.com,Junk\n",
        "Name,Email,Status\nAda,a@example.com,Marked as spam\n",
        "email,status\na@example.com,unsubscribe\n",
        "email,status\na@example.com,opted out\n",
        "email,status\na@example.com,Opted-Out\n",
        "email,status\na@example.com,non_subscribed\n",
        "email,Subscriber Status\na@example.com,Awaiting confirmation\n",
        "EMAIL,FIRSTNAME,BLACKLISTED\na@example.com,Ada,true\n",
        "Email,Email blocklisted\na@example.com,Yes\n",
    ],
)
def test_who_left_elsewhere_does_not_come_in_here(text: str) -> None:
    """A row that its own system would not mail is refused, and says which column said so (F17)."""
    row = refused(text)
    assert row.email == "a@example.com"
    assert " there (" in row.reason


@each(
    "text",
    [
        "email,status\na@example.com,Active\n",
        "email,status,state\na@example.com,Subscribed,California\n",
        "email,status\na@example.com,\n",
        "EMAIL,BLACKLISTED\na@example.com,false\n",
        "Email,Email blocklisted,Status\na@example.com,No,\n",
    ],
)
def test_a_reader_elsewhere_is_a_reader_here(text: str) -> None:
    """A row that its own system would mail is taken, whatever else these columns say (F17)."""
    assert taken(text).email == "a@example.com"


@each(
    ("header", "cells", "name"),
    [
        ("Name,Last name,Email", "Ada,Lovelace,{}", "Ada Lovelace"),
        ("Email,Full Name", "{},Ada Lovelace", "Ada Lovelace"),
        ("First Name,Last Name,E-mail 1 - Value", "Ada,Lovelace,{}", "Ada Lovelace"),
        ("EMAIL,FNAME,LNAME", "{},Ada,Lovelace", "Ada Lovelace"),
        ("メールアドレス,氏名", "{},山田 花子", "山田 花子"),
        ("이메일 주소,이름", "{},김 철수", "김 철수"),
        ("Indirizzo email,Nome,Cognome", "{},Ada,Neri", "Ada Neri"),
        ("E-posta,Ad,Soyad", "{},Ada,Yılmaz", "Ada Yılmaz"),
        ("Имя,Фамилия,Почта", "Анна,Иванова,{}", "Анна Иванова"),
        ("Person - Name,Person - Email - Work", "Ada,{}", "Ada"),
        ("Email,Name,Email,Name", "{},Ada,other@example.com,Bo", "Ada"),
    ],
)
def test_names_are_found_in_the_columns_of_many_systems(header: str, cells: str, name: str) -> None:
    """In the order in which their language writes them (F17); of a column that stands twice, the first."""
    assert taken(f"{header}\n{cells.format('a@example.com')}\n").name == name


@each(
    "cell",
    [
        "2026-11-22T12:00:00Z",
        "2026-11-22 12:00:00 UTC",
        "2026-11-22 13:00:00 +0100",
        "2026-11-22 13:00:00+01:00",
        "Sun, 22 Nov 2026 12:00:00 GMT",
        "Sun, 22 Nov 2026 13:00:00 +0100",
    ],
)
def test_times_are_read_as_programs_write_them(cell: str) -> None:
    """ISO 8601 with a blank or without, and as mail has them (RFC 5322)."""
    assert taken(f'email,created_at\na@example.com,"{cell}"\n').created_at == WHEN
