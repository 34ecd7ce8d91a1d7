"""The house as the imports see it: rooms, faces, doors, no cycles, purity, sizes."""

from __future__ import annotations

import ast
import gc
import sys
from dataclasses import dataclass
from functools import cache, cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.worlds.rows import each

ROOT = Path(__file__).parents[2]

PACKAGES = ("words", "storage", "feeds", "mailer", "newsletter", "web", "scripts")

BELOW = {
    "words": set(),
    "storage": set(),
    "feeds": {"words", "storage"},
    "mailer": {"words", "storage"},
    "newsletter": {"words", "storage", "feeds", "mailer"},
    "web": {"words", "storage", "feeds", "mailer", "newsletter"},
    "scripts": {"words", "storage", "feeds", "mailer", "newsletter", "web"},
}
"""What a package may import, besides itself."""

VOCABULARY = "storage.model"
"""All that feeds, mailer and web may see of storage."""

SEES_STORAGE = ("newsletter", "scripts/bench", "scripts/commands/database.py")
"""Who sees the rest of storage: the service, the benchmark, the database's own commands."""

FLOORS: dict[str, tuple[tuple[str, ...], ...]] = {
    "storage": (
        ("model",),
        ("database",),
        ("ledger", "notes"),
        ("archive", "readers"),
        ("copies", "retention"),
    ),
    "feeds": (("markdown", "syndication"), ("notes",)),
    "mailer": (
        ("address", "envelope"),
        ("replies", "authentication"),
        ("smtp", "policy", "compose"),
        ("dispatch", "inbound"),
    ),
    "newsletter": (
        ("config", "drawing", "secret", "watermark"),
        ("tokens",),
        (
            "publishing",
            "subscribing",
            "digests",
            "mailing",
            "inbound",
            "hub",
            "importing",
            "gallery",
        ),
        ("following",),
        ("authoring", "service", "doctor", "preferences"),
        ("keeping", "figures"),
        ("watching",),
        ("publication", "searching", "settings", "showing"),
        ("readerside",),
        ("parts",),
        ("assembly", "holdings", "outlooks", "working"),
        ("operating", "sending"),
        ("app",),
    ),
    "web": (("http", "pages"), ("routes", "desk"), ("site",), ("building",), ("server",)),
}
"""The rooms of each package, lowest floor first. A room imports from lower floors only, and never
from a room on its own."""

SIDE_DOORS = {
    "mailer.authentication.verifier",
    "mailer.inbound.complaints",
    "newsletter.authoring.ics",
    "newsletter.doctor.received",
}
"""Modules beside a face, because they load much that few need."""

MOST_MODULES = 15
MOST_LINES = 400
MOST_CLASS_LINES = 250

NOT_MIRRORED = {"test_architecture", "test_documents"}
"""Tests that look at the whole house."""

DOORS = {
    "babel": {"words/*", "scripts/catalogues.py"},
    "markupsafe": {"words/spoken.py", "web/desk/paper.py"},
    "sqlalchemy": {"storage/*"},
    "alembic": {"storage/*"},
    "markdown_it": {"feeds/markdown/*"},
    "mdit_py_plugins": {"feeds/markdown/*"},
    "emoji": {"feeds/markdown/dialects/words.py"},
    "nh3": {"feeds/markdown/html.py"},
    "latex2mathml": {"feeds/markdown/maths/mathml.py"},
    "bibtexparser": {"feeds/markdown/citations/bibtex.py"},
    "pylatexenc": {"feeds/markdown/citations/bibtex.py"},
    "imagesize": {"feeds/markdown/picture.py"},
    "PIL": {"newsletter/drawing/artist.py", "newsletter/drawing/poster.py"},
    "pygments": {"feeds/markdown/code.py"},
    "yaml": {"feeds/notes/yamlheader.py"},
    "feedgen": {"feeds/syndication/feed.py"},
    "feedparser": {"newsletter/following/parser.py"},
    "email_validator": {"mailer/address.py"},
    "dns": {"mailer/address.py", "mailer/authentication/lookup.py"},
    "idna": {"mailer/address.py"},
    "aiosmtplib": {"mailer/smtp/relay.py"},
    "aiosmtpd": {"mailer/smtp/server.py"},
    "css_inline": {"mailer/compose/layout.py"},
    "cronsim": {"newsletter/config/times.py"},
    "icalendar": {"newsletter/authoring/ics.py"},
    "ziamath": {"mailer/compose/drawing.py"},
    "resvg_py": {"mailer/compose/drawing.py", "newsletter/drawing/artist.py"},
    "dkim": {"mailer/authentication/verifier.py"},
    "bs4": {"newsletter/importing/*"},
    "markdownify": {"newsletter/importing/markdown.py"},
    "lxml": {"newsletter/importing/readers/wordpress.py"},
    "cryptography": {"mailer/authentication/*", "mailer/inbound/webhooks/signatures.py"},
    "pydantic": {"newsletter/config/fields.py", "newsletter/config/sections/*"},
    "apscheduler": {"newsletter/service/scheduler.py"},
    "uvloop": {"newsletter/service/loops.py"},
    "starlette": {"web/*"},
    "uvicorn": {"web/*"},
    "httptools": {"web/http/connection.py"},
    "prometheus_client": {"web/*"},
    "jinja2": {"mailer/compose/layout.py", "newsletter/config/source.py", "web/*"},
    "structlog": {"storage/model/log.py", "scripts/*"},
    "typer": {"scripts/*"},
    "rich": {"scripts/*"},
}
"""Where each library may be imported: its door. One that has none here may not be used."""

