"""Expressions: a closed, typed language of attributes, constants and functions, evaluated here, parsed in `config`.

Names and results are Entra's (entra-docs, functions-for-customizing-application-data). Nothing is
executed but the functions of the module `functions`; size and depth are bounded, and so is every value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from upa_core.domain.errors import ConfigError, InvalidValueError
from upa_core.domain.language.functions import FUNCTIONS, ArgumentType, Function, Parameter
from upa_core.domain.language.limits import MAX_ITEMS, MAX_TEXT, Thunk
from upa_core.domain.language.values import as_integer, as_text

MAX_DEPTH = 16
MAX_NODES = 300

Operator = Literal["=", "<>", ">", ">=", "<", "<="]


@dataclass(frozen=True, slots=True)
class Attribute:
    """A source attribute by its dotted path."""

    path: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A text or an integer, written in the expression."""

    value: str | int


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments; None is one left out between commas."""

    function: str
    args: tuple[Expression | None, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The condition of an IIF."""

    operator: Operator
    left: Expression
    right: Expression


Expression = Attribute | Constant | Call | Comparison


class ExpressionError(ConfigError):
    """An expression can't be accepted; `node` is the part that is wrong."""

    def __init__(self, message: str, node: Expression) -> None:
        super().__init__(message)
        self.node = node


def parts_of(expression: Expression) -> tuple[Expression, ...]:
    """Return the direct parts of an expression."""
    if isinstance(expression, Call):
        return tuple(arg for arg in expression.args if arg is not None)
    return (expression.left, expression.right) if isinstance(expression, Comparison) else ()


def walk(expression: Expression) -> Iterator[tuple[Expression, int]]:
    """Yield every part with its depth, without recursion: the depth isn't checked yet."""
    stack = [(expression, 1)]
    while stack:
        node, depth = stack.pop()
        yield node, depth
        stack.extend((part, depth + 1) for part in reversed(parts_of(node)))


def inputs_of(expression: Expression) -> tuple[str, ...]:
    """Return the dotted attribute paths that an expression reads, sorted."""
    return tuple(sorted({node.path for node, _ in walk(expression) if isinstance(node, Attribute)}))


def describe_expression(expression: Expression) -> Any:
    """Return an expression as JSON; equal descriptions mean equal values."""
    match expression:
        case Attribute(path):
            return {"attribute": path}
        case Constant(value):
            return {"constant": value}
        case Comparison(operator, left, right):
            return {"compare": [operator, describe_expression(left), describe_expression(right)]}
        case Call(function, args):
            return {"call": [function, *(None if arg is None else describe_expression(arg) for arg in args)]}


def expression_text(expression: Expression) -> str:
    """Return an expression as text for a connector file, on one line; attributes by their dotted paths."""
    match expression:
        case Attribute(path):
            return f"[{path}]"
        case Constant(value):
            return str(value) if isinstance(value, int) else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case Comparison(operator, left, right):
            return f"{expression_text(left)} {operator} {expression_text(right)}"
        case Call(function, args):
            return f"{function}({', '.join('' if arg is None else expression_text(arg) for arg in args)})"


def check_expression(expression: Expression) -> None:
    """Refuse unknown functions, wrong arguments or types, too many parts and too deep nesting.

    Raises:
        ExpressionError: naming the part.
    """
    for count, (node, depth) in enumerate(walk(expression), 1):
        if depth > MAX_DEPTH:
            raise ExpressionError(f"is nested more than {MAX_DEPTH} levels deep", node)
        if count > MAX_NODES:
            raise ExpressionError(f"has more than {MAX_NODES} parts", node)
        if isinstance(node, Call):
            _check_call(node)
        elif isinstance(node, Comparison):
            _check_comparison(node)
    if isinstance(expression, Comparison):
        raise ExpressionError("a comparison isn't a value; write it as the condition of an IIF", expression)
    if type_of(expression) == "list":
        raise ExpressionError("gives several values; a profile property takes one: use Join or Item", expression)
    _compile(expression, dict.fromkeys(inputs_of(expression), 0))


def type_of(node: Expression) -> ArgumentType:
    """Return the type of a part as far as it is known before evaluation."""
    match node:
        case Constant(value):
            return "integer" if isinstance(value, int) else "text"
        case Comparison():
            return "condition"
        case Call(function) if function in FUNCTIONS:
            return FUNCTIONS[function].result
    return "any"


