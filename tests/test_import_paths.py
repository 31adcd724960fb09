"""Each name has one import path: the module that defines it, or the front door of its package."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("upa_core", "upa_cli", "tenant_sim", "functions_host")
IMPORTERS = (*PACKAGES, "tests", "bench")


def _name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


TREES = {
    path: ast.parse(path.read_text(encoding="utf-8"))
    for package in IMPORTERS
    for path in sorted((ROOT / package).rglob("*.py"))
}
OURS = {_name_of(path): path for path in TREES if path.relative_to(ROOT).parts[0] in PACKAGES}


def _bound(tree: ast.Module) -> set[str]:
    """Return the names that a module defines itself."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
    return found


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield each (module, name) of ours that is imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in OURS:
            yield from ((node.module, alias.name) for alias in node.names if f"{node.module}.{alias.name}" not in OURS)


DEFINED = {module: _bound(TREES[path]) for module, path in OURS.items()}
DOORS = {
    (module, name): package
    for package, path in OURS.items()
    if path.name == "__init__.py"
    for module, name in _imports(TREES[path])
    if name != "*"
}
"""(module, name) → the package whose `__init__` hands the name out."""


def test_a_name_is_imported_from_the_module_that_defines_it() -> None:
    """A module hands out nothing of another one; only a package's `__init__` may."""
    foreign = [
        f"{path.relative_to(ROOT)}: {name} from {module}"
        for path, tree in TREES.items()
        for module, name in _imports(tree)
        if OURS[module].name != "__init__.py" and name not in DEFINED[module]
    ]

    assert foreign == []


def test_a_name_with_a_front_door_is_imported_through_it() -> None:
    """What a package's `__init__` hands out is imported from the package, by everybody outside of it."""
    around = [
        f"{path.relative_to(ROOT)}: {name} from {module}, not from {DOORS[module, name]}"
        for path, tree in TREES.items()
        for module, name in _imports(tree)
        if (module, name) in DOORS and not f"{_name_of(path)}.".startswith(f"{DOORS[module, name]}.")
    ]

    assert around == []
