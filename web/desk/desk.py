"""The routes of the desk. GET shows and changes nothing; what changes something is in `acts`."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from newsletter import Newsletter
from storage.model import (
    DeliveryState,
    NewsletterError,
    NotFound,
    SubscriberState,
    spell_tags,
)
from web.desk.acts import Acts
from web.desk.files import export_readers
from web.desk.gate import FORM_KEY, Gate
from web.desk.paper import Paper
from web.desk.views import NoteState, Views
from web.http import NO_STORE, parse_fields

_SHOWN: Final = 200
"""Rows of a list; whoever wants all of them asks the command."""


class Desk:
    """Handlers over one newsletter."""

    def __init__(self, newsletter: Newsletter, root: str) -> None:
        self._newsletter = newsletter
        self._gate = Gate(newsletter)
        self._paper = Paper(newsletter.identity, root)
        self._views = Views(newsletter)
        self._acts = Acts(newsletter)

    def routes(self) -> list[Route]:
        """The routes, in the order in which they are tried."""
        shown: dict[str, Callable[[Request, str], Response]] = {
            "": self._today,
            "/notes": self._notes,
            "/note": self._note,
            "/note/mail": self._note_mail,
            "/calendar": self._calendar,
            "/issues": self._issues,
            "/issues/{slug}": self._issue,
            "/readers": self._readers,
            "/readers.csv": self._export,
            "/readers/{number:int}": self._reader,
            "/returned": self._returned,
            "/returned/{number:int}": self._report,
            "/numbers": self._numbers,
            "/numbers.svg": self._drawn,
            "/doctor": self._doctor,
            "/progress": self._progress,
            "/media/{path:path}": self._media,
        }
        return [
            Route("/desk/enter/{word}", self._enter, methods=["GET", "POST"]),
            Route("/desk/file/{name}", self._file),
            *(Route(f"/desk{path}", self._inside(view)) for path, view in shown.items()),
            Route("/desk/act/{act}", self._act, methods=["POST"]),
        ]

    # ── the door ─────────────────────────────────────────────────────────────────────────────

    async def _enter(self, request: Request) -> Response:
        """A button; whoever presses it is inside. A program that looks at links uses up no invitation."""
        self._gate.admit_stranger(request)
        word, entrance = request.path_params["word"], self._newsletter.parts.entrance
        if request.method != "POST":
            invited = await run_in_threadpool(entrance.is_invited, word)
            return self._paper.page("enter.html", status=200 if invited else 410, invited=invited)
        session = await run_in_threadpool(entrance.enter, word)
        if session is None:
            return self._paper.page("enter.html", status=410, invited=False)
        response = RedirectResponse(self._paper.link(), 303, headers={"Cache-Control": NO_STORE})
        self._gate.let_in(response, session)
        self._acts.audit("enter")
        return response

    def _inside(self, view: Callable[[Request, str], Response]) -> Callable[[Request], Response]:
        """A view for whoever is inside; a thing that is not there is told as a page."""

        def answer(request: Request) -> Response:
            session = self._gate.admit(request)
            key = self._newsletter.parts.entrance.form_key(session)
            try:
                return view(request, key)
            except NotFound as error:
                return self._paper.page("trouble.html", status=404, words=str(error), tab="")
            except NewsletterError as error:
                return self._paper.page("trouble.html", status=409, words=str(error), tab="")

        return answer

    async def _act(self, request: Request) -> Response:
        """One change; afterwards the page from which it came says what was done."""
        session = await run_in_threadpool(self._gate.admit, request)
        body = await request.body()
        fields = await run_in_threadpool(
            parse_fields, body, request.headers.get("content-type", "")
        )
        await run_in_threadpool(self._gate.admit_form, request, session, fields.get(FORM_KEY, ""))
        name = request.path_params["act"]
        if name == "leave":
            await run_in_threadpool(self._newsletter.parts.entrance.leave)
            self._acts.audit("leave")
            left = self._paper.page("left.html")
            self._gate.let_out(left)
            return left
        done = await run_in_threadpool(self._acts.do, name, fields)
        if done is None:
            raise HTTPException(404)
        back = self._paper.link(done.back)
        return self._paper.page(
            "done.html", status=200 if done.is_done else 409, done=done, back=back, tab=""
        )

    def _file(self, request: Request) -> Response:
        """Style and script. They say nothing of anybody, so no session is needed."""
        self._gate.admit_stranger(request)
        found = self._paper.files.get(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        body, media_type = found
        cache = {"Cache-Control": "private, max-age=31536000, immutable"}
        return Response(body, media_type=media_type, headers=cache)

    # ── what is to come ──────────────────────────────────────────────────────────────────────

    def _today(self, _request: Request, key: str) -> Response:
        return self._paper.page("today.html", tab="", key=key, today=self._views.today())

    def _progress(self, _request: Request, _key: str) -> Response:
        """How the mail that is under way stands, for the page's script."""
        return JSONResponse(self._views.progress(), headers={"Cache-Control": NO_STORE})

    def _calendar(self, _request: Request, key: str) -> Response:
        planned = self._newsletter.calendar()
        now = self._newsletter.parts.clock()
        return self._paper.page("calendar.html", tab="/calendar", key=key, planned=planned, now=now)

    def _notes(self, request: Request, key: str) -> Response:
        search, wanted = _asked(request, "q"), _asked(request, "state")
        state = NoteState(wanted) if wanted in set(NoteState) else None
        found, more = self._views.notes(_SHOWN, search=search, state=state)
        return self._paper.page(
            "notes.html",
            tab="/notes",
            key=key,
            notes=found,
            more=more,
            search=search,
            state=state,
            states=list(NoteState),
        )

    def _note(self, request: Request, key: str) -> Response:
        note = self._views.note(request.query_params.get("note", ""))
        return self._paper.page("note.html", tab="/notes", key=key, note=note)

    def _note_mail(self, request: Request, _key: str) -> Response:
        """The mail of a note, for its frame; its pictures are shown although it is private."""
        preview = self._newsletter.preview(request.query_params.get("note", ""))
        public = f"{self._newsletter.identity.url}/media/"
        return self._paper.framed(preview.html.replace(public, self._paper.link("/media/")))

    def _media(self, request: Request, _key: str) -> Response:
        found = self._newsletter.parts.proofs.file(request.path_params["path"])
        if found is None:
            raise HTTPException(404)
        headers = {
            "Cache-Control": NO_STORE,
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        }
        return FileResponse(found.file, media_type=found.content_type, headers=headers)

    # ── what was sent ────────────────────────────────────────────────────────────────────────

    def _issues(self, request: Request, key: str) -> Response:
        search = _asked(request, "q")
        found = self._views.issues(search)
        return self._paper.page("issues.html", tab="/issues", key=key, issues=found, search=search)

    def _issue(self, request: Request, key: str) -> Response:
        found = self._newsletter.status(request.path_params["slug"])
        wanted = request.query_params.get("state", "")
        state = DeliveryState(wanted) if wanted in set(DeliveryState) else None
        rows = list(islice(self._newsletter.deliveries(found.issue.slug, state=state), _SHOWN))
        return self._paper.page(
            "issue.html",
            tab="/issues",
            key=key,
            found=found,
            bars=self._views.bars(found.tally),
            state=state,
            deliveries=rows,
            limit=_SHOWN,
            missing=self._views.missing(found.issue),
        )

    # ── readers, and what came back ──────────────────────────────────────────────────────────

    def _readers(self, request: Request, key: str) -> Response:
        search, tag, wanted = (_asked(request, name) for name in ("q", "tag", "state"))
        state = SubscriberState(wanted) if wanted in set(SubscriberState) else None
        found = list(
            self._newsletter.parts.roll.find(state=state, tag=tag, search=search, limit=_SHOWN)
        )
        return self._paper.page(
            "readers.html",
            tab="/readers",
            key=key,
            readers=found,
            counts=self._newsletter.subscribers.counts(),
            search=search,
            tag=tag,
            state=state,
            states=list(SubscriberState),
            limit=_SHOWN,
        )

    def _reader(self, request: Request, key: str) -> Response:
        reader = self._views.reader(request.path_params["number"])
        tags = ", ".join(spell_tags([tag]) for tag in reader.reader.tags)
        return self._paper.page("reader.html", tab="/readers", key=key, reader=reader, tags=tags)

    def _export(self, _request: Request, _key: str) -> Response:
        """Everybody as CSV, to be kept; a line in the log says so."""
        self._acts.audit("export")
        return export_readers(self._newsletter)

    def _returned(self, _request: Request, key: str) -> Response:
        suppressed = self._newsletter.subscribers.suppressions()
        return self._paper.page(
            "returned.html",
            tab="/returned",
            key=key,
            suppressed=suppressed[:_SHOWN],
            total=len(suppressed),
            aside=self._newsletter.reports.set_aside(_SHOWN),
        )

    def _report(self, request: Request, key: str) -> Response:
        number = request.path_params["number"]
        found = self._newsletter.reports.content(number)
        if found is None:
            raise NotFound("report in quarantine", str(number))
        text = found[:65_536].decode("utf-8", "replace")
        return self._paper.page("report.html", tab="/returned", key=key, number=number, text=text)

    def _numbers(self, request: Request, key: str) -> Response:
        days = _days(request)
        stats = self._newsletter.stats(days=days)
        return self._paper.page("numbers.html", tab="/numbers", key=key, stats=stats, days=days)

    def _drawn(self, request: Request, _key: str) -> Response:
        """The same as a picture with its words and data in it."""
        from newsletter.figures import draw

        stats = self._newsletter.stats(days=_days(request))
        svg = draw(stats, self._newsletter.identity.title)
        policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        headers = {"Cache-Control": NO_STORE, "Content-Security-Policy": policy}
        return Response(svg, media_type="image/svg+xml", headers=headers)

    def _doctor(self, request: Request, key: str) -> Response:
        """What the doctor finds; it asks the network, so only when it is asked to."""
        asked = "look" in request.query_params
        found = self._newsletter.doctor() if asked else None
        return self._paper.page("doctor.html", tab="/doctor", key=key, found=found)


def _asked(request: Request, name: str) -> str:
    """What a form of a list asks for."""
    return request.query_params.get(name, "")[:200]


def _days(request: Request) -> int:
    """How far back the author looks: a quarter, unless told otherwise."""
    asked = request.query_params.get("days", "")
    return min(max(int(asked), 2), 3660) if re.fullmatch(r"\d{1,4}", asked) else 90
