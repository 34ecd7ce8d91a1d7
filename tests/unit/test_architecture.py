"""The house as the imports see it: rooms, doors, no cycles, purity."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ROOMS = ("storage", "feeds", "mailer", "newsletter", "web", "scripts")
BELOW = {
    "storage": set(),
    "feeds": {"storage"},
    "mailer": {"storage"},
    "newsletter": {"storage", "feeds", "mailer"},
    "web": {"storage", "feeds", "mailer", "newsletter"},
    "scripts": {"storage", "feeds", "mailer", "newsletter", "web"},
}
"""What a room may import, besides itself."""

DOORS = {
    "sqlalchemy": {"storage/*"},
    "alembic": {"storage/*"},
    "markdown_it": {"feeds/markdown/*"},
    "mdit_py_plugins": {"feeds/markdown/*"},
    "nh3": {"feeds/markdown/html.py"},
    "pygments": {"feeds/markdown/code.py"},
    "yaml": {"feeds/notes/frontmatter.py"},
    "feedgen": {"feeds/syndication/feed.py"},
    "email_validator": {"mailer/address.py"},
    "dns": {"mailer/address.py", "mailer/authentication/lookup.py"},
    "idna": {"mailer/address.py"},
    "aiosmtplib": {"mailer/smtp/relay.py"},
    "aiosmtpd": {"mailer/smtp/server.py"},
    "css_inline": {"mailer/compose/message.py"},
    "dkim": {"mailer/authentication/verifier.py"},
    "cryptography": {"mailer/authentication/*", "mailer/inbound/webhooks/signatures.py"},
    "pydantic": {"newsletter/config/sections.py"},
    "apscheduler": {"newsletter/service/scheduler.py"},
    "uvloop": {"newsletter/service/loops.py"},
    "starlette": {"web/*"},
    "uvicorn": {"web/*"},
    "prometheus_client": {"web/*"},
    "jinja2": {"mailer/compose/message.py", "newsletter/config/source.py", "web/*"},
    "typer": {"scripts/*"},
    "rich": {"scripts/*"},
}
"""Where each library may be imported: its door. One that has none here may not be used."""

EVERYWHERE = {"structlog"}

PURE = (
    "storage/model/deliveries.py",
    "storage/model/issues.py",
    "storage/model/notes.py",
    "storage/model/readers.py",
    "storage/model/reports.py",
    "storage/model/errors.py",
    "storage/model/direction.py",
    "storage/model/fields.py",
    "storage/readers/mentions.py",
    "feeds/syndication/entries.py",
    "feeds/syndication/feed.py",
    "feeds/syndication/ids.py",
    "feeds/syndication/jsonfeed.py",
    "feeds/notes/frontmatter.py",
    "feeds/markdown/render.py",
    "feeds/markdown/code.py",
    "feeds/markdown/fields.py",
    "feeds/markdown/html.py",
    "feeds/markdown/links.py",
    "feeds/markdown/references.py",
    "feeds/notes/note.py",
    "feeds/markdown/picture.py",
    "feeds/markdown/plaintext.py",
    "feeds/notes/when.py",
    "storage/model/gates.py",
    "mailer/authentication/records.py",
    "mailer/policy/cohort.py",
    "mailer/authentication/dkim.py",
    "mailer/compose/headers.py",
    "mailer/inbound/leaving.py",
    "mailer/compose/message.py",
    "mailer/replies/outcome.py",
    "mailer/policy/faults.py",
    "mailer/policy/settlement.py",
    "mailer/smtp/offer.py",
    "mailer/compose/quoted.py",
    "mailer/inbound/webhooks/signatures.py",
    "mailer/compose/skeleton.py",
    "mailer/inbound/webhooks/events.py",
    "mailer/inbound/webhooks/mailgun.py",
    "mailer/inbound/webhooks/postmark.py",
    "mailer/inbound/webhooks/sendgrid.py",
    "mailer/inbound/webhooks/ses.py",
    "mailer/inbound/webhooks/table.py",
    "mailer/policy/warmup.py",
    "newsletter/publishing/links.py",
    "newsletter/authoring/preflight.py",
    "newsletter/publishing/decisions.py",
    "newsletter/publishing/recognition.py",
    "newsletter/subscribing/rules.py",
    "newsletter/config/uris.py",
)
"""Modules that compute and nothing else: no clock, socket, file, process or chance."""

IMPURE_MODULES = {"asyncio", "socket", "subprocess", "os", "random", "secrets", "time", "threading"}
IMPURE_CALLS = {
    "now",
    "utcnow",
    "today",
    "open",
    "read_text",
    "read_bytes",
    "write_text",
    "write_bytes",
}


@dataclass(frozen=True)
class Module:
    """A source file and what it imports at run time or for its types."""

    path: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The top-level folder."""
        return self.path.partition("/")[0]

    @property
    def name(self) -> str:
        """As it is imported."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def imports(self) -> Iterator[str]:
        """Every module named in an import, and every name taken from one."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _modules() -> list[Module]:
    paths = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return [
        Module(path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8")))
        for path in paths
    ]


MODULES = _modules()


@pytest.mark.parametrize("room", ROOMS)
def test_imports_run_downwards(room: str) -> None:
    """A room imports only from rooms below it; feeds and mailer never see each other."""
    wrong = [
        f"{module.path} imports {name}"
        for module in MODULES
        if module.room == room
        for name in module.imports()
        if (target := name.partition(".")[0]) in ROOMS
        and target != room
        and target not in BELOW[room]
    ]
    assert not wrong


def test_there_are_modules_in_every_room() -> None:
    """The other tests look at something: each room has code."""
    assert {module.room for module in MODULES} == set(ROOMS)


def test_each_library_has_one_door() -> None:
    """A third-party library is imported where its door is, and nowhere else."""
    wrong = [
        f"{module.path} imports {name}"
        for module in MODULES
        for name in module.imports()
        if _is_foreign(name) and not _may_enter(module, name.partition(".")[0])
    ]
    assert not wrong


def test_no_module_imports_itself_in_a_circle() -> None:
    """The modules can be put in an order in which each imports only earlier ones."""
    names = {module.name for module in MODULES}
    graph = {
        module.name: {name for name in module.imports() if name in names and name != module.name}
        for module in MODULES
    }
    # A package's own __init__ only passes names on.
    for module in MODULES:
        if module.path.endswith("__init__.py"):
            graph[module.name] = set()
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:  # pragma: no cover - the message is the point
        pytest.fail(f"import cycle: {' → '.join(error.args[1])}")
    assert len(order) == len(graph)


@pytest.mark.parametrize("path", PURE)
def test_pure_modules_only_compute(path: str) -> None:
    """A module called pure reads no clock, opens nothing, and imports nothing that does."""
    module = next(module for module in MODULES if module.path == path)
    imports = {name.partition(".")[0] for name in module.imports()} & IMPURE_MODULES
    calls = {
        node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)
    } & IMPURE_CALLS
    assert not imports
    assert not calls


def test_records_and_errors_need_only_the_standard_library() -> None:
    """The shared vocabulary can be read, and used, without anything installed."""
    for path in (
        "storage/model/deliveries.py",
        "storage/model/errors.py",
        "storage/model/fields.py",
        "storage/notes/folder.py",
        "storage/model/gates.py",
    ):
        module = next(module for module in MODULES if module.path == path)
        assert not [name for name in module.imports() if _is_foreign(name)], path


def test_every_module_says_what_it_owns() -> None:
    """Each module begins with a docstring."""
    assert not [module.path for module in MODULES if not ast.get_docstring(module.tree)]


def _is_foreign(name: str) -> bool:
    import sys

    top = name.partition(".")[0]
    return top not in ROOMS and top not in sys.stdlib_module_names


def _may_enter(module: Module, library: str) -> bool:
    doors = DOORS.get(library, set())
    return library in EVERYWHERE or any(_fits(module.path, door) for door in doors)


def _fits(path: str, door: str) -> bool:
    return path.startswith(door.removesuffix("*")) if door.endswith("*") else path == door
