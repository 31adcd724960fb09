"""Run a pattern as a program, in time proportional to pattern × text.

Pike's simulation (https://swtch.com/~rsc/regexp/regexp2.html), with .NET's rule for a repeat of what may be empty: a
turn that took nothing ends the repeat, and its groups count.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from upa_core.domain.language.characters import Ranges, boundary, holds
from upa_core.domain.language.pattern_nodes import Chars, Choice, Edge, Group, Node, Repeat, Sequence, nullable
from upa_core.domain.language.pattern_syntax import PatternError

MAX_PROGRAM = 600

Spans = tuple[tuple[int, int] | None, ...]
"""Start and end of the match and of each group, None for a group that took no part."""
Step = tuple[object, ...]
Thread = tuple[int, tuple[int, ...]]


class Program:
    """The steps of one pattern; raises PatternError where there are too many."""

    def __init__(self, node: Node, groups: int) -> None:
        self.slots = 2 * groups + 2
        self.marks: list[int] = []
        """Slots that hold where a turn of a repeat began; they follow the slots of the groups."""
        self._mark_of: dict[int, int] = {}
        self.steps: list[Step] = [("save", 0)]
        self._emit(node)
        self.steps += [("save", 1), ("match",)]
        if len(self.steps) << len(self.marks) > 4 * MAX_PROGRAM:
            raise PatternError("the pattern repeats too much that may be empty; write + or * at one place only")

    def _emit(self, node: Node) -> None:
        if len(self.steps) > MAX_PROGRAM:
            raise PatternError(
                f"the pattern is too large: more than {MAX_PROGRAM} steps when its counts are written out"
            )
        match node:
            case Chars(ranges):
                self.steps.append(("take", _taker(ranges)))
            case Edge(kind):
                self.steps.append(("edge", kind))
            case Sequence(items):
                for item in items:
                    self._emit(item)
            case Choice(options):
                self._emit_choice(options)
            case Repeat():
                self._emit_repeat(node)
            case Group(body, number):
                self.steps.append(("save", 2 * number))
                self._emit(body)
                self.steps.append(("save", 2 * number + 1))

    def _emit_choice(self, options: tuple[Node, ...]) -> None:
        jumps: list[int] = []
        for option in options[:-1]:
            split = len(self.steps)
            self.steps.append(())
            self._emit(option)
            jumps.append(len(self.steps))
            self.steps.append(())
            self.steps[split] = ("split", split + 1, len(self.steps))
        self._emit(options[-1])
        for jump in jumps:
            self.steps[jump] = ("split", len(self.steps), len(self.steps))

    def _emit_repeat(self, node: Repeat) -> None:
        for _ in range(node.low):
            self._emit(node.body)
        mark = self._mark(node) if nullable(node.body) and node.high != 1 else None
        splits: list[int] = []
        ends: list[int] = []
        for _ in range(1 if node.high is None else node.high - node.low):
            splits.append(len(self.steps))
            self.steps.append(())
            if mark is not None:
                self.steps.append(("save", mark))
            self._emit(node.body)
            if mark is not None:
                ends.append(len(self.steps))
                self.steps.append(())
        if node.high is None:
            self.steps.append(("split", splits[0], splits[0]))
        after = len(self.steps)
        for split in splits:
            self.steps[split] = ("split", split + 1, after) if node.greedy else ("split", after, split + 1)
        for end in ends:
            self.steps[end] = ("turn", mark, after)

    def _mark(self, node: Repeat) -> int:
        """Return the slot of a repeat; it is the same for every copy of the repeat's body."""
        if id(node) not in self._mark_of:
            self._mark_of[id(node)] = self.slots + len(self.marks)
            self.marks.append(self._mark_of[id(node)])
        return self._mark_of[id(node)]

    def run(self, text: str, start: int, *, full: bool) -> Spans | None:
        """Advance all ways of matching together, one character at a time, in order of preference."""
        found: tuple[int, ...] | None = None
        current: list[Thread] = []
        nothing = (-1,) * (self.slots + len(self.marks))
        for position in range(start, len(text) + 1):
            seen: set[int] = set()
            threads: list[Thread] = []
            for thread in current:
                self._follow(thread, text, position, threads, seen)
            if found is None and (position == start or not full):
                self._follow((0, nothing), text, position, threads, seen)
            if not threads and (found is not None or full):
                break
            current = []
            for counter, saved in threads:
                step = self.steps[counter]
                if step[0] == "match":
                    if full and position < len(text):
                        continue
                    found = saved
                    break  # the threads after this one are less preferred
                if position < len(text) and step[1](text[position]):  # type: ignore[operator] # a take
                    current.append((counter + 1, saved))
            if found is not None and not current:
                break
        if found is None:
            return None
        return tuple((found[i], found[i + 1]) if found[i + 1] >= 0 else None for i in range(0, self.slots, 2))

    def _follow(self, thread: Thread, text: str, position: int, threads: list[Thread], seen: set[int]) -> None:
        """Add the steps that are reachable without consuming a character, most preferred first."""
        stack = [thread]
        while stack:
            counter, saved = stack.pop()
            # The next step depends on the current one, and on which repeats are in a turn that consumed nothing yet.
            key = counter
            for mark in self.marks:
                key = 2 * key + (saved[mark] == position)
            if key in seen:
                continue
            seen.add(key)
            match self.steps[counter]:
                case ("split", int(first), int(second)):
                    stack.append((second, saved))
                    stack.append((first, saved))
                case ("save", int(slot)):
                    stack.append((counter + 1, (*saved[:slot], position, *saved[slot + 1 :])))
                case ("turn", int(mark), int(after)):
                    stack.append((after if saved[mark] == position else counter + 1, saved))
                case ("edge", str(kind)):
                    if _is_edge(kind, text, position):
                        stack.append((counter + 1, saved))
                case _:
                    threads.append((counter, saved))


@lru_cache(maxsize=256)
def _taker(ranges: Ranges) -> Callable[[str], bool]:
    return lru_cache(maxsize=1024)(lambda char: holds(ranges, char))


def _is_edge(kind: str, text: str, position: int) -> bool:
    match kind:
        case "start":
            return position == 0
        case "end":
            return position == len(text)
        case "last line":
            return position == len(text) or (position == len(text) - 1 and text[position] == "\n")
    before = position > 0 and _in_word(text[position - 1])
    after = position < len(text) and _in_word(text[position])
    return (before != after) == (kind == "word")


@lru_cache(maxsize=4096)
def _in_word(char: str) -> bool:
    return holds(boundary(), char)
