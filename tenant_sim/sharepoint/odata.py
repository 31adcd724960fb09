"""Paths of SharePoint's REST API: `getfolderbyserverrelativepath(decodedurl=@a)/files/add(url='x',overwrite=true)`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_NAME = re.compile(r"[^/(]+")
_GUID = re.compile(r"guid'([0-9a-fA-F-]{36})'", re.IGNORECASE)


class PathError(ValueError):
    """A path that isn't OData."""


@dataclass
class Segment:
    """One step of a path: a name in lower case, and its arguments."""

    name: str
    args: list[Any] = field(default_factory=list)
    named: dict[str, Any] = field(default_factory=dict)
    called: bool = False

    def arg(self, *names: str) -> Any:
        """Read an argument by any of its names, else the first positional one."""
        for name in names:
            if name in self.named:
                return self.named[name]
        return self.args[0] if self.args else None


def parse(path: str, aliases: dict[str, str]) -> list[Segment]:
    """Cut a decoded path into segments; `aliases` are the query's `@name` parameters."""
    segments, at = [], 0
    while at < len(path):
        if path[at] == "/":
            at += 1
            continue
        found = _NAME.match(path, at)
        if not found:
            raise PathError(path)
        segment, at = Segment(found[0].strip().lower()), found.end()
        if at < len(path) and path[at] == "(":
            end = _closing(path, at)
            _arguments(segment, path[at + 1 : end], aliases)
            segment.called, at = True, end + 1
        segments.append(segment)
    return segments


def _closing(path: str, at: int) -> int:
    quoted = False
    for n in range(at, len(path)):
        if path[n] == "'":
            quoted = not quoted  # a doubled quote toggles twice
        elif path[n] == ")" and not quoted:
            return n
    raise PathError(path)


def _arguments(segment: Segment, text: str, aliases: dict[str, str]) -> None:
    for part in _split(text):
        found = re.match(r"\s*([A-Za-z_]\w*)\s*=(.*)$", part, re.DOTALL)
        if found:
            segment.named[found[1].lower()] = literal(found[2].strip(), aliases)
        elif part.strip():
            segment.args.append(literal(part.strip(), aliases))


def _split(text: str) -> list[str]:
    parts, quoted, start = [], False, 0
    for n, char in enumerate(text):
        if char == "'":
            quoted = not quoted
        elif char == "," and not quoted:
            parts.append(text[start:n])
            start = n + 1
    return [*parts, text[start:]]


def literal(text: str, aliases: dict[str, str]) -> Any:
    """Read a literal: string with doubled quotes, guid, number, boolean, or an alias of one."""
    if text.startswith("@"):
        if text not in aliases:
            raise PathError(f"no value for {text}")
        return literal(aliases[text].strip(), {})
    if guid := _GUID.fullmatch(text):
        return guid[1].lower()
    if len(text) >= 2 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    raise PathError(f"not a literal: {text}")
