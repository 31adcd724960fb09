"""The functions of the expression language: what arguments they take, and how a call is compiled.

Names, parameters and results are Entra's (entra-docs, functions-for-customizing-application-data); every result that
the page shows is a test. What it leaves open is decided here: a text function of no value gives no value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from upa_core.domain.errors import ConfigError, InvalidValueError
from upa_core.domain.language.characters import white
from upa_core.domain.language.dates import DateFormat, parse_iso
from upa_core.domain.language.letters import check_culture, normalize_diacritics, proper_case, to_lower, to_upper
from upa_core.domain.language.limits import MAX_ITEMS, MAX_TEXT, TOO_LONG, Thunk, bounded, text_of
from upa_core.domain.language.replace import build_replace
from upa_core.domain.language.time_zones import in_zone
from upa_core.domain.language.values import as_text

ArgumentType = Literal["text", "integer", "condition", "list", "any"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter.

    `text` also takes integers, `value` takes anything that has a value, `fixed …` takes only a constant.
    """

    name: str
    kind: Literal["text", "value", "condition", "several", "fixed text", "fixed integer"]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """One function: its parameters (the last may repeat), its result, and how a call is compiled."""

    parameters: tuple[Parameter, ...]
    result: ArgumentType
    build: Callable[..., Thunk]
    """Takes a thunk for each argument; for a fixed parameter the constant itself, for one left out None."""
    repeats: bool = False
    pairs: bool = False
    """The repeated parameters come in pairs, after the first two."""

    @property
    def signature(self) -> str:
        """The parameters, as in `Mid(source, start, length)` without the name."""
        names = [f"[{p.name}]" if p.optional else p.name for p in self.parameters]
        return f"({', '.join(names)}{', …' if self.repeats else ''})"


def _mapped(change: Callable[[str], object]) -> Callable[[Thunk], Thunk]:
    """Return the builder of a function of one text."""

    def build(source: Thunk, *_: object) -> Thunk:
        read = text_of(source)

        def evaluate(row: Sequence[object]) -> object:
            text = read(row)
            return None if text is None else change(text)

        return evaluate

    return build


def _texts(value: object) -> list[str]:
    """Return the texts in a value: of a single value, of a list, or none."""
    items = value if isinstance(value, list) else [value]
    return [text for text in (as_text(item) for item in items if item is not None) if text]


def _join(separator: str, *sources: Thunk) -> Thunk:
    def evaluate(row: Sequence[object]) -> object:
        parts = [text for source in sources for text in _texts(source(row))]
        if sum(map(len, parts)) + len(separator) * len(parts) > MAX_TEXT:
            raise InvalidValueError(TOO_LONG)
        return separator.join(parts) if parts else None

    return evaluate


def _append(source: Thunk, suffix: Thunk) -> Thunk:
    first, second = text_of(source), text_of(suffix)

    def evaluate(row: Sequence[object]) -> object:
        text = first(row)
        return None if text is None else bounded(text + (second(row) or ""))

    return evaluate


def _switch(source: Thunk, default: Thunk | None, *pairs: Thunk) -> Thunk:
    read = text_of(source)
    cases = [(text_of(key), value) for key, value in zip(pairs[::2], pairs[1::2], strict=True)]

    def evaluate(row: Sequence[object]) -> object:
        text = read(row) or ""  # documented: a key "" means an empty source
        for key, value in cases:
            if (key(row) or "") == text:
                return value(row)
        return default(row) if default else None

    return evaluate


def _coalesce(*sources: Thunk) -> Thunk:
    def evaluate(row: Sequence[object]) -> object:
        return next((value for value in (source(row) for source in sources) if value is not None), None)

    return evaluate


def _iif(condition: Thunk, yes: Thunk, no: Thunk) -> Thunk:
    def evaluate(row: Sequence[object]) -> object:
        value = condition(row)
        if isinstance(value, str):
            value = value.lower() == "true"
        if value is not None and not isinstance(value, bool):
            raise InvalidValueError("has a condition of IIF that is neither true nor false")
        return yes(row) if value else no(row)

    return evaluate


def _left(source: Thunk, count: int) -> Thunk:
    read = text_of(source)

    def evaluate(row: Sequence[object]) -> object:
        text = read(row) or ""  # documented: null gives an empty string, a negative number the whole
        return text if count < 0 else text[:count]

    return evaluate


def _mid(source: Thunk, start: int, length: int) -> Thunk:
    if start < 1 or length < 0:
        raise ConfigError("start must be 1 or more, and length 0 or more")
    return _mapped(lambda text: text[start - 1 : start - 1 + length])(source)


def _split(source: Thunk, delimiter: str) -> Thunk:
    if len(delimiter) != 1:
        raise ConfigError(
            'delimiter must be one character; spaces around the values are dropped, so write ";" for "; "'
        )

    def split(text: str) -> list[str]:
        # The documented result of splitting "PermissionSetOne, PermissionSetTwo" has no space before the second.
        if text.count(delimiter) >= MAX_ITEMS:
            raise InvalidValueError(f"splits into more than {MAX_ITEMS} values")
        return [part.strip(white()) for part in text.split(delimiter)]

    return _mapped(split)(source)


