"""Regular expressions in bounded time: a configured pattern can slow down nothing, whatever the value.

Small cases go to `re`, whose worst case is computed beforehand; everything else goes to a simulation that takes time in
proportion to pattern × text (Pike's, as described in https://swtch.com/~rsc/regexp/regexp2.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from upa_core.domain.errors import InvalidValueError
from upa_core.domain.language.pattern_syntax import (
    Chars,
    Choice,
    Edge,
    Group,
    Node,
    Parser,
    PatternError,
    Repeat,
    Sequence,
)

MAX_MATCHED_TEXT = 4_096
MAX_PROGRAM = 600
BACKTRACKING_STEPS = 2e6
_BACKTRACKING_WAYS = 64

Spans = tuple[tuple[int, int] | None, ...]
"""Start and end of the match and of each group, None for a group that took no part."""
Program = tuple[tuple[object, ...], ...]
Thread = tuple[int, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern."""

    names: tuple[str | None, ...]
    program: Program
    quick: re.Pattern[str]
    quick_limit: int
    """Up to this length `re` can't take more than a bounded number of steps."""

    def fullmatch(self, text: str) -> Spans | None:
        """Match the whole text."""
        return self._run(text, 0, full=True)

    def search(self, text: str, start: int = 0) -> Spans | None:
        """Find the first match at or after a position."""
        return self._run(text, start, full=False)

    def finditer(self, text: str) -> Iterator[Spans]:
        """Yield the matches one after the other; as in .NET, an empty match moves on by one character."""
        position = 0
        while position <= len(text) and (spans := self.search(text, position)):
            yield spans
            start, end = spans[0]  # type: ignore[misc] # the whole match is there whenever there is one
            position = end if end > start else end + 1

    def group(self, name: str) -> int:
        """Return a group's position in `Spans` by its name, or by its number as .NET counts: the unnamed ones first.

        Raises:
            PatternError: there is no such group.
        """
        if name in self.names:
            return self.names.index(name) + 1
        order = [
            0,
            *(i + 1 for i, n in enumerate(self.names) if n is None),
            *(i + 1 for i, n in enumerate(self.names) if n),
        ]
        if name.isascii() and name.isdigit() and int(name) < len(order):
            return order[int(name)]
        raise PatternError(f"the pattern has no group {name}")

    def _run(self, text: str, start: int, *, full: bool) -> Spans | None:
        if len(text) <= self.quick_limit:
            match = self.quick.fullmatch(text, start) if full else self.quick.search(text, start)
            return match and tuple(
                None if s == (-1, -1) else s for s in (match.span(i) for i in range(len(self.names) + 1))
            )
        if len(text) > MAX_MATCHED_TEXT:
            raise InvalidValueError(
                f"is longer than {MAX_MATCHED_TEXT} characters, the most that a pattern is applied to"
            )
        return _simulate(self.program, text, start, 2 * len(self.names) + 2, full=full)


@lru_cache(maxsize=512)
def compile_pattern(text: str) -> Pattern:
    """Compile a pattern.

    Raises:
        PatternError: it isn't valid, isn't in the supported subset, or is too large.
    """
    parser = Parser(text)
    node = parser.parse()
    program: list[tuple[object, ...]] = [("save", 0)]
    _emit(node, program)
    program += [("save", 1), ("match",)]
    ways, stars = _cost(node)
    limit = int((BACKTRACKING_STEPS / ways) ** (1 / (stars + 1))) if ways <= _BACKTRACKING_WAYS else -1
    return Pattern(tuple(parser.names), tuple(program), re.compile(_source(node)), min(limit, MAX_MATCHED_TEXT))


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
                return 1e9, stars  # a repeat of more than single characters may be exponential
            return min((ways + (low != high)) ** high, 1e9) if high < 30 else 1e9, stars * high
        case Group(body):
            return _cost(body)
    return 1.0, 0


