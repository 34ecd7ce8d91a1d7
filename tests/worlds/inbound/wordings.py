"""Judgements that several tests look at: each text is read once by the process that tests it."""

from __future__ import annotations

from functools import cache

from mailer.replies.severity import Judgement, judge
from mailer.replies.status import parse_status


@cache
def judge_postmaster(text: str) -> Judgement:
    """What a postmaster's words mean in a report of 5.1.1 on `ada`, to `example.com`."""
    return judge(parse_status("5.1.1"), text, ours=("example.com",), names=("ada",))
