"""Which fields an event has: read from the calls that emit it, so that a query can't name one that nobody writes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from tests.support.syntax_trees import modules_of, statements, tree_of
from upa_core.domain.documents.runs import Counts
from upa_core.domain.health.events import EventName

ALWAYS = frozenset({"event", "connector", "run", "import_job"})
"""What LogEvents adds to every event."""

EMITTERS = {"Event", "emit", "_emit", "tell"}
NOT_FIELDS = {"level", "import_jobs"}


@cache
def fields_of() -> dict[str, frozenset[str]]:
    """Return the fields of each event that the code emits, by the event's name."""
    found: dict[str, set[str]] = {}
    for path in modules_of("upa_core"):
        for function in statements(tree_of(path)):
            if isinstance(function, ast.FunctionDef):
                for call in _emitting(function):
                    given = set(_keywords(call, function)).union(*(_keys(one, function) for one in call.args))
                    for name in _events(call, function):
                        found.setdefault(EventName[name].value, set(ALWAYS)).update(given)
    return {name: frozenset(fields) for name, fields in found.items()}


def _emitting(function: ast.FunctionDef) -> Iterator[ast.Call]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in EMITTERS:
                yield node


def _events(call: ast.Call, function: ast.FunctionDef) -> set[str]:
    """Return the events that the first arguments of a call name, directly or by a variable."""
    nodes = [
        *call.args,
        *(one for arg in call.args if isinstance(arg, ast.Name) for one in _assigned(arg.id, function)),
    ]
    return {
        part.attr
        for node in nodes
        if not isinstance(node, ast.Call)
        for part in ast.walk(node)
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "EventName"
    }


def _keywords(call: ast.Call, function: ast.FunctionDef) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg == "fields":
            yield from _keys(keyword.value, function)
        elif keyword.arg is not None and keyword.arg not in NOT_FIELDS:
            yield keyword.arg


def _keys(node: ast.expr, function: ast.FunctionDef) -> set[str]:
    """Return the names in a dictionary: written out, put together, or made from a run's counts."""
    if isinstance(node, ast.Dict):
        written = {key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
        inner = (value for key, value in zip(node.keys, node.values, strict=True) if key is None)
        return written.union(*(_keys(value, function) for value in inner))
    if isinstance(node, ast.BinOp):
        return _keys(node.left, function) | _keys(node.right, function)
    if isinstance(node, ast.DictComp) and "__slots__" in ast.unparse(node):
        return set(Counts.__slots__)
    if isinstance(node, ast.Name):
        return set().union(*(_keys(value, function) for value in _assigned(node.id, function)))
    return set()


def _assigned(name: str, function: ast.FunctionDef) -> list[ast.expr]:
    """Return what a function assigns to a variable."""
    found: list[ast.expr] = []
    for node in ast.walk(function):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and value is not None:
            found += [value for target in targets if isinstance(target, ast.Name) and target.id == name]
    return found
