"""The syntax tree of a regular expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from upa_core.domain.language.characters import Ranges

EdgeKind = Literal["word", "no word", "start", "end", "last line"]


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of a set."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Edge:
    """A position between characters."""

    kind: EdgeKind


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts one after the other."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several parts, the first preferred."""

    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part between `low` and `high` times (None: any number)."""

    body: Node
    low: int
    high: int | None
    greedy: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A captured part; groups are numbered from 1 in the order in which they are first opened."""

    body: Node
    number: int


Node = Chars | Edge | Sequence | Choice | Repeat | Group


def nullable(node: Node) -> bool:
    """Return whether a part can match an empty text."""
    match node:
        case Chars():
            return False
        case Edge():
            return True
        case Sequence(items):
            return all(nullable(item) for item in items)
        case Choice(options):
            return any(nullable(option) for option in options)
        case Repeat(body, low):
            return low == 0 or nullable(body)
        case Group(body):
            return nullable(body)
