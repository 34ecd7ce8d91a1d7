"""A whole mailbox of reports, taken twice, and in other line ends: nothing happens again."""

from __future__ import annotations

from pathlib import Path

from storage.model.reports import Effect
from tests.integration.mailer.inbound.test_reportdesk import house
from tests.sizes import every
from tests.worlds.inbound.reports import FOLDER, House

__all__ = ["house"]

NAMES = sorted(path.stem for path in Path(FOLDER).glob("*.eml"))


def test_a_mailbox_taken_again_changes_nothing(house: House) -> None:
    """Every kind of report once more, by whatever way it came: no event and no change (rule C13). In one kind of
    line ends each, or in all with --slow.
    """
    issue = house.mail()
    mailbox = [house.report(name, issue, number % 3 + 1) for number, name in enumerate(NAMES)]
    first = [house.desk.process(raw).action for raw in mailbox]
    before, counted = house.everything(), house.reports.counts()
    for number, ends in enumerate((b"\n", b"\r\n", b"\r")):
        some = slice(number % every(3), None, every(3))
        again = [house.desk.process(raw.replace(b"\n", ends)).action for raw in mailbox[some]]
        for done, repeated in zip(first[some], again, strict=True):
            assert repeated is (Effect.NOTHING if done is Effect.NOTHING else Effect.DUPLICATE)
    assert (house.everything(), house.reports.counts()) == (before, counted)
    assert set(first) >= {Effect.NOTHING, Effect.QUARANTINED, Effect.ALARM, Effect.SUPPRESSED}