PURE = (
    "storage/model/deliveries.py",
    "storage/model/issues.py",
    "newsletter/authoring/checks/codes.py",
    "newsletter/figures/drawing.py",
    "newsletter/following/matching.py",
    "newsletter/following/noting.py",
    "newsletter/following/saying.py",
    "newsletter/following/telling.py",
    "newsletter/authoring/checks/manners.py",
    "newsletter/authoring/checks/rendered.py",
    "newsletter/authoring/checks/shape.py",
    "newsletter/authoring/checks/timing.py",
    "storage/model/notes.py",
    "storage/model/readers.py",
    "storage/model/reports.py",
    "storage/model/errors.py",
    "storage/model/direction.py",
    "storage/model/remarks.py",
    "storage/model/terms.py",
    "storage/model/text.py",
    "storage/model/colours.py",
    "storage/model/fields.py",
    "storage/database/values.py",
    "storage/notes/globs.py",
    "storage/readers/mentions.py",
    "feeds/syndication/chain.py",
    "web/building/links.py",
    "feeds/syndication/entries.py",
    "feeds/syndication/feed.py",
    "feeds/syndication/ids.py",
    "feeds/syndication/jsonfeed.py",
    "feeds/notes/frontmatter.py",
    "feeds/markdown/render.py",
    "feeds/markdown/speech.py",
    "feeds/markdown/code.py",
    "feeds/markdown/preparing.py",
    "feeds/markdown/rules/choosing.py",
    "feeds/markdown/rules/cost.py",
    "feeds/markdown/rules/lines.py",
    "feeds/markdown/rules/tokens.py",
    "feeds/markdown/rules/writing.py",
    "feeds/markdown/embeds.py",
    "feeds/markdown/fields.py",
    "feeds/markdown/html.py",
    "feeds/markdown/links.py",
    "feeds/markdown/references.py",
    "feeds/markdown/dialects/callouts.py",
    "feeds/markdown/dialects/comments.py",
    "feeds/markdown/dialects/generators.py",
    "feeds/markdown/dialects/masks.py",
    "feeds/markdown/dialects/players.py",
    "feeds/markdown/dialects/spans.py",
    "feeds/markdown/dialects/translation.py",
    "feeds/markdown/maths/finding.py",
    "feeds/markdown/maths/formulas.py",
    "feeds/markdown/maths/mathml.py",
    "feeds/markdown/maths/unicode.py",
    "feeds/markdown/structure.py",
    "feeds/notes/dates.py",
    "feeds/notes/headers.py",
    "feeds/notes/keys.py",
    "feeds/notes/months.py",
    "feeds/notes/names.py",
    "feeds/notes/note.py",
    "feeds/notes/rendering.py",
    "feeds/notes/timing.py",
    "feeds/markdown/picture.py",
    "feeds/markdown/plaintext.py",
    "feeds/notes/when.py",
    "feeds/notes/yamlheader.py",
    "storage/model/gates.py",
    "mailer/authentication/records.py",
    "mailer/authentication/spf.py",
    "mailer/authentication/spfcheck.py",
    "mailer/policy/cohort.py",
    "mailer/authentication/dkim.py",
    "mailer/compose/formulas.py",
    "mailer/compose/headers.py",
    "mailer/inbound/findings.py",
    "mailer/inbound/leaving.py",
    "mailer/inbound/mime.py",
    "mailer/inbound/prose.py",
    "mailer/inbound/reading.py",
    "mailer/inbound/report.py",
    "mailer/compose/layout.py",
    "mailer/compose/letters.py",
    "mailer/compose/message.py",
    "mailer/replies/absence.py",
    "mailer/replies/circumstances.py",
    "mailer/replies/languages.py",
    "mailer/replies/outcome.py",
    "mailer/replies/phrases.py",
    "mailer/replies/severity.py",
    "mailer/replies/vocabulary.py",
    "mailer/replies/words.py",
    "mailer/policy/faults.py",
    "mailer/policy/settlement.py",
    "mailer/smtp/login.py",
    "mailer/policy/strays.py",
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
    "newsletter/authoring/findings.py",
    "newsletter/authoring/preflight.py",
    "newsletter/authoring/references.py",
    "newsletter/authoring/wording.py",
    "newsletter/publishing/spellings.py",
    "newsletter/publishing/decisions.py",
    "newsletter/publishing/recognition.py",
    "newsletter/subscribing/rules.py",
    "newsletter/subscribing/words.py",
    "newsletter/watching/troubles.py",
    "newsletter/subscribing/membership.py",
    "newsletter/subscribing/dialects.py",
    "newsletter/config/problems.py",
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
    text: str

    @property
    def package(self) -> str:
        """The top-level folder."""
        return self.path.partition("/")[0]

    @property
    def name(self) -> str:
        """As it is imported."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @cached_property
    def lines(self) -> int:
        """How long it is."""
        return self.text.count("\n")

    @property
    def is_face(self) -> bool:
        """Whether this is a room's `__init__.py`."""
        return self.path.endswith("/__init__.py")

    @cached_property
    def statements(self) -> list[ast.AST]:
        """Every statement, however deep; not what it is made of, which is ten times as much."""
        found: list[ast.AST] = []
        left: list[ast.AST] = [self.tree]
        while left:
            node = left.pop()
            found.append(node)
            for block in ("body", "orelse", "finalbody", "handlers", "cases"):
                inside = getattr(node, block, ())
                left += inside if isinstance(inside, list) else ()
        return found

    @cached_property
    def imports(self) -> list[str]:
        """Every module named in an import, and every name taken from one."""
        found: list[str] = []
        for node in self.statements:
            if isinstance(node, ast.Import):
                found += (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.append(node.module)
                found += (f"{node.module}.{alias.name}" for alias in node.names)
        return found

    @cached_property
    def sources(self) -> list[tuple[str, str]]:
        """(module, name) of everything of ours that is imported."""
        found: list[tuple[str, str]] = []
        for node in self.statements:
            if isinstance(node, ast.Import):
                found += ((one.name, "") for one in node.names if _package(one.name) in PACKAGES)
            elif (
                isinstance(node, ast.ImportFrom)
                and node.module
                and _package(node.module) in PACKAGES
            ):
                found += ((node.module, alias.name) for alias in node.names)
        return found


def _package(name: str) -> str:
    return name.partition(".")[0]


@cache
def modules() -> list[Module]:
    """The whole house, read once by the process that tests it."""
    found = []
    gc.disable()  # trees have no circles, and looking for some takes as long as growing them
    for path in sorted(path for room in PACKAGES for path in (ROOT / room).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(ROOT).as_posix()
        found.append(Module(name, ast.parse(text), text))
    gc.freeze()
    gc.enable()
    return found


@cache
def rooms() -> list[str]:
    """Rooms that have a face, as dotted names; rooms within them, too."""
    return sorted(
        module.name
        for module in modules()
        if module.is_face and "." in module.name and not module.name.startswith("scripts.")
    )


MIGRATIONS = "storage.database.migrations"
"""Rooms that nobody enters by import: alembic reads them as files."""


@cache
def _room(name: str) -> str:
    """The innermost room that a module stands in; itself, where it stands beside the rooms."""
    inside = [room for room in rooms() if name == room or name.startswith(f"{room}.")]
    return max(inside, key=len) if inside else ".".join(name.split(".")[:2])


def _floor(name: str) -> tuple[str, str]:
    """The package, and the outermost room or the module beside the rooms."""
    parts = name.split(".")
    return parts[0], parts[1] if len(parts) > 1 else ""


# ── rule 1: packages ──────────────────────────────────────────────────────────────────────────────


@each("package", PACKAGES)
def test_imports_run_downwards(package: str) -> None:
    """A package imports only from packages below it; feeds and mailer never see each other."""
    wrong = [
        f"{module.path} imports {name}"
        for module in modules()
        if module.package == package
        for name in module.imports
        if (target := _package(name)) in PACKAGES
        and target != package
        and target not in BELOW[package]
    ]
    assert not wrong


def test_only_the_service_sees_what_is_kept() -> None:
    """Of storage, feeds, mailer, web and the commands see the vocabulary, and no database."""
    wrong = [
        f"{module.path} imports {source}"
        for module in modules()
        if module.package != "storage" and not module.path.startswith(SEES_STORAGE)
        for source, _ in module.sources
        if _package(source) == "storage" and not source.startswith(VOCABULARY)
    ]
    assert not wrong


def test_there_are_modules_in_every_package() -> None:
    """The other tests look at something: each package has code, and each floor exists."""
    assert {module.package for module in modules()} == set(PACKAGES)
    for package, floors in FLOORS.items():
        named = [room for floor in floors for room in floor]
        assert len(named) == len(set(named))
        there = {
            module.name.split(".")[1]
            for module in modules()
            if module.package == package and "." in module.name
        }
        assert there == set(named), package


# ── rule 2: rooms ─────────────────────────────────────────────────────────────────────────────────


@each("package", FLOORS)
def test_rooms_stand_on_lower_floors_only(package: str) -> None:
    """Within a package a room imports from rooms on lower floors, and from none on its own."""
    height = {room: at for at, floor in enumerate(FLOORS[package]) for room in floor}
    wrong = [
        f"{module.path} imports {source}"
        for module in modules()
        if module.package == package and "." in module.name
        for source, name in module.sources
        if _package(source) == package
        and (mine := _floor(module.name)[1])
        != (theirs := _floor(source if "." in source else f"{source}.{name}")[1])
        and height[theirs] >= height[mine]
    ]
    assert not wrong


def test_no_module_imports_itself_in_a_circle() -> None:
    """The modules can be put in an order in which each imports only earlier ones."""
    names = {module.name for module in modules()}
    graph = {
        module.name: {name for name in module.imports if name in names and name != module.name}
        for module in modules()
    }
    # A face only passes names on.
    for module in modules():
        if module.is_face:
            graph[module.name] = set()
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:  # pragma: no cover - the message is the point
        pytest.fail(f"import cycle: {' → '.join(error.args[1])}")
    assert len(order) == len(graph)


# ── rule 3: faces ─────────────────────────────────────────────────────────────────────────────────


def test_only_faces_are_seen_from_outside() -> None:
    """From another room only a face is imported, and of it only what its `__all__` names."""
    wrong = [
        f"{module.path} imports {name} from {source}"
        for module in modules()
        if not module.is_face
        for source, name in module.sources
        if (theirs := _room(source)) in rooms()
        and not f"{_room(module.name)}.".startswith(f"{theirs}.")
        and source not in SIDE_DOORS
        and (source != theirs or name not in _shown(theirs))
    ]
    assert not wrong


def test_faces_hold_names_and_nothing_else() -> None:
    """A face says what its room is for, takes names from its own modules and lists them all."""
    for module in modules():
        if not module.is_face or module.name not in rooms() or module.name.startswith(MIGRATIONS):
            continue
        assert ast.get_docstring(module.tree), module.path
        rest = [node for node in module.tree.body[1:] if not isinstance(node, ast.ImportFrom)]
        assert [type(node) for node in rest] == [ast.Assign], module.path
        taken = {name for _, name in module.sources}
        assert taken == set(_shown(module.name)), module.path
        assert all(_room(source) == module.name for source, _ in module.sources), module.path


@cache
def _shown(room: str) -> list[str]:
    """What a face's `__all__` names."""
    tree = next(module.tree for module in modules() if module.name == room)
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return []


# ── rule 4: sizes ─────────────────────────────────────────────────────────────────────────────────


def test_a_folder_can_be_read_at_a_glance() -> None:
    """No folder holds more than fifteen modules."""
    folders: dict[str, int] = {}
    for module in modules():
        if not module.is_face and "/versions/" not in module.path:
            folder = module.path.rpartition("/")[0]
            folders[folder] = folders.get(folder, 0) + 1
    assert not {folder: count for folder, count in folders.items() if count > MOST_MODULES}


def test_a_module_is_one_thing() -> None:
    """No module passes 400 lines, and no class 250."""
    long = {module.path: module.lines for module in modules() if module.lines > MOST_LINES}
    wide = {
        f"{module.path}: {node.name}": size
        for module in modules()
        for node in module.statements
        if isinstance(node, ast.ClassDef)
        and (size := (node.end_lineno or 0) - node.lineno + 1) > MOST_CLASS_LINES
    }
    assert not long
    assert not wide


# ── rule 5: tests mirror the rooms ────────────────────────────────────────────────────────────────


def test_unit_tests_stand_where_their_modules_do() -> None:
    """Every tests/unit/<path>/test_<name>.py has a module <path>/<name>.py."""
    unit = ROOT / "tests" / "unit"
    paths = {module.path for module in modules()}
    lost = [
        test.relative_to(ROOT).as_posix()
        for test in unit.rglob("test_*.py")
        if test.stem not in NOT_MIRRORED
        and test.with_name(f"{test.stem.removeprefix('test_')}.py").relative_to(unit).as_posix()
        not in paths
    ]
    assert not lost


# ── libraries and purity ──────────────────────────────────────────────────────────────────────────


def test_each_library_has_one_door() -> None:
    """A third-party library is imported where its door is, and nowhere else."""
    wrong = [
        f"{module.path} imports {name}"
        for module in modules()
        for name in module.imports
        if _is_foreign(name) and not _may_enter(module, _package(name))
    ]
    assert not wrong


def test_pure_modules_only_compute() -> None:
    """A module called pure reads no clock, opens nothing, and imports nothing that does."""
    pure = [module for module in modules() if module.path in PURE]
    assert len(pure) == len(PURE)
    for module in pure:
        imports = {_package(name) for name in module.imports} & IMPURE_MODULES
        calls = {
            node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)
        } & IMPURE_CALLS
        assert not imports | calls, module.path


def test_the_vocabulary_needs_only_the_standard_library() -> None:
    """Records, states and errors can be read, and used, without anything installed."""
    for module in modules():
        if module.path.startswith("storage/model/"):
            foreign = [name for name in module.imports if _is_foreign(name)]
            if module.path == "storage/model/log.py":
                foreign.remove("structlog")  # loaded with the first line that is logged
            others = [source for source, _ in module.sources if not source.startswith(VOCABULARY)]
            assert not foreign + others, module.path


def test_no_code_deletes_an_issue() -> None:
    """An issue that was published stays, withdrawn or not: its deliveries have no key that would take them along."""
    deleting = [module for module in modules() if "delete" in module.text.casefold()]
    assert deleting
    for module in deleting:
        deletions = [
            node
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("delete")
        ]
        told = [ast.unparse(argument) for call in deletions for argument in call.args[:1]]
        assert not {"issues", "schema.issues"}.intersection(told), module.path
        assert "DELETE FROM issues" not in ast.unparse(module.tree), module.path


def test_every_module_says_what_it_owns() -> None:
    """Each module begins with a docstring."""
    assert not [module.path for module in modules() if not ast.get_docstring(module.tree)]


def _is_foreign(name: str) -> bool:
    return _package(name) not in PACKAGES and _package(name) not in sys.stdlib_module_names


def _may_enter(module: Module, library: str) -> bool:
    doors = DOORS.get(library, set())
    return any(_fits(module.path, door) for door in doors)


def _fits(path: str, door: str) -> bool:
    return path.startswith(door.removesuffix("*")) if door.endswith("*") else path == door


def test_migrations_are_one_chain() -> None:
    """Each step follows the one before it, and the last is what the tables are: two that were made side by
    side with the same number would leave every database unusable.
    """
    folder = ROOT / "storage" / "database" / "migrations" / "versions"
    numbers = [path.name[:4] for path in sorted(folder.glob("0*.py"))]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    for path in folder.glob("0*.py"):
        assert f'\nrevision = "{path.name[:4]}"\n' in path.read_text("utf-8")
    schema = (ROOT / "storage" / "database" / "schema" / "columns.py").read_text("utf-8")
    assert f'\nREVISION: Final = "{numbers[-1]}"\n' in schema
