"""The syntax trees of the project's modules, each parsed once a process, for the tests that read code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"))


def modules_of(*packages: str) -> Iterator[Path]:
    """Yield the path of each module of these top folders, sorted within each."""
    for package in packages:
        yield from sorted((ROOT / package).rglob("*.py"))


def statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield every statement, however deep it stands; expressions, where most nodes are, aren't entered."""
    inside: list[ast.AST] = [tree]
    while inside:
        node = inside.pop()
        for name in ("body", "orelse", "finalbody"):
            found: list[ast.stmt] = getattr(node, name, [])
            yield from found
            inside += found
        inside += [*getattr(node, "handlers", []), *getattr(node, "cases", [])]