def _source(node: Node) -> str:
    """Write a tree in Python's notation; groups lose their names."""
    match node:
        case Chars(source) | Edge(source):
            return source
        case Sequence(items):
            return "".join(_source(item) for item in items)
        case Choice(options):
            return f"(?:{'|'.join(_source(option) for option in options)})"
        case Repeat(body, low, high, greedy):
            return f"(?:{_source(body)}){{{low},{'' if high is None else high}}}{'' if greedy else '?'}"
        case Group(body):
            return f"({_source(body)})"


def _emit(node: Node, program: list[tuple[object, ...]]) -> None:
    if len(program) > MAX_PROGRAM:
        raise PatternError(f"the pattern is too large: more than {MAX_PROGRAM} steps when its counts are written out")
    match node:
        case Chars(source):
            program.append(("take", lru_cache(maxsize=1024)(re.compile(source).match)))
        case Edge(source):
            program.append(("edge", re.compile(source)))
        case Sequence(items):
            for item in items:
                _emit(item, program)
        case Choice(options):
            _emit_choice(options, program)
        case Repeat():
            _emit_repeat(node, program)
        case Group(body, number):
            program.append(("save", 2 * number))
            _emit(body, program)
            program.append(("save", 2 * number + 1))


def _emit_choice(options: tuple[Node, ...], program: list[tuple[object, ...]]) -> None:
    jumps: list[int] = []
    for option in options[:-1]:
        split = len(program)
        program.append(())
        _emit(option, program)
        jumps.append(len(program))
        program.append(())
        program[split] = ("split", split + 1, len(program))
    _emit(options[-1], program)
    for jump in jumps:
        program[jump] = ("split", len(program), len(program))


def _emit_repeat(node: Repeat, program: list[tuple[object, ...]]) -> None:
    for _ in range(node.low):
        _emit(node.body, program)
    splits: list[int] = []
    for _ in range(1 if node.high is None else node.high - node.low):
        splits.append(len(program))
        program.append(())
        _emit(node.body, program)
    if node.high is None:
        program.append(("split", splits[0], splits[0]))
    for split in splits:
        inside, after = split + 1, len(program)
        program[split] = ("split", inside, after) if node.greedy else ("split", after, inside)


def _simulate(program: Program, text: str, start: int, slots: int, *, full: bool) -> Spans | None:
    """Advance all ways of matching together, one character at a time, in order of preference."""
    found: tuple[int, ...] | None = None
    current: list[Thread] = []
    for position in range(start, len(text) + 1):
        seen = [False] * len(program)
        threads: list[Thread] = []
        for counter, saved in current:
            _follow(program, (counter, saved), (text, position), threads, seen)
        if found is None and (position == start or not full):
            _follow(program, (0, (-1,) * slots), (text, position), threads, seen)
        if not threads and (found is not None or full):
            break
        current = []
        for counter, saved in threads:
            step = program[counter]
            if step[0] == "match":
                if full and position < len(text):
                    continue
                found = saved
                break  # whatever comes later is less preferred
            if position < len(text) and step[1](text[position]):  # type: ignore[operator] # a take
                current.append((counter + 1, saved))
        if found is not None and not current:
            break
    if found is None:
        return None
    return tuple((found[i], found[i + 1]) if found[i + 1] >= 0 else None for i in range(0, slots, 2))


def _follow(
    program: Program,
    thread: Thread,
    place: tuple[str, int],
    threads: list[Thread],
    seen: list[bool],
) -> None:
    """Add the steps reachable without taking a character, most preferred first."""
    text, position = place
    stack = [thread]
    while stack:
        counter, saved = stack.pop()
        if seen[counter]:
            continue
        seen[counter] = True
        match program[counter]:
            case ("split", int(first), int(second)):
                stack.append((second, saved))
                stack.append((first, saved))
            case ("save", int(slot)):
                stack.append((counter + 1, (*saved[:slot], position, *saved[slot + 1 :])))
            case ("edge", re.Pattern() as edge):
                if edge.match(text, position):
                    stack.append((counter + 1, saved))
            case _:
                threads.append((counter, saved))