def _item(source: Thunk, index: int) -> Thunk:
    if index < 1:
        raise ConfigError("index must be 1 or more: the first value is 1")

    def evaluate(row: Sequence[object]) -> object:
        value = source(row)
        items = value if isinstance(value, list) else [] if value is None else [value]
        return items[index - 1] if index <= len(items) else None

    return evaluate


def _is_null_or_empty(source: Thunk) -> Thunk:
    return lambda row: source(row) in (None, "", [])


def _case(change: Callable[[str, str], str]) -> Callable[..., Thunk]:
    def build(source: Thunk, culture: str | None = None) -> Thunk:
        name = check_culture(culture or "")
        return _mapped(lambda text: change(text, name))(source)

    return build


def _pcase(source: Thunk, separators: str | None = None) -> Thunk:
    return _mapped(lambda text: proper_case(text, separators or None))(source)


def _format_date_time(
    source: Thunk, _styles: str | None, given: str | None, wanted: str, zone: Thunk | None = None
) -> Thunk:
    write = DateFormat.compile(wanted)
    read = _date_reader(given, write) if given else parse_iso
    if zone is None:

        def change(text: str) -> str | None:
            moment = read(text)
            return None if moment is None else write.format(moment)

        return _mapped(change)(source)
    if write.letters & {"z", "K"}:
        raise ConfigError(
            f"outputFormat {wanted!r} has an offset (z or K), which can't be written together with a timeZone"
        )
    text_at, zone_at = text_of(source), text_of(zone)

    def evaluate(row: Sequence[object]) -> object:
        text = text_at(row)
        moment = None if text is None else read(text)
        return None if moment is None else write.format(in_zone(moment, zone_at(row)))

    return evaluate


def _date_reader(given: str, wanted: DateFormat) -> Callable[[str], datetime]:
    form = DateFormat.compile(given, reading=True)
    if "y" not in form.letters and (form.has_weekday or wanted.has_weekday or "y" in wanted.letters):
        raise ConfigError(
            f"inputFormat {given!r} has no year, and .NET would take that of the day on which it runs: "
            "read a year, or leave year and weekday out of both formats"
        )
    # The page's default for dateTimeStyles allows white space at both ends.
    return lambda text: form.parse(text.strip(white()))


_SOURCE = Parameter("source", "text")
_CULTURE = Parameter("culture", "fixed text", optional=True)

FUNCTIONS: dict[str, Function] = {
    "Append": Function((_SOURCE, Parameter("suffix", "text")), "text", _append),
    "Coalesce": Function(
        (Parameter("source1", "value"), Parameter("source2", "value")), "any", _coalesce, repeats=True
    ),
    "FormatDateTime": Function(
        (
            _SOURCE,
            Parameter("dateTimeStyles", "fixed text", optional=True),
            Parameter("inputFormat", "fixed text", optional=True),
            Parameter("outputFormat", "fixed text"),
            Parameter("timeZone", "text", optional=True),
        ),
        "text",
        _format_date_time,
    ),
    "IIF": Function(
        (Parameter("condition", "condition"), Parameter("valueIfTrue", "value"), Parameter("valueIfFalse", "value")),
        "any",
        _iif,
    ),
    "IsNullOrEmpty": Function((Parameter("expression", "value"),), "condition", _is_null_or_empty),
    "Item": Function((Parameter("attribute", "several"), Parameter("index", "fixed integer")), "text", _item),
    "Join": Function(
        (Parameter("separator", "fixed text"), Parameter("source1", "several")), "text", _join, repeats=True
    ),
    "Left": Function((_SOURCE, Parameter("numChars", "fixed integer")), "text", _left),
    "Mid": Function((_SOURCE, Parameter("start", "fixed integer"), Parameter("length", "fixed integer")), "text", _mid),
    "NormalizeDiacritics": Function((_SOURCE,), "text", _mapped(lambda text: bounded(normalize_diacritics(text)))),
    "PCase": Function((_SOURCE, Parameter("wordSeparators", "fixed text", optional=True)), "text", _pcase),
    "Replace": Function(
        (
            _SOURCE,
            Parameter("oldValue", "fixed text", optional=True),
            Parameter("regexPattern", "fixed text", optional=True),
            Parameter("regexGroupName", "fixed text", optional=True),
            Parameter("replacementValue", "text", optional=True),
            Parameter("replacementAttributeName", "text", optional=True),
            Parameter("template", "text", optional=True),
        ),
        "text",
        build_replace,
    ),
    "Split": Function((_SOURCE, Parameter("delimiter", "fixed text")), "list", _split),
    "StripSpaces": Function((_SOURCE,), "text", _mapped(lambda text: text.replace(" ", ""))),
    "Switch": Function(
        (
            _SOURCE,
            Parameter("defaultValue", "value", optional=True),
            Parameter("key1", "text"),
            Parameter("value1", "value"),
        ),
        "any",
        _switch,
        repeats=True,
        pairs=True,
    ),
    "ToLower": Function((_SOURCE, _CULTURE), "text", _case(to_lower)),
    "ToUpper": Function((_SOURCE, _CULTURE), "text", _case(to_upper)),
}
"""The closed set, by name."""
