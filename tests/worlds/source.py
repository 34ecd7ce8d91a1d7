"""The product's source, as its syntax shows it: what each module imports, and how long it is."""

from __future__ import annotations

import ast
import gc
import sys
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]

PACKAGES = ("words", "storage", "feeds", "mailer", "newsletter", "web", "scripts")


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
                found += ((one.name, "") for one in node.names if package_of(one.name) in PACKAGES)
            elif (
                isinstance(node, ast.ImportFrom)
                and node.module
                and package_of(node.module) in PACKAGES
            ):
                found += ((node.module, alias.name) for alias in node.names)
        return found


def package_of(name: str) -> str:
    """The outermost package of a dotted name."""
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


def is_foreign(name: str) -> bool:
    """Whether it is neither ours nor of the standard library."""
    return package_of(name) not in PACKAGES and package_of(name) not in sys.stdlib_module_names
