"""Owns how a room's face is opened in the processes of the commands: a name is loaded when it is asked for.

A face holds names and nothing else (rule 3, held by the architecture test), so it is enough to know where
each of them is from. Whoever takes one then loads that module and not the whole room: `newsletter status`
needs a quarter of the house.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Final

PACKAGES: Final = frozenset({"words", "storage", "feeds", "mailer", "newsletter", "web"})
_AT_ONCE: Final = frozenset({"storage.database.schema"})
"""Faces that are opened whole: what is asked of all tables must know all of them."""


class _Face(SourceFileLoader):
    """Loads a face without what stands behind it."""

    def exec_module(self, module: ModuleType) -> None:
        """Takes the docstring and the names; a name that a module of the room has too is taken at once."""
        name = module.__name__
        tree = ast.parse(self.get_data(self.path))
        sources = {
            alias.name: node.module
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }

        def find(wanted: str) -> object:
            if wanted not in sources:
                raise AttributeError(f"module {name!r} has no attribute {wanted!r}", name=wanted)
            source = sources[wanted]
            found: object = (
                import_module(f"{name}.{wanted}")
                if source == name
                else getattr(import_module(source), wanted)
            )
            setattr(module, wanted, found)
            return found

        module.__doc__ = ast.get_docstring(tree)
        vars(module).update(__getattr__=find, __all__=list(sources))
        for wanted, source in sources.items():
            if source == f"{name}.{wanted}":
                find(wanted)


class _Faces:
    """Finds the faces of our rooms, as Python finds them, and has them loaded so."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The face, where this is one; None for everything else."""
        if name.partition(".")[0] not in PACKAGES or name in _AT_ONCE:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader) and spec.parent == name:
            spec.loader = _Face(name, spec.loader.path)
        return spec


def open_when_asked() -> None:
    """From now on, in this process, faces that are not yet loaded."""
    if _Faces not in sys.meta_path:
        sys.meta_path.insert(0, _Faces)
