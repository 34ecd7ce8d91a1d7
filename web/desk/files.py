"""What the desk gives as a file to be kept."""

from __future__ import annotations

from io import TextIOWrapper
from tempfile import TemporaryFile
from typing import Final

from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse

from newsletter import Newsletter
from web.http import NO_STORE

_PORTION: Final = 65_536
"""Characters that are sent at a time."""


def export_readers(newsletter: Newsletter) -> Response:
    """Everybody, as `newsletter subscribers export` has them. Until it is sent it lies in a file without a name,
    so that a slow browser holds neither the database nor the memory.
    """
    from newsletter.subscribing import write_rows

    kept = TemporaryFile()  # noqa: SIM115 - it is open until it is sent
    file = TextIOWrapper(kept, encoding="utf-8", newline="")
    write_rows(newsletter.subscriptions.export_rows(), file)
    file.seek(0)
    headers = {
        "Cache-Control": NO_STORE,
        "Content-Disposition": 'attachment; filename="readers.csv"',
    }
    return StreamingResponse(
        iter(lambda: file.read(_PORTION), ""),
        media_type="text/csv",
        headers=headers,
        background=BackgroundTask(file.close),
    )
