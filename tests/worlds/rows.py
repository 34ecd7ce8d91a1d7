"""A table whose rows are one test: every row is tried, and each that fails is told with its name.

For functions that compute and nothing else. A test of pytest's own costs three milliseconds, some hundred times what
it takes to judge a line of text; what needs a folder or a clock of its own remains a test for each.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import pytest

ROWS: Final = "rows"
"""The attribute of such a test that says how many rows it tries."""


def each(
    names: str | Sequence[str],
    rows: Iterable[Any],
    ids: Iterable[Any] | Callable[[Any], Any] | None = None,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """As `pytest.mark.parametrize`, in one test; it may be applied several times, too.

    What a row does not give is asked of pytest, once for all rows.
    """
    wanted = [name.strip() for name in names.split(",")] if isinstance(names, str) else names
    table = list(rows)
    assert table, f"no rows of {names}"
    given = list(map(ids, table)) if callable(ids) else list(ids or [None] * len(table))
    named = [_read(row, wanted, name) for row, name in zip(table, given, strict=True)]

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def every(**asked: object) -> None:
            failed = [
                error
                for name, values in named
                if (error := _try(test, name, {**asked, **values})) is not None
            ]
            if failed:
                told = f"{len(failed)} of {len(named)} rows"
                raise BaseExceptionGroup(told, failed)

        signature = inspect.signature(test)
        left = [each for name, each in signature.parameters.items() if name not in wanted]
        every.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]
        setattr(every, ROWS, len(named) * getattr(test, ROWS, 1))
        return every

    return decorate


def _read(row: Any, wanted: Sequence[str], name: object) -> tuple[str, Mapping[str, object]]:
    """A row's name, and its values by theirs."""
    if hasattr(row, "marks"):  # pytest.param
        assert not row.marks, "a row has no marks of its own"
        values, name = row.values, row.id or name
    else:
        values = (row,) if len(wanted) == 1 else row
    named = dict(zip(wanted, values, strict=True))
    return str(name) if name is not None else ", ".join(map(repr, values)), named


def _try(
    test: Callable[..., None], name: str, values: Mapping[str, object]
) -> BaseException | None:
    try:
        test(**values)
    except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - told with the others
        error.add_note(f"in the row {name:.400}")
        return error
    return None
