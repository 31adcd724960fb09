"""The batch of the bulk route, an import file: what SharePoint's bulk import reads [SP-26, SP-27, SP-37].

UTF-8 with BOM, ASCII-escaped, one entry per person, matched by CloudId; no null, no unmapped key. Written by a JSON
serialiser: string concatenation is what corrupts backslashes elsewhere [SP-28].
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from operator import itemgetter
from typing import Any

from upa_core.domain.connector import Limits
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.plan.batch import Loads
from upa_core.domain.plan.entry import Entry

BOM = b"\xef\xbb\xbf"
ID_PROPERTY = "IdName"
"""Name of the identity in each entry; no mapping may target it."""

_HEAD = BOM + b'{"value":['
_TAIL = b"]}"
_OPENING = b'{"%b":"' % ID_PROPERTY.encode()
_BETWEEN = b"}," + _OPENING
"""Stands between two people and nowhere else: inside a value the quote would be escaped."""
_NEW = itemgetter(Entry._fields.index("new"))
_PERSON_AND_NEW = itemgetter(*map(Entry._fields.index, ("person", "new")))


class ImportFile:
    """An import file while it is built, within its limits."""

    def __init__(self, *, max_pairs: int, max_bytes: int) -> None:
        self._parts: list[bytes] = []
        self._max_pairs = max_pairs
        self._max_bytes = max_bytes
        self.people = 0
        self.pairs = 0
        """Name/value pairs, the id not counted."""
        self.size = len(_HEAD) + len(_TAIL)
        """Size of the file so far, in bytes."""

    def add(self, entries: Sequence[Entry]) -> int:
        """Append people in their order; returns how many were taken before one would pass a limit.

        A file that holds nobody takes at least the first, however large.
        """
        pairs = [*map(len, map(_NEW, entries))]
        if sum(pairs) > self._max_pairs - self.pairs:
            entries = entries[: self._within(self._max_pairs - self.pairs, pairs)]
        comma = 1 if self.people else 0
        part = _encode(entries)
        if self.size + comma + len(part) > self._max_bytes:
            room = self._max_bytes - self.size + 1 - comma
            entries = entries[: self._within(room, (len(_encode([entry])) + 1 for entry in entries))]
            part = _encode(entries)
        if entries:
            self._parts.append(part)
            self.people += len(entries)
            self.pairs += sum(pairs[: len(entries)])
            self.size += comma + len(part)
        return len(entries)

    def _within(self, room: int, sizes: Iterable[int]) -> int:
        """Return how many people fit into the room that is left; the first person of a file always fits."""
        taken = 0
        for size in sizes:
            room -= size
            if room < 0 and (taken or self.people):
                break
            taken += 1
        return taken

    def content(self) -> bytes:
        """Return the whole file."""
        return _join(_HEAD, b",", self._parts, _TAIL)


def _encode(entries: Sequence[Entry]) -> bytes:
    """Encode people, with a comma between them; each text by JSON's own function, each property's name only once."""
    people: list[str] = []
    write, properties = _writer(()), 0
    for person, new in map(_PERSON_AND_NEW, entries):
        if len(new) != properties:
            write, properties = _writer(tuple(new)), len(new)
        try:
            people.append(write(person, new))
        except KeyError:  # as many properties as the person before has, and not the same
            write = _writer(tuple(new))
            people.append(write(person, new))
    return ",".join(people).encode("ascii")


@lru_cache(maxsize=64)
def _writer(targets: tuple[str, ...]) -> Callable[[str, Mapping[str, str]], str]:
    """Return the function that encodes a person with values of these properties; it raises `KeyError` without one.

    As a single expression it takes three quarters of the time of a loop over names and values (measured).
    """
    names: dict[str, Any] = {"quoted": quoted, "head": f"{{{quoted(ID_PROPERTY)}:", "tail": "}"}
    pairs = ""
    for at, target in enumerate(targets):
        names |= {f"target{at}": target, f"name{at}": f",{quoted(target)}:"}
        pairs += f"{{name{at}}}{{quoted(new[target{at}])}}"
    source = f"lambda person, new: f'{{head}}{{quoted(person)}}{pairs}{{tail}}'"
    write: Callable[[str, Mapping[str, str]], str] = eval(source, names)  # noqa: S307 - it holds numbers, and no name
    return write


def begin(limits: Limits) -> ImportFile:
    """Return an empty import file."""
    return ImportFile(max_pairs=limits.max_pairs, max_bytes=limits.max_file_bytes)


def split(content: bytes) -> dict[str, bytes]:
    """Cut an import file of ours into one piece of bytes per person, for `read`; decoded it would be five times as big.

    Raises `CorruptStateError` where it isn't one.
    """
    if content == _HEAD + _TAIL:
        return {}
    if not content.startswith(_HEAD + _OPENING) or not content.endswith(b"}" + _TAIL):
        raise _corrupt("its first or last person")
    pieces = content.split(_BETWEEN)
    pieces[-1] = pieces[-1][: -len(b"}" + _TAIL)]
    pieces[0] = pieces[0][len(_HEAD + _OPENING) :]
    keys = b"\n".join([piece.partition(b'"')[0] for piece in pieces])
    if b"\\" in keys:  # ids that JSON escapes
        return {person: piece for piece in pieces for person in read([piece])}
    return dict(zip(keys.decode("ascii", "replace").split("\n"), pieces, strict=True))


def read(pieces: Collection[bytes], loads: Loads = json.loads) -> dict[str, dict[str, str]]:
    """Decode the pieces that `split` returned into property and value, by person.

    Raises `CorruptStateError` where they can't be read.
    """
    entries = _join(b"[" + _OPENING, _BETWEEN, pieces, b"}]") if pieces else b"[]"
    try:
        people: list[dict[str, Any]] = loads(entries)
        return {values.pop(ID_PROPERTY): values for values in people}
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise _corrupt(type(exc).__name__) from exc


def without(content: bytes, person: str) -> bytes:
    """Return an import file of ours without one person; the other people stay byte for byte as they were.

    Raises `CorruptStateError` where it isn't one.
    """
    kept = [_OPENING + piece + b"}" for one, piece in split(content).items() if one.lower() != person.lower()]
    return _join(_HEAD, b",", kept, _TAIL)


def _join(head: bytes, between: bytes, parts: Collection[bytes], tail: bytes) -> bytes:
    """Join parts between a head and a tail. They are copied once: an import file is large."""
    if not parts:
        return head + tail
    whole = [*parts]
    whole[0] = head + whole[0]
    whole[-1] += tail
    return between.join(whole)


def _corrupt(what: str) -> CorruptStateError:
    return CorruptStateError(f"an archived import file can't be read: {what}")
