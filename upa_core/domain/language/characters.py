r"""Sets of characters as .NET has them, whatever the version of Python: categories, `\w`, `\s`, `\d`, and letter case.

A set is sorted ranges of code points. .NET counts UTF-16 units, and a half of a pair is no letter: so no character
beyond the basic plane is in a category but Cs, and each is in every negated one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache

from upa_core.domain.language.table_case import CASE
from upa_core.domain.language.table_categories import CATEGORIES, LATIN

Ranges = tuple[tuple[int, int], ...]
"""First and last code point of each range, in order, none touching another."""

_CASES = ("Lu", "Ll", "Lt")
_LAST = 0x10FFFF
_PLANE = 0xFFFF
_ASTRAL: Ranges = ((_PLANE + 1, _LAST),)


def union(parts: Iterable[tuple[int, int]]) -> Ranges:
    """Return the union of sets, whose ranges may come in any order."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(parts):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return tuple(merged)


def complement(ranges: Ranges) -> Ranges:
    """Return every other character."""
    result: list[tuple[int, int]] = []
    start = 0
    for low, high in ranges:
        if low > start:
            result.append((start, low - 1))
        start = high + 1
    return (*result, (start, _LAST)) if start <= _LAST else tuple(result)


def _points(runs: str) -> list[int]:
    points: list[int] = []
    for run in runs.split(" "):
        span, _, step = run.partition("/")
        first, _, last = span.partition("-")
        points.extend(range(int(first, 16), int(last or first, 16) + 1, int(step or 1)))
    return points


@lru_cache(maxsize=64)
def category(name: str, *, fold: bool = False) -> Ranges | None:
    """Return a general category (`Lu`), or all categories that begin with a letter (`L`); None for an unknown name.

    `fold`: letter case doesn't count, and a category of letter case means all three.
    """
    if fold and name in _CASES:
        return union(part for case in _CASES for part in _of(case))
    if name in ("C", "Cn"):
        assigned = union(part for other in CATEGORIES if other[0] != "C" or name == "Cn" for part in _of(other))
        return union((*complement(union((*assigned, *_ASTRAL))), *(_ASTRAL if name == "C" else ())))
    found = [part for other in CATEGORIES if other == name or other[0] == name for part in _of(other)]
    if name == "Cs":
        found += _ASTRAL
    return union(found) if found else None


def _of(name: str) -> Ranges:
    return union((point, point) for point in _points(CATEGORIES[name]))


@lru_cache(maxsize=1)
def word() -> Ranges:
    r"""Return the characters of `\w`."""
    return _together("L", "Mn", "Nd", "Pc")


@lru_cache(maxsize=1)
def space() -> Ranges:
    r"""Return the characters of `\s`."""
    return union((*_together("Z"), (9, 13), (0x85, 0x85)))


@lru_cache(maxsize=1)
def white() -> str:
    """Return the characters that .NET trims; Python's `strip` also takes the separators U+001C to U+001F."""
    return "".join(chr(point) for low, high in space() for point in range(low, high + 1))


@lru_cache(maxsize=1)
def digit() -> Ranges:
    r"""Return the characters of `\d`."""
    return _together("Nd")


@lru_cache(maxsize=1)
def boundary() -> Ranges:
    r"""Return the word characters of `\b`: the joiners are among them."""
    return union((*word(), (0x200C, 0x200D)))


@lru_cache(maxsize=1)
def separators() -> Ranges:
    """Return the characters that end a word in .NET's ToTitleCase."""
    return _together("Z", "Cc", "Cf", "P", "S")


@lru_cache(maxsize=1)
def latin() -> Ranges:
    """Return the letters whose name begins with LATIN."""
    return union((point, point) for point in _points(LATIN))


def _together(*names: str) -> Ranges:
    return union(part for name in names for part in category(name) or ())


def holds(ranges: Ranges, char: str) -> bool:
    """Return whether a character is in a set."""
    point = ord(char)
    at = bisect_right(ranges, (point, _LAST)) - 1
    return at >= 0 and ranges[at][1] >= point


def _moves(side: str) -> dict[int, int]:
    table: dict[int, int] = {}
    for part in CASE[side].split(" "):
        way, _, run = part.partition(":")
        table.update((point, point + int(way, 16)) for point in _points(run))
    return table


@lru_cache(maxsize=1)
def upper() -> dict[int, int]:
    """Return the upper case of each character, one for one, for `str.translate`."""
    return _moves("upper")


@lru_cache(maxsize=1)
def lower() -> dict[int, int]:
    """Return the lower case of each character, one for one, for `str.translate`."""
    return _moves("lower")


@lru_cache(maxsize=1)
def _alike() -> dict[int, tuple[int, ...]]:
    """Return, for each character that has others of the same lower case in the basic plane, all of them."""
    groups: dict[int, list[int]] = {}
    for capital, small in lower().items():
        if capital <= _PLANE:
            groups.setdefault(small, [small]).append(capital)
    return {point: tuple(group) for group in groups.values() for point in group}


def folded(ranges: Ranges) -> Ranges:
    """Return a set with every character that has the same lower case as one of the set, as `(?i)` does in .NET."""
    extra = [
        (other, other)
        for point, others in _alike().items()
        if any(low <= point <= high for low, high in ranges)
        for other in others
    ]
    return union((*ranges, *extra))


def as_python(ranges: Ranges, *, ascii_only: bool = False) -> str:
    """Return a set in the notation of Python's `re`, by code points alone; `ascii_only`: for texts of ASCII."""
    if ascii_only:
        ranges = tuple((low, min(high, 127)) for low, high in ranges if low < 128)
        return f"[{''.join(map(_range, ranges))}]" if ranges else "(?!)"
    return _as_python(ranges)


@lru_cache(maxsize=256)
def _as_python(ranges: Ranges) -> str:
    if not ranges:
        return "(?!)"
    if ranges[-1][1] == _LAST and ranges[-1][0] <= _PLANE + 1:
        # As long as a negated set names nothing beyond the basic plane, `re` looks a character up in a table.
        others = complement(ranges)
        return f"[^{''.join(map(_range, others))}]" if others else "(?s:.)"
    plane = "".join(_range(part) for part in ranges if part[0] <= _PLANE)
    beyond = "".join(_range(part) for part in ranges if part[0] > _PLANE)
    if not beyond:
        return f"[{plane}]"
    return f"(?:[{plane}]|[{beyond}])" if plane else f"[{beyond}]"


def _range(part: tuple[int, int]) -> str:
    low, high = part
    return _escaped(low) if low == high else f"{_escaped(low)}-{_escaped(high)}"


def _escaped(point: int) -> str:
    return f"\\u{point:04x}" if point <= _PLANE else f"\\U{point:08x}"
