"""What a mapping names and will send, to be checked: date formats, time zones, samples of its values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from upa_core.domain.language.dates import DateFormat
from upa_core.domain.language.expressions import Attribute, Call, Constant, walk
from upa_core.domain.people.attributes import type_of_attribute
from upa_core.domain.people.mapping import Mapping

_SAMPLE = datetime(2026, 6, 23, 4, 5, 6, tzinfo=UTC)


def samples(mapping: Mapping) -> Iterator[tuple[str, str]]:
    """Yield texts that a mapping will send, with the key that they come from."""
    if mapping.format is not None:
        yield "format", DateFormat.compile(mapping.format).format(_SAMPLE)
    if mapping.default is not None:
        yield "default", mapping.default
    expression = mapping.expression
    if isinstance(expression, Constant):
        yield "constant", str(expression.value)
    if (
        mapping.type == "string"
        and isinstance(expression, Attribute)
        and type_of_attribute(expression.path) == "datetime"
    ):
        yield "source", _SAMPLE.isoformat()
    for node, _ in walk(expression):
        if isinstance(node, Call) and node.function == "FormatDateTime" and isinstance(node.args[3], Constant):
            yield "expression", DateFormat.compile(str(node.args[3].value)).format(_SAMPLE)


def date_formats(mapping: Mapping) -> Iterator[tuple[str, str]]:
    """Yield the date formats of a mapping, each with its key."""
    if mapping.format is not None:
        yield "format", mapping.format
    for node, _ in walk(mapping.expression):
        if isinstance(node, Call) and node.function == "FormatDateTime":
            yield from (("expression", str(a.value)) for a in node.args[2:4] if isinstance(a, Constant) and a.value)


def time_zones(mapping: Mapping) -> Iterator[str]:
    """Yield the time zones that a mapping names."""
    for node, _ in walk(mapping.expression):
        if isinstance(node, Call) and node.function == "FormatDateTime":
            yield from (str(a.value) for a in node.args[4:] if isinstance(a, Constant) and a.value is not None)
