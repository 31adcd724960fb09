"""Entra's Replace: five behaviours, chosen by which of its seven parameters are present (entra-docs, `Replace`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from upa_core.domain.errors import ConfigError, InvalidValueError
from upa_core.domain.language.limits import MAX_TEXT, TOO_LONG, Thunk, bounded, text_of
from upa_core.domain.language.pattern import Pattern, compile_pattern
from upa_core.domain.language.pattern_program import Spans

Texts = Callable[[Sequence[object]], str | None]

_REFERENCE = re.compile(r"\$(?:\{([A-Za-z0-9_]+)\}|([0-9]+)|([$&`'+_]))", re.ASCII)
_BEFORE, _AFTER, _WHOLE = -1, -2, -3
_SPECIAL = {"&": 0, "`": _BEFORE, "'": _AFTER, "_": _WHOLE}


def build_replace(
    source: Thunk,
    old: str | None = None,
    pattern: str | None = None,
    group: str | None = None,
    *others: Thunk | None,
) -> Thunk:
    """Compile a call.

    Raises:
        ConfigError: the parameters given are none of the documented combinations, or the pattern is refused.
    """
    replacement, attribute, template = (*others, None, None, None)[:3]
    read = text_of(source)
    wanted = (bool(old), pattern is not None, group is not None)
    if wanted == (True, False, False) and attribute is None:
        if replacement and not template:
            return _plain(read, old or "", text_of(replacement))
        if template and not replacement:
            return _template(read, old or "", text_of(template))
    if wanted[:2] == (False, True) and template is None:
        compiled = compile_pattern(pattern or "")
        if replacement and not attribute:
            new = text_of(replacement)
            return _by_group(read, compiled, group, new) if group else _by_pattern(read, compiled, new)
        if attribute and group and not replacement:
            return _from_other(read, compiled, group, text_of(attribute))
    raise ConfigError(
        "takes one of these besides source: oldValue, replacementValue; oldValue, template; regexPattern, "
        "[regexGroupName], replacementValue; regexPattern, regexGroupName, replacementAttributeName"
    )


def _swap(text: str, old: str, new: str) -> str:
    # Checked before the text is built: nested replacements could double it many times.
    if len(text) + text.count(old) * (len(new) - len(old)) > MAX_TEXT:
        raise InvalidValueError(TOO_LONG)
    return text.replace(old, new)


def _plain(source: Texts, old: str, replacement: Texts) -> Thunk:
    def evaluate(row: Sequence[object]) -> object:
        text = source(row)
        return None if text is None else _swap(text, old, replacement(row) or "")

    return evaluate


def _template(source: Texts, old: str, template: Texts) -> Thunk:
    def evaluate(row: Sequence[object]) -> object:
        text = source(row)
        return None if text is None else _swap(template(row) or "", old, text)

    return evaluate


def _by_pattern(source: Texts, pattern: Pattern, replacement: Texts) -> Thunk:
    def evaluate(row: Sequence[object]) -> object:
        text = source(row)
        if text is None:
            return None
        form = _references(replacement(row) or "", pattern)
        return _rebuild(text, pattern, 0, lambda spans: _fill(form, text, spans))

    return evaluate


def _by_group(source: Texts, pattern: Pattern, group: str, replacement: Texts) -> Thunk:
    number = pattern.group(group)

    def evaluate(row: Sequence[object]) -> object:
        text = source(row)
        new = replacement(row) or ""
        return None if text is None else _rebuild(text, pattern, number, lambda _spans: new)

    return evaluate


def _from_other(source: Texts, pattern: Pattern, group: str, other: Texts) -> Thunk:
    number = pattern.group(group)

    def evaluate(row: Sequence[object]) -> object:
        text = source(row)
        if text:
            return text
        fallback = other(row)
        spans = pattern.search(fallback) if fallback else None
        span = spans[number] if spans else None
        return None if span is None or fallback is None else fallback[span[0] : span[1]]

    return evaluate


def _rebuild(text: str, pattern: Pattern, number: int, new: Callable[[Spans], str]) -> str:
    """Return a text with one group (0: the whole match) of every match replaced."""
    parts: list[str] = []
    position = size = 0
    for spans in pattern.finditer(text):
        span = spans[number]
        if span is None:
            continue
        part = text[position : span[0]] + new(spans)
        size += len(part)
        if size > MAX_TEXT:
            raise InvalidValueError(TOO_LONG)
        parts.append(part)
        position = span[1]
    return bounded("".join(parts) + text[position:])


@lru_cache(maxsize=512)
def _references(form: str, pattern: Pattern) -> tuple[str | int, ...]:
    """Split a replacement into literal texts, group positions, and `_BEFORE`, `_AFTER`, `_WHOLE`.

    As in .NET, digits are taken as far as they go (`$001` is group 1, `$10` never group 1 and a 0), and what names no
    group stays as written.
    """
    parts: list[str | int] = []
    position = 0
    for match in _REFERENCE.finditer(form):
        parts.append(form[position : match.start()])
        position = match.end()
        name, digits, special = match.groups()
        if special:
            parts.append("$" if special == "$" else pattern.last_group if special == "+" else _SPECIAL[special])
            continue
        if name and name.isdigit():
            name, digits = None, name
        try:
            parts.append(pattern.group(name or digits.lstrip("0") or "0"))
        except ConfigError:
            parts.append(match[0])
    return (*parts, form[position:])


def _fill(form: tuple[str | int, ...], text: str, spans: Spans) -> str:
    start, end = spans[0] or (0, 0)

    def written(part: str | int) -> str:
        if isinstance(part, str):
            return part
        if part < 0:
            return {_BEFORE: text[:start], _AFTER: text[end:], _WHOLE: text}[part]
        span = spans[part]
        return "" if span is None else text[span[0] : span[1]]

    return "".join(map(written, form))
