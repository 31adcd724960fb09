"""Each name has one import path: the module that defines it, or the front door of its package."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.syntax_trees import ROOT, modules_of, statements, tree_of

PACKAGES = ("upa_core", "upa_cli", "tenant_sim", "functions_host")
IMPORTERS = (*PACKAGES, "tests", "bench")


def _name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


OURS = {_name_of(path): path for path in modules_of(*PACKAGES)}


@cache
def _defined(module: str) -> set[str]:
    """Return the names that a module of ours defines itself."""
    found: set[str] = set()
    for node in tree_of(OURS[module]).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
    return found


@cache
def _imports(path: Path) -> list[tuple[str, str]]:
    """Return each (module, name) of ours that a module imports."""
    return [
        (node.module, alias.name)
        for node in statements(tree_of(path))
        if isinstance(node, ast.ImportFrom) and node.module in OURS
        for alias in node.names
        if f"{node.module}.{alias.name}" not in OURS
    ]


def _all_imports() -> Iterator[tuple[Path, str, str]]:
    """Yield each import of a name of ours: who, from which module, which name."""
    for path in modules_of(*IMPORTERS):
        yield from ((path, module, name) for module, name in _imports(path))


def _doors() -> dict[tuple[str, str], str]:
    """Return, for (module, name), the package whose `__init__` hands the name out."""
    return {
        (module, name): package
        for package, path in OURS.items()
        if path.name == "__init__.py"
        for module, name in _imports(path)
        if name != "*"
    }


def test_a_name_is_imported_from_the_module_that_defines_it() -> None:
    """A module hands out nothing of another one; only a package's `__init__` may."""
    foreign = [
        f"{path.relative_to(ROOT)}: {name} from {module}"
        for path, module, name in _all_imports()
        if OURS[module].name != "__init__.py" and name not in _defined(module)
    ]

    assert foreign == []


def test_a_name_with_a_front_door_is_imported_through_it() -> None:
    """What a package's `__init__` hands out is imported from the package, by everybody outside of it."""
    doors = _doors()
    around = [
        f"{path.relative_to(ROOT)}: {name} from {module}, not from {doors[module, name]}"
        for path, module, name in _all_imports()
        if (module, name) in doors and not f"{_name_of(path)}.".startswith(f"{doors[module, name]}.")
    ]

    assert around == []
