"""The log of an import job, and whom it leaves confirmed [SP-45, SP-44, SP-36].

Lines are `Kind⇥Identity⇥Message`; the grammar isn't documented, so what isn't understood is kept, never dropped.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from upa_core.domain.bulk.import_job import JobError, JobState, error_name
from upa_core.domain.bulk.own_words import own_words
from upa_core.domain.people.escrow_entry import WHOLE, EscrowReason
from upa_core.domain.people.verdict import PersonVerdict, Refusal, Verdict

_LINE_END = re.compile(r"\r\n|\r|\n")
"""Only these end a line. A message may quote a value that holds another line separator of Unicode."""
_KIND = re.compile(r"[A-Z][A-Za-z]{0,63}")
_MARKS = "'\"`´‘’‚‛“”„‟‹›«»「」『』[]"
"""What a message of any language may put around a property's name [SP-67]."""
_QUOTED = re.compile(rf"(?<=[{re.escape(_MARKS)}])[^{re.escape(_MARKS)}\n]{{1,250}}(?=[{re.escape(_MARKS)}])")
KNOWN_KINDS = frozenset(
    {
        "DataFileNotJson",
        "GenericError",
        "IdentityNotResolvable",
        "InvalidProperty",
        "MissingIdentity",
    }
)
MOST_TEXTS = 20
"""Different texts kept of one log: people with one cause are reported together."""
_UNRESOLVED = frozenset({"IdentityNotResolvable"})
_ABORT = ("DataFileNotJson",)
_NOT_FOUND = ": the file was deleted, or check-out or approval hides it (upa doctor)"
_ABORT_WORDS = {
    "InvalidProperty": "is not mapped to any property",
    "GenericError": "multiple instances of the same single-value property",
}
"""Words that end the whole import, whichever person the line names [SP-46, SP-48, SP-49].

Nobody knows whether a person who is named twice fails alone: the database's own error doesn't say what became of the
other people.
"""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One message of the log; a continuation line belongs to the message above it."""

    kind: str
    identity: str
    message: str


def decode_log(data: bytes) -> str:
    """Decode a log leniently; UTF-8 unless its mark says otherwise."""
    return "".join(decode_pieces([data]))


def decode_pieces(pieces: Iterable[bytes]) -> Iterator[str]:
    """Decode a log that comes in pieces, as `decode_log` does; the first piece holds the whole byte order mark."""
    decoder: codecs.IncrementalDecoder | None = None
    for piece in pieces:
        if decoder is None:
            wide = piece.startswith((b"\xff\xfe", b"\xfe\xff"))
            decoder = codecs.getincrementaldecoder("utf-16" if wide else "utf-8")("replace")
        yield decoder.decode(piece)
    if decoder is not None:
        yield decoder.decode(b"", final=True)


def parse_log(pieces: str | Iterable[str]) -> list[LogLine]:
    """Parse a log. Tabs separate the columns; a line without a kind continues the line before.

    Only its messages are held at a time.
    """
    heads: list[tuple[str, str, list[str]]] = []
    for raw in _lines([pieces] if isinstance(pieces, str) else pieces):
        if not raw.strip():
            continue
        columns = raw.split("\t", 2)
        if len(columns) == 3 and columns[0].strip():
            kind, identity, message = (column.strip() for column in columns)
            kind = kind if _KIND.fullmatch(kind) else ""  # the value that a message quotes may hold line breaks
            heads.append((kind, identity, [message]))
            continue
        kind = raw.split(None, 1)[0].rstrip("-:")
        if kind in KNOWN_KINDS:
            heads.append((kind, "", [raw.strip()[len(kind) :].strip(" -:\t")]))
        elif heads:
            heads[-1][2].append(raw.rstrip())
        else:
            heads.append(("", "", [raw.rstrip()]))
    return [LogLine(kind, identity, "\n".join(parts)) for kind, identity, parts in heads]


def _lines(pieces: Iterable[str]) -> Iterator[str]:
    """Split the text into lines.

    A carriage return at the end of a piece may belong to a line feed at the start of the next.
    """
    rest, first = "", True
    for piece in pieces:
        rest += piece.removeprefix("\ufeff") if first else piece
        first = first and not piece
        held = rest[-1:] if rest.endswith("\r") else ""
        *whole, rest = _LINE_END.split(rest.removesuffix("\r") if held else rest)
        rest += held
        yield from whole
    yield from _LINE_END.split(rest)


def judge(
    state: int,
    error: int,
    lines: Iterable[LogLine],
    people: Collection[str],
    sent: Callable[[str], Collection[str]] = lambda _: (),
) -> Verdict:
    """Decide whom an import job confirmed. `sent` returns the properties that the file held of a person.

    Only Succeeded, and Error with ImportCompleteWithError whose log names people of the file on every line, confirm
    anybody: a line without an identity, or one that names a stranger, could mean everyone; in a file of one
    person it means that person.
    """
    lines = list(lines)
    by_name = {person.lower(): person for person in people} if lines else {}
    alone = next(iter(people)) if len(people) == 1 else None
    if state != JobState.SUCCEEDED and error != JobError.IMPORT_COMPLETE_WITH_ERROR:
        kinds = ", ".join(sorted({line.kind for line in lines if line.kind}))
        why = f"{error_name(error)}, no log{_NOT_FOUND if error == JobError.DATA_FILE_NOT_EXIST else ''}"
        return Verdict(confirmed=False, why=kinds or why, opaque=not kinds)
    if state != JobState.SUCCEEDED and not lines:
        return Verdict(confirmed=False, why=f"{error_name(error)}, no log", opaque=True)
    abort = next((line for line in lines if _aborts(line)), None)
    if abort is not None:
        return Verdict(confirmed=False, why=f"{abort.kind}: the import was aborted")
    failed: dict[str, dict[str, Refusal]] = {}
    told: set[str] = set()
    for line in lines:
        person = by_name.get(line.identity.lower()) or (alone if not line.identity else None)
        if person is None:
            return Verdict(confirmed=False, why=f"{line.kind or 'a line'} without an identity of the file")
        if line.kind in _UNRESOLVED:
            failed[person] = {WHOLE: Refusal(EscrowReason.PROFILE_NOT_CREATED, line.kind)}
        else:
            of, detail = _property(line.message, sent(person)), _detail(line, sent(person))
            if detail not in told and len(told) >= MOST_TEXTS:
                detail = line.kind
            told.add(detail)
            failed.setdefault(person, {}).setdefault(of, Refusal(EscrowReason.REFUSED_BY_SHAREPOINT, detail))
    return Verdict(confirmed=True, failed={person: PersonVerdict(refused) for person, refused in failed.items()})


def _detail(line: LogLine, sent: Collection[str]) -> str:
    """Return the kind of a line, with SharePoint's own words where it has any."""
    values = sent.values() if isinstance(sent, Mapping) else ()
    words = own_words(line.message, values, sent)
    return f"{line.kind}: {words}" if line.kind and words else line.kind


def _property(message: str, sent: Collection[str]) -> str:
    """Return the property that a message quotes. `*`: it quotes none of the properties sent, or several."""
    import html  # its table of names takes 300 KiB, and most import jobs have no log to read

    quoted = {name.strip().lower() for name in _QUOTED.findall(html.unescape(message))}
    named = [target for target in sent if target.lower() in quoted]
    return named[0] if len(named) == 1 else WHOLE


def _aborts(line: LogLine) -> bool:
    words = _ABORT_WORDS.get(line.kind)
    return line.kind in _ABORT or (words is not None and words in line.message)
