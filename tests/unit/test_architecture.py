"""The house as the imports see it: rooms, faces, no cycles, sizes."""

from __future__ import annotations

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.worlds.rows import each
from tests.worlds.source import PACKAGES, ROOT, modules, package_of

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
        ("cores",),
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
        ("founding", "operating", "sending"),
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

TESTS = ("unit", "integration", "acceptance", "worlds", "peers")
"""Where tests stand, and what they share: what is installed beside them is not ours."""

MOST_MODULES = 15
MOST_LINES = 400
MOST_CLASS_LINES = 250

NOT_MIRRORED = {"test_architecture", "test_documents", "test_libraries"}
"""Tests that look at the whole house."""


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
        if (target := package_of(name)) in PACKAGES
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
        if package_of(source) == "storage" and not source.startswith(VOCABULARY)
    ]
    assert not wrong


def test_there_are_modules_in_everypackage_of() -> None:
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
        if package_of(source) == package
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


def test_a_file_of_tests_is_one_thing() -> None:
    """No file of tests, or of what they share, passes 400 lines either."""
    tests = ROOT / "tests"
    files = [path for folder in TESTS for path in (tests / folder).rglob("*.py")]
    assert len(files) > 300
    lines = {path: path.read_bytes().count(b"\n") for path in [*files, *tests.glob("*.py")]}
    assert not {path.relative_to(ROOT): many for path, many in lines.items() if many > MOST_LINES}


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


# ── everywhere ────────────────────────────────────────────────────────────────────────────────────


def test_no_code_deletes_an_issue() -> None:
    """An issue that was published stays, withdrawn or not: its deliveries have no key that would take them along."""
    deleting = [module for module in modules() if "delete" in module.text.casefold()]
    assert deleting
    for module in deleting:
        nodes = list(ast.walk(module.tree))
        deletions = [
            node
            for node in nodes
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("delete")
        ]
        told = [ast.unparse(argument) for call in deletions for argument in call.args[:1]]
        assert not {"issues", "schema.issues"}.intersection(told), module.path
        written = [node.value for node in nodes if isinstance(node, ast.Constant)]
        assert not [text for text in written if "DELETE FROM issues" in str(text)], module.path


def test_every_module_says_what_it_owns() -> None:
    """Each module begins with a docstring."""
    assert not [module.path for module in modules() if not ast.get_docstring(module.tree)]


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