def _check_call(node: Call) -> None:
    function = FUNCTIONS.get(node.function)
    if function is None:
        raise ExpressionError(f"{node.function} isn't a function of this language", node)
    parameters = _parameters(function, len(node.args))
    if len(node.args) > len(parameters) or (function.pairs and len(node.args) % 2):
        raise ExpressionError(f"{node.function} takes {function.signature}", node)
    for position, parameter in enumerate(parameters):
        part = node.args[position] if position < len(node.args) else None
        if part is None:
            if not parameter.optional:
                raise ExpressionError(f"{node.function} takes {function.signature}: {parameter.name} is missing", node)
        elif message := _misfit(parameter, part):
            raise ExpressionError(f"{node.function}: {parameter.name} {message}", part)


def _parameters(function: Function, count: int) -> list[Parameter]:
    """Return one parameter for each of `count` arguments: the last parameter, or the last two, repeat."""
    parameters = list(function.parameters)
    period = 2 if function.pairs else 1
    while function.repeats and len(parameters) < count:
        parameters.append(parameters[-period])
    return parameters


def _misfit(parameter: Parameter, part: Expression) -> str:
    given = type_of(part)
    match parameter.kind:
        case "fixed text":
            return "" if isinstance(part, Constant) and given == "text" else "must be a text in quotes"
        case "fixed integer":
            return "" if isinstance(part, Constant) and given == "integer" else "must be a whole number"
        case "condition":
            return "" if given in ("condition", "any") else "must be a comparison, IsNullOrEmpty or a boolean attribute"
        case "text" if given == "list":
            return "must be one text, not several; use Join or Item"
    return "can't be a condition" if given == "condition" else ""


def _check_comparison(node: Comparison) -> None:
    for side in (node.left, node.right):
        if type_of(side) in ("condition", "list"):
            raise ExpressionError(
                "only texts and whole numbers can be compared; for AND and OR, write one IIF inside another", side
            )
        if isinstance(side, Constant):
            if side.value == "":
                raise ExpressionError('comparing with "" is never true in Entra; use IsNullOrEmpty', side)
            if node.operator not in ("=", "<>") and not isinstance(side.value, int):
                raise ExpressionError(f"{node.operator} compares whole numbers, and this is a text", side)


def compile_expression(expression: Expression, index: Mapping[str, int]) -> Callable[[Sequence[object]], object]:
    """Return the function from a row to the value: a text, an integer, a boolean, a list, or None for no value.

    The function raises InvalidValueError for a value that a function can't take.

    Raises:
        ExpressionError: see `check_expression`.
        ConfigError: an attribute isn't among the inputs.
    """
    check_expression(expression)
    return _compile(expression, index)


def _compile(node: Expression, index: Mapping[str, int]) -> Thunk:
    match node:
        case Constant(value):
            return lambda _row: value
        case Attribute(path):
            if path not in index:
                raise ConfigError(f"attribute {path} isn't among the inputs")
            return _reader(index[path])
        case Comparison():
            return _comparison(node, _compile(node.left, index), _compile(node.right, index))
        case Call(function, args):
            parameters = _parameters(FUNCTIONS[function], len(args))
            given = [_given(parameter, arg, index) for parameter, arg in zip(parameters, args, strict=False)]
            try:
                return FUNCTIONS[function].build(*given)
            except ConfigError as error:
                raise ExpressionError(f"{function}: {error}", node) from error


def _given(parameter: Parameter, arg: Expression | None, index: Mapping[str, int]) -> Thunk | str | int | None:
    if arg is None:
        return None
    return arg.value if parameter.kind.startswith("fixed") and isinstance(arg, Constant) else _compile(arg, index)


def _reader(position: int) -> Thunk:
    def read(row: Sequence[object]) -> object:
        value = row[position]
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise InvalidValueError(f"the source holds more than {MAX_TEXT} characters")
        if isinstance(value, list) and len(value) > MAX_ITEMS:
            raise InvalidValueError(f"the source holds more than {MAX_ITEMS} values")
        return value if value != "" else None  # an empty text at the source is no value

    return read


def _comparison(node: Comparison, left: Thunk, right: Thunk) -> Thunk:
    operator = node.operator

    def compare(row: Sequence[object]) -> bool:
        a, b = left(row), right(row)
        if a is None or b is None or a == "" or b == "":
            return False  # documented: with an empty source "the condition check fails", also for <>
        if operator == "=":
            return as_text(a) == as_text(b)
        if operator == "<>":
            return as_text(a) != as_text(b)
        x, y = int(as_integer(a)), int(as_integer(b))
        order = (x > y) - (x < y)
        return {">": order > 0, ">=": order >= 0, "<": order < 0, "<=": order <= 0}[operator]

    return compare
