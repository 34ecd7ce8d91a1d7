"""The costliest requests of strangers, as `python -m scripts.bench.strangers` sends them."""

from __future__ import annotations

from scripts.bench.strangers import measure
from tests.sizes import every


def test_every_costly_request_has_its_answer() -> None:
    """Each route answers each of them as it would answer anybody: with a page or a refusal of the
    request, never with a fault of ours, and never not at all. How long it took is the script's to say.
    One in five without --slow.
    """
    usual, *others = measure(step=every(5))
    assert usual.status == 200
    assert len(others) > 100
    wrong = [
        (cost.request.route, cost.request.what, cost.status)
        for cost in others
        if not 200 <= cost.status < 500
    ]
    assert wrong == []
