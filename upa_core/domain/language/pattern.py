"""Regular expressions in bounded time: no configured pattern is slow, whatever the value.

Small cases go to `re`, whose worst case is computed beforehand; everything else goes to a simulation that takes time in
proportion to pattern × text. Both are given .NET's sets of characters, code point by code point: neither asks Python
what a letter is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from upa_core.domain.errors import InvalidValueError
from upa_core.domain.language.characters import Ranges, as_python, boundary
from upa_core.domain.language.pattern_nodes import Chars, Choice, Edge, Group, Node, Repeat, Sequence
from upa_core.domain.language.pattern_program import Program, Spans
from upa_core.domain.language.pattern_syntax import GroupKey, Parser, PatternError

MAX_MATCHED_TEXT = 4_096
BACKTRACKING_STEPS = 2e6
_BACKTRACKING_WAYS = 64
_MAX_WIDE_SETS = 16
"""More of these sets are not given to `re`, which takes milliseconds to compile a set of hundreds of ranges."""
_WIDE_SET = 50

Quick = Callable[[], "re.Pattern[str] | None"]


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """A compiled pattern."""

    groups: tuple[GroupKey, ...]
    """Each group's number or name, in the order in which the groups are opened: their positions in `Spans`, from 1."""
    program: Program
    quick_limit: int
    """Up to this length of text `re` takes a bounded number of steps."""
    for_ascii: re.Pattern[str] | None = field(repr=False)
    for_others: Quick = field(repr=False)
    """Compiled when first needed; None where compiling would take long."""
    numbers: dict[int, int] = field(repr=False)
    """From a group's number in .NET to its position."""

    def fullmatch(self, text: str) -> Spans | None:
        """Match the whole text."""
        return self._run(text, 0, full=True)

    def search(self, text: str, start: int = 0) -> Spans | None:
        """Find the first match at or after a position."""
        return self._run(text, start, full=False)

    def finditer(self, text: str) -> Iterator[Spans]:
        """Yield the matches in order; as in .NET, the search moves on by one character after an empty match."""
        position = 0
        while position <= len(text) and (spans := self.search(text, position)):
            yield spans
            start, end = spans[0]  # type: ignore[misc] # the whole match is there whenever there is one
            position = end if end > start else end + 1

    def group(self, name: str) -> int:
        """Return a group's position in `Spans` by its name, or by its number as .NET counts: unnamed groups first.

        Raises:
            PatternError: there is no such group.
        """
        if name in self.groups:
            return self.groups.index(name) + 1
        if name.isascii() and name.isdigit() and int(name) in self.numbers:
            return self.numbers[int(name)]
        raise PatternError(f"the pattern has no group {name}")

    @property
    def last_group(self) -> int:
        """The position of the group with the highest number; 0, the whole match, without groups."""
        return self.numbers[max(self.numbers)]

    def _run(self, text: str, start: int, *, full: bool) -> Spans | None:
        if len(text) <= self.quick_limit and (quick := self.for_ascii if text.isascii() else self.for_others()):
            match = quick.fullmatch(text, start) if full else quick.search(text, start)
            return match and tuple(
                None if s == (-1, -1) else s for s in (match.span(i) for i in range(len(self.groups) + 1))
            )
        if len(text) > MAX_MATCHED_TEXT:
            raise InvalidValueError(
                f"is longer than {MAX_MATCHED_TEXT} characters, the most that a pattern is applied to"
            )
        return self.program.run(text, start, full=full)


@lru_cache(maxsize=512)
def compile_pattern(text: str) -> Pattern:
    """Compile a pattern.

    Raises:
        PatternError: it isn't valid, isn't in the supported subset, or is too large.
    """
    parser = Parser(text)
    node = parser.parse()
    program = Program(node, len(parser.groups))
    limit = -1
    if not parser.repeated_groups and not program.marks:
        ways, stars = _cost(node)
        if ways <= _BACKTRACKING_WAYS:
            limit = min(int((BACKTRACKING_STEPS / ways) ** (1 / (stars + 1))), MAX_MATCHED_TEXT)

    @lru_cache(maxsize=1)
    def for_others() -> re.Pattern[str] | None:
        return re.compile(_source(node, ascii_only=False)) if _wide_sets(node) <= _MAX_WIDE_SETS else None

    for_ascii = re.compile(_source(node, ascii_only=True)) if limit >= 0 else None
    return Pattern(tuple(parser.groups), program, limit, for_ascii, for_others, _numbers(parser.groups))


def _numbers(groups: list[GroupKey]) -> dict[int, int]:
    """Return the groups by .NET's numbers: first by their own numbers, then the named ones in their order."""
    numbers = {0: 0} | {key: place for place, key in enumerate(groups, 1) if isinstance(key, int)}
    free = 1
    for place, key in enumerate(groups, 1):
        if isinstance(key, str):
            while free in numbers:
                free += 1
            numbers[free] = place
    return numbers


def _wide_sets(node: Node) -> int:
    match node:
        case Chars(ranges):
            return int(len(ranges) > _WIDE_SET)
        case Edge(kind):
            return 4 if kind in ("word", "no word") else 0
        case Sequence(parts) | Choice(parts):
            return sum(map(_wide_sets, parts))
        case Repeat(body) | Group(body):
            return _wide_sets(body)


def _cost(node: Node) -> tuple[float, int]:
    """Return how many ways a backtracking matcher may have to try, apart from repeats, and the number of repeats."""
    match node:
        case Sequence(items):
            ways, stars = 1.0, 0
            for item in items:
                more, extra = _cost(item)
                ways, stars = min(ways * more, 1e9), stars + extra
            return ways, stars
        case Choice(options):
            costs = [_cost(option) for option in options]
            return min(sum(ways for ways, _ in costs), 1e9), sum(stars for _, stars in costs)
        case Repeat(Chars(), low, high):
            return (1.0, 0) if low == high else (1.0, 1)
        case Repeat(body, low, high):
            ways, stars = _cost(body)
            if high is None:
                return 1e9, stars  # a repeat of anything but single characters may be exponential
            return min((ways + (low != high)) ** high, 1e9) if high < 30 else 1e9, stars * high
        case Group(body):
            return _cost(body)
    return 1.0, 0


def _source(node: Node, *, ascii_only: bool) -> str:
    """Return a tree in Python's notation; groups lose their names."""
    match node:
        case Chars(ranges):
            return _chars(ranges, ascii_only=ascii_only)
        case Edge(kind):
            if kind in ("word", "no word"):
                inside = as_python(boundary(), ascii_only=ascii_only)
                here, other = ("(?!", "(?=") if kind == "word" else ("(?=", "(?!")
                return f"(?:(?<={inside}){here}{inside})|(?<!{inside}){other}{inside}))"
            return {"start": "^", "end": r"\Z", "last line": "$"}[kind]
        case Sequence(items):
            return "".join(_source(item, ascii_only=ascii_only) for item in items)
        case Choice(options):
            return f"(?:{'|'.join(_source(option, ascii_only=ascii_only) for option in options)})"
        case Repeat(body, low, high, greedy):
            inner = _source(body, ascii_only=ascii_only)
            return f"(?:{inner}){{{low},{'' if high is None else high}}}{'' if greedy else '?'}"
        case Group(body):
            return f"({_source(body, ascii_only=ascii_only)})"


def _chars(ranges: Ranges, *, ascii_only: bool) -> str:
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return re.escape(chr(ranges[0][0]))  # a single character: `re` searches a text of them at once
    return as_python(ranges, ascii_only=ascii_only)
