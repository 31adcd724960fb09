"""A function with more than five parameters says why it has them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.support.syntax_trees import ROOT, modules_of, statements, tree_of

PACKAGES = ("upa_core", "upa_cli", "tenant_sim", "functions_host")
MAX_PARAMETERS = 5
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _parameters(function: Function) -> int:
    """Count, without `self` and `cls`."""
    own = [*function.args.posonlyargs, *function.args.args]
    bound = 1 if own and own[0].arg in ("self", "cls") else 0
    return len(own) + len(function.args.kwonlyargs) - bound


def _is_command(function: Function) -> bool:
    """Return whether each parameter is an option of the command line."""
    return any(ast.unparse(one).startswith("command(") for one in function.decorator_list)


def _long() -> Iterator[tuple[str, Function]]:
    for path in modules_of(*PACKAGES):
        for node in statements(tree_of(path)):
            if isinstance(node, Function) and _parameters(node) > MAX_PARAMETERS and not _is_command(node):
                yield path.relative_to(ROOT).as_posix(), node


def test_a_function_with_more_than_five_parameters_has_a_reason_in_its_docstring() -> None:
    """The docstring counts them in a word and says why: "Six parameters: …"."""
    silent = [
        f"{path}: {function.name}"
        for path, function in _long()
        if " parameters: " not in (ast.get_docstring(function) or "")
    ]

    assert silent == []
