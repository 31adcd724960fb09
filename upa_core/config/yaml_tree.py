"""YAML without its traps: a tree of texts that knows the place of each part in the file.

Plain scalars stay texts (no `no` that turns into false, no 1:30 that turns into 90); only an empty one, `~` and `null`
mean nothing. Refused: tags, merge keys, duplicate keys, more than one document, and files whose aliases, depth or size
grow out of bounds. Built from the event stream, so that nesting costs no recursion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from upa_core.config.problems import ConfigFileError, ConfigProblem, shown

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 24
MAX_NODES = 400_000
"""Parts of the file, with aliases written out; 10,000 mappings have about 100,000."""

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_NOTHING = {"", "~", "null", "Null", "NULL"}


_QUOTE_IT = "put the value into quotes"
_YAML_WORDS = {
    "mapping values are not allowed": f"a colon can't be here: the line is indented too far, or else {_QUOTE_IT}",
    "did not find expected '-'": "this line isn't in line with the keys above: indent it as far as they are",
    "did not find expected key": "this line isn't in line with the keys above, or text follows a closed bracket or "
    f"quote: {_QUOTE_IT}",
    "cannot start any token": f"a value can't begin with this character: {_QUOTE_IT}",
    "while scanning an alias": f"a value can't begin with *: {_QUOTE_IT}",
    "while scanning an anchor": f"a value can't begin with &: {_QUOTE_IT}",
    "quoted scalar": "this quote is never closed, or its text goes on where it mustn't",
}
"""By a part of what the parser says, what an administrator can do."""


class Text(str):
    """A scalar and its place; `raw` is the text in the file before references are filled in."""

    line: int
    column: int
    raw: str

    @classmethod
    def at(cls, value: str, line: int, column: int, raw: str | None = None) -> Text:
        """Make a text with its place."""
        text = cls(value)
        text.line, text.column, text.raw = line, column, value if raw is None else raw
        return text


class Record(dict[str, Any]):
    """A mapping of keys, and the place of each key."""

    def __init__(self, line: int, column: int) -> None:
        super().__init__()
        self.line, self.column = line, column
        self.places: dict[str, tuple[int, int]] = {}


class Items(list[Any]):
    """A list and its place."""

    def __init__(self, line: int, column: int) -> None:
        super().__init__()
        self.line, self.column = line, column
        self.places: list[tuple[int, int]] = []


Node = Text | Record | Items | None


def place_of(root: Node, path: tuple[str | int, ...]) -> tuple[tuple[str | int, ...], int, int, Node]:
    """Follow a path as far as it exists; return that part of it, its line and column, and its node.

    Parts that name nothing in the file (the branches of a union in pydantic's paths) are passed over.
    """
    node, taken, place = root, [], (1, 1)
    for part in path:
        if isinstance(node, Record) and part in node:
            place, node = node.places[str(part)], node[str(part)]
        elif isinstance(node, Items) and isinstance(part, int) and part < len(node):
            place, node = node.places[part], node[part]
        else:
            continue
        taken.append(part)
    return tuple(taken), *place, node


def load_tree(content: str | bytes, name: str) -> Record:
    """Read a YAML (or JSON) text.

    Raises:
        ConfigFileError: it isn't YAML, or uses what is refused.
    """
    if len(content) > MAX_BYTES:
        raise _error(name, 1, 1, f"the file is larger than {MAX_BYTES // 1024 // 1024} MB")
    if isinstance(content, bytes):
        try:
            content = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            utf_16 = error.object[:2] in (b"\xff\xfe", b"\xfe\xff")
            kind = "is UTF-16" if utf_16 else "isn't UTF-8"
            raise _error(name, line, 1, f"the file {kind}: save it as UTF-8 (PowerShell: -Encoding utf8)") from error
    if not content.isascii() and (found := _LONE_SURROGATE.search(content)):
        raise _error(
            name,
            content.count("\n", 0, found.start()) + 1,
            1,
            "the file holds a broken character (half a surrogate pair): save it as UTF-8",
        )
    try:
        root = _Builder(name).build(yaml.parse(content.removeprefix("\ufeff"), Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = " ".join(part for part in (error.problem, error.context) if part)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        if odd := _odd_indent(content, line):
            raise _error(name, *odd) from error
        hint = next((words for part, words in _YAML_WORDS.items() if part in message), "")
        if (
            "quoted scalar" in message and error.context_mark is not None
        ):  # where it was opened, not where the file ends
            line, column = error.context_mark.line + 1, error.context_mark.column + 1
        raise _error(name, line, column, f"isn't valid YAML: {hint or message}") from error
    except yaml.YAMLError as error:  # a character that YAML doesn't allow
        raise _error(name, 1, 1, f"isn't valid YAML: {str(error).splitlines()[0][:120]}") from error
    if not isinstance(root, Record):
        raise _error(name, 1, 1, "the file must hold keys such as `version:` and `connectors:`")
    return root


def _odd_indent(content: str, line: int) -> tuple[int, int, str] | None:
    """Find what looks like a space in the indent of the line, or of the one before: its place, and what to do."""
    for number in (line, line - 1):
        for written in content.split("\n")[number - 1 : number] if number > 0 else ():
            indent = written[: len(written) - len(written.lstrip())].rstrip("\r")
            if "\t" in indent:
                return number, indent.index("\t") + 1, "this line is indented with a tab: type spaces instead"
            if odd := indent.strip(" "):
                text = "this line is indented with a non-breaking space or the like: type plain spaces instead"
                return number, indent.index(odd[0]) + 1, text
    return None


def _error(name: str, line: int, column: int, message: str) -> ConfigFileError:
    return ConfigFileError(name, [ConfigProblem(line, column, "", message)])


@dataclass
class _Open:
    """A mapping or list that isn't closed yet."""

    node: Record | Items
    anchor: str | None
    start: int
    key: Text | None = None


@dataclass
class _Builder:
    """Turns events into a tree, counting as it goes."""

    name: str
    count: int = 0
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, tuple[Node, int, int]] = field(default_factory=dict)
    """Node, its size with aliases written out, its depth."""
    root: Node = None
    documents: int = 0

    def build(self, events: Iterator[Any]) -> Node:
        """Consume all events and return the document."""
        for event in events:
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            if isinstance(event, yaml.DocumentStartEvent):
                self.documents += 1
                if self.documents > 1:
                    raise _error(self.name, line, column, "the file holds more than one document (---)")
            elif isinstance(event, yaml.NodeEvent):
                self._node(event, line, column)
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                self._close()
        return self.root

    def _node(self, event: Any, line: int, column: int) -> None:
        self.count += 1
        if self.count > MAX_NODES:
            raise _error(self.name, line, column, f"the file has more than {MAX_NODES} parts")
        if isinstance(event, yaml.AliasEvent):
            self._alias(str(event.anchor), line, column)
            return
        if event.tag is not None and event.tag != "!":
            raise _error(self.name, line, column, f"tags such as {shown(event.tag)} aren't allowed")
        if isinstance(event, yaml.ScalarEvent):
            plain = event.style is None or event.style == ""
            text = None if plain and event.value in _NOTHING else Text.at(event.value, line, column)
            if event.anchor:
                self.anchors[event.anchor] = (text, 1, 0)
            self._add(text, line, column, quoted=not plain)
            return
        if len(self.stack) >= MAX_DEPTH:
            raise _error(self.name, line, column, f"the file is nested more than {MAX_DEPTH} deep")
        node = Record(line, column) if isinstance(event, yaml.MappingStartEvent) else Items(line, column)
        self._add(node, line, column)
        self.stack.append(_Open(node, event.anchor, self.count))

    def _alias(self, anchor: str, line: int, column: int) -> None:
        if anchor not in self.anchors:  # undefined, or inside itself
            raise _error(self.name, line, column, f"the alias *{anchor} has no complete &{anchor} above it")
        node, size, depth = self.anchors[anchor]
        self.count += size
        if self.count > MAX_NODES or len(self.stack) + depth > MAX_DEPTH:
            raise _error(self.name, line, column, f"the alias *{anchor} makes the file too large or too deep")
        self._add(node, line, column)

    def _add(self, node: Node, line: int, column: int, *, quoted: bool = False) -> None:
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if isinstance(top.node, Items):
            top.node.append(node)
            top.node.places.append((line, column))
        elif top.key is None:
            top.key = self._key(top.node, node, line, column, quoted=quoted)
        else:
            top.node[str(top.key)] = node
            top.key = None

    def _key(self, record: Record, node: Node, line: int, column: int, *, quoted: bool) -> Text:
        if not isinstance(node, Text):
            raise _error(self.name, line, column, "a key must be a text")
        if node == "<<" and not quoted:
            raise _error(self.name, line, column, "merge keys (<<) aren't allowed; write the keys out")
        if str(node) in record.places:
            first = record.places[str(node)][0]
            raise _error(self.name, line, column, f"the key {shown(node)} stands here twice: see line {first}")
        record.places[str(node)] = (line, column)
        return node

    def _close(self) -> None:
        closed = self.stack.pop()
        if closed.anchor:
            self.anchors[closed.anchor] = (closed.node, self.count - closed.start + 1, _depth(closed.node))


def _depth(node: Node) -> int:
    """Return the depth of a node; it is at most MAX_DEPTH by construction."""
    parts = node.values() if isinstance(node, Record) else node if isinstance(node, Items) else ()
    return 1 + max((_depth(part) for part in parts if isinstance(part, Record | Items)), default=0)
