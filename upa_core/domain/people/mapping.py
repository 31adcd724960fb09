"""A mapping: how one profile property is computed from a person's attributes, compiled once per run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal, overload

from upa_core.domain.errors import ConfigError, InvalidValueError
from upa_core.domain.language.expressions import (
    Attribute,
    Expression,
    compile_expression,
    describe_expression,
    inputs_of,
)
from upa_core.domain.language.revision import REVISION, is_revised, output_is_revised
from upa_core.domain.language.values import (
    DEFAULT_FORMATS,
    ValueType,
    check_carriable,
    formatter,
    truncate_utf16,
    utf16_length,
)

OnEmpty = Literal["keep", "clear", "default"]
OnInvalid = Literal["escrow_value", "escrow_user", "fail_run", "skip_value"]
_NAMED_BEFORE = {"escrow_value": "escrow_user"}
"""Both put the value into escrow; neither changes a value. So the default of an earlier release keeps its fingerprint.
"""
OnUserEdit = Literal["keep", "overwrite"]
OnDrift = Literal["report", "repair"]
OnTooLong = Literal["error", "truncate"]
MappingState = Literal["proposed", "active", "retired"]


UNPROVEN = "nothing is written individually before upa doctor --probe-individual has passed"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value can't be computed; the reason names the mistake and never holds the value."""

    kind: Literal["invalid", "clear_unsupported", "unproven"]
    policy: OnInvalid
    reason: str


