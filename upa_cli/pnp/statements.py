"""What a pasted script says: commands, what fills a variable, hashtables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """`@{key = value; …}` in its order."""

    pairs: tuple[tuple[str, object], ...]
    line: int


@dataclass(frozen=True, slots=True)
class Argument:
    """`-Name value`; a switch has no value, what stands by its place no name, what is splatted the name `@`."""

    name: str
    value: object = None


@dataclass(frozen=True, slots=True)
class Command:
    """A command with its arguments."""

    name: str
    arguments: tuple[Argument, ...]
    line: int
    fills: str = ""
    """The variable before an `=`."""
    goes_on: bool = False
    """Its output is piped to another command."""
    piped: Command | None = None
    """The command whose output is piped to it."""
    sometimes: bool = False
    """It stands in a block that doesn't always run."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """`$name = value`; with a key `$name["key"] = value`, and so is `$name.Add("key", value)`."""

    name: str
    value: object
    line: int
    key: str = ""
    adds: bool = False
    """`$name += value`."""
    sometimes: bool = False
    """It stands in a block that doesn't always run."""


Statement = Command | Assignment | Table