Desired = str | None | Problem
"""A text: the value for the profile, `""` meaning empty. None: keep the value that is there."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """One target property and everything that decides its value."""

    target: str
    expression: Expression
    type: ValueType = "string"
    on_empty: OnEmpty = "keep"
    default: str | None = None
    """With `on_empty: default`: the text that is sent."""
    on_invalid: OnInvalid = "escrow_value"
    max_length: int | None = None
    """In UTF-16 code units."""
    on_too_long: OnTooLong = "error"
    format: str | None = None
    """For date and datetime, in .NET's notation."""
    words: tuple[str, str] | None = None
    """For boolean: the words for true and false."""
    state: MappingState = "active"
    route: str = "bulk"
    """The name of the route of its values. The route decides no value and isn't in the fingerprint."""
    redact: bool = False
    """Show `***` instead of values in logs and reports."""
    on_user_edit: OnUserEdit = "keep"
    """On the individual route: the policy for a value that somebody else wrote; it decides no value."""
    on_drift: OnDrift = "report"
    """The policy for a profile that holds another value than was confirmed; it decides no value."""
    clears: bool | None = None
    """Whether the property can be cleared, as the probe found; None: as bulk import can, only strings."""
    unproven: str = ""
    """Why nothing may be written now; the value isn't computed, and nothing is sent."""

    @property
    def can_clear(self) -> bool:
        """Return whether an empty value can be sent."""
        return not self.unproven and (self.type == "string" if self.clears is None else self.clears)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The dotted attribute paths that are read, sorted."""
        return inputs_of(self.expression)

    def as_if_proven(self) -> Mapping:
        """Return the mapping as it is once single writes are proven: it shows the value that will be sent."""
        return replace(self, unproven="")

    def describe(self) -> dict[str, Any]:
        """Return everything that decides a value, as JSON."""
        described = {
            "target": self.target,
            "expression": describe_expression(self.expression),
            "type": self.type,
            "on_empty": self.on_empty,
            "default": self.default,
            "on_invalid": _NAMED_BEFORE.get(self.on_invalid, self.on_invalid),
            "max_length": self.max_length,
            "on_too_long": self.on_too_long,
            "format": self.format,
            "words": list(self.words) if self.words else None,
        }
        if self.type == "datetime" and self.format is None:
            described["format"] = DEFAULT_FORMATS["datetime"]  # another since ADR 9, so it is named
        if is_revised(self.expression) or (self.format is not None and output_is_revised(self.format)):
            described["language"] = REVISION
        return described


def direct(source: str, target: str, **options: Any) -> Mapping:
    """Return a mapping of one attribute, unchanged."""
    return Mapping(target, Attribute(source), **options)


@overload
def compile_mappings(
    mappings: Sequence[Mapping], inputs: Sequence[str], *, by_target: Literal[False] = False
) -> Callable[[Sequence[object]], list[Desired]]: ...


@overload
def compile_mappings(
    mappings: Sequence[Mapping], inputs: Sequence[str], *, by_target: Literal[True]
) -> Callable[[Sequence[object]], dict[str, str] | None]: ...


def compile_mappings(
    mappings: Sequence[Mapping], inputs: Sequence[str], *, by_target: bool = False
) -> Callable[[Sequence[object]], Any]:
    """Return the function from a person's row (values in the order of `inputs`, None: no value) to desired values.

    They come as a list; or, `by_target`, the texts alone in a dictionary, and None where a value is a problem.

    Raises:
        ConfigError: a mapping reads an attribute that isn't among the inputs, or can't be compiled.
    """
    index = {path: position for position, path in enumerate(inputs)}
    names: dict[str, Any] = {}
    values = []
    for at, mapping in enumerate(mappings):
        names[f"f{at}"], text = _compile(mapping, index), f"f{at}(row)"
        if mapping.unproven:
            values.append(text)
            continue
        if isinstance(mapping.expression, Attribute) and mapping.type in DEFAULT_FORMATS:
            names[f"d{at}"], value = _remembered(mapping), f"v{index[mapping.expression.path]}"
            names[f"e{at}"] = _empty(mapping)
            text = f"d{at}({value}) if type({value}) is str else e{at} if {value} is None else {text}"
        if isinstance(mapping.expression, Attribute) and mapping.type == "string":
            # The way nearly every value goes, written out: a call for each would cost three times as much. Printable
            # means: nothing that XML can't carry, and no lone surrogate. Text of at most half the limit fits whatever
            # it holds: a character takes one or two UTF-16 code units.
            names[f"e{at}"], value = _empty(mapping), f"v{index[mapping.expression.path]}"
            fits = f" and len({value}) <= {mapping.max_length // 2}" if mapping.max_length is not None else ""
            text = f"e{at} if {value} is None or {value} == '' else {text}"
            text = f"{value} if type({value}) is str and {value} and {value}.isprintable(){fits} else {text}"
        values.append(text)
    unpacked = "".join(f"v{at}, " for at in range(len(inputs)))
    body = _texts_alone(mappings, values) if by_target else f"return [{', '.join(values)}]"
    names["texts_of"] = _texts_of
    exec(f"def apply(row):\n ({unpacked}) = row\n {body}", names)  # noqa: S102 - made of numbers, and names of properties as literals
    apply: Callable[[Sequence[object]], Any] = names["apply"]
    return apply


def _texts_alone(mappings: Sequence[Mapping], values: Sequence[str]) -> str:
    """Return the end of a function that returns the texts among its values: usually all, which one comparison tells."""
    targets = [mapping.target for mapping in mappings]
    names = [f"t{at}" for at in range(len(values))]
    pairs = ", ".join(f"{target!r}: {name}" for target, name in zip(targets, names, strict=True))
    return "\n ".join(
        [
            *(f"{name} = {value}" for name, value in zip(names, values, strict=True)),
            f"if {' is '.join([*(f'type({name})' for name in names), 'str'])}: return {{{pairs}}}",
            f"return texts_of({targets!r}, [{', '.join(names)}])",
        ]
    )


def _texts_of(targets: Sequence[str], values: Sequence[Desired]) -> dict[str, str] | None:
    texts = {target: value for target, value in zip(targets, values, strict=True) if type(value) is str}
    return texts if len(texts) + values.count(None) == len(values) else None


@lru_cache(maxsize=64)
def _remembered(mapping: Mapping) -> Callable[[object], Desired]:
    """Return the cached function from a source text to the desired value: people are hired on few different days."""
    finish = _compile(replace(mapping, expression=Attribute("it")), {"it": 0})
    return lru_cache(maxsize=16_384)(lambda text: finish((text,)))


def compile_mapping(mapping: Mapping, inputs: Sequence[str]) -> Callable[[Sequence[object]], Desired]:
    """Compile a single mapping."""
    return _compile(mapping, {path: position for position, path in enumerate(inputs)})


def _compile(mapping: Mapping, index: dict[str, int]) -> Callable[[Sequence[object]], Desired]:
    if mapping.unproven:
        problem = Problem("unproven", "skip_value", mapping.unproven)
        return lambda _: problem
    empty = _empty(mapping)
    finish = _finish(mapping, empty)
    evaluate = compile_expression(mapping.expression, index)
    policy = mapping.on_invalid

    def general(row: Sequence[object]) -> Desired:
        try:
            value = evaluate(row)
            return empty if value is None or value == "" else finish(value)
        except InvalidValueError as error:
            return Problem("invalid", policy, str(error))

    return general


def _empty(mapping: Mapping) -> Desired:
    if mapping.on_empty == "default":
        if not mapping.default:
            raise ConfigError(f"mapping to {mapping.target}: on_empty: default needs a default that isn't empty")
        return mapping.default
    if mapping.on_empty == "keep":
        return None
    if mapping.can_clear:
        return ""
    if mapping.route != "bulk":
        return Problem("clear_unsupported", "skip_value", f"nothing was found that clears {mapping.target}")
    # "" in a date becomes January 1 and null is skipped: bulk import can't clear these [SP-37, SP-39].
    return Problem("clear_unsupported", "skip_value", f"bulk import can't clear a property of type {mapping.type}")


def _finish(mapping: Mapping, empty: Desired) -> Callable[[object], Desired]:
    form = formatter(mapping.type, mapping.format, mapping.words)
    limit, cut = mapping.max_length, mapping.on_too_long == "truncate"

    def finish(value: object) -> Desired:
        text = check_carriable(form(value))
        if not text:
            return empty
        if limit is not None and utf16_length(text) > limit:
            if not cut:
                raise InvalidValueError(f"is longer than {limit} characters")
            text = truncate_utf16(text, limit)
        return text or empty

    return finish
