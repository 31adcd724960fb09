"""A row of a run's people: the planned values of one person, those left out, and the result of each.

A row is a JSON list: object id, new values, old values, places (batch and number in it), and what was left out:
property → why, detail, value.
"""

from __future__ import annotations

import zlib
from array import array
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from upa_core.domain.documents.runs import BULK
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.people.escrow_entry import WHOLE, EscrowReason
from upa_core.domain.plan.run_people import RunPeople

Kind = Literal["set", "changed", "cleared"]
Word = Literal["planned", "accepted", "refused", "escrowed", "declined", "unknown", "not_sent"]
KINDS: tuple[Kind, ...] = ("cleared", "changed", "set")
"""In the order in which they are shown."""
RESULTS: tuple[Word, ...] = ("planned", "accepted", "refused", "escrowed", "declined", "unknown", "not_sent")
DECLINED = "declined"
MOST_CODES = 0xFFFF
_REFUSING = frozenset(
    {
        EscrowReason.REFUSED_BY_SHAREPOINT.value,
        EscrowReason.NOT_KEPT.value,
        EscrowReason.NOT_WRITTEN.value,
        EscrowReason.USER_EDITED.value,
    }
)

Row = Sequence[Any]


class Result(NamedTuple):
    """The result of one value."""

    word: Word
    why: str = ""
    """An escrow reason, or a sentence."""
    detail: str = ""


class Value(NamedTuple):
    """One property of one person in a run."""

    property: str
    kind: Kind | Literal[""]
    """"" for a value that was left out of the plan."""
    old: str | None
    """None: unknown."""
    new: str | None
    """None: the mapping gave no value."""
    result: Result


def kind_of(old: str | None, new: str) -> Kind:
    """Return the kind of a change: only a confirmed value can be cleared."""
    if new == "" and old:
        return "cleared"
    return "changed" if old else "set"


def word_of(why: str) -> Word:
    """Return the word for a reason for waiting."""
    if why == DECLINED:
        return "declined"
    return "refused" if why in _REFUSING else "escrowed"


def labels_of(row: Row) -> list[str]:
    """Return the labels of a person's planned and left-out values."""
    _, new, old, _, left = row
    labels = [f"{kind_of(old.get(target), value)}:{target}" for target, value in new.items()]
    return labels + [f"{_left_word(why)}:{target}" for target, (why, _, _) in left.items()]


def refusal_labels(refused: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the labels of a person's refused values."""
    return [f"{word_of(reason)}:{target}" for target, (reason, *_) in refused.items()]


def values_of(table: RunPeople, codes: Mapping[int, Sequence[int]], row: Row) -> list[Value]:
    """Return a person's planned and left-out values with their results; clears come first."""
    _, new, old, places, left = row
    results: dict[str, Result] = {}
    for batch, index in places:
        results |= _results_of(table, codes, batch, index, new)
    waiting = Result("planned")
    found = [
        Value(target, kind_of(old.get(target), value), old.get(target), value, results.get(target, waiting))
        for target, value in new.items()
    ]
    found += [
        Value(target, "", old.get(target), value, Result(_left_word(why), "" if why == DECLINED else why, detail))
        for target, (why, detail, value) in left.items()
    ]
    return sorted(found, key=lambda one: (_order(one.kind), one.property))


def _results_of(
    table: RunPeople, codes: Mapping[int, Sequence[int]], batch: int, index: int, new: Mapping[str, str]
) -> dict[str, Result]:
    of = table.batches[batch]
    own = [target for target in new if table.routes.get(target, BULK) == of.route]
    if of.state == "planned" and table.status:
        told = Result("declined" if table.status == "rejected" else "not_sent", table.why)
    elif of.state == "planned":
        told = Result("planned")
    elif of.state == "unknown":
        told = Result("unknown", of.why)
    else:
        told = Result("accepted")
    code = codes[batch][index] if batch in codes and index < len(codes[batch]) else 0
    if of.state != "settled" or not code:
        return dict.fromkeys(own, told)
    if code > len(table.causes):
        return dict.fromkeys(own, Result("unknown", "the answer names this person"))
    cause = table.causes[code - 1]
    whole = cause.refused.get(WHOLE)
    results = {}
    for target in own:
        refused = cause.refused.get(target) or (whole if target not in cause.confirmed else None)
        if refused:
            reason, *detail = refused
            results[target] = Result(word_of(reason), reason, "".join(detail[:1]))
        elif target in cause.confirmed:
            results[target] = told
        else:
            results[target] = Result("unknown", "sent again without what was refused")
    return results


def _left_word(why: str) -> Word:
    """Return the word for a value that a plan left out: it wasn't sent, so it wasn't refused this time."""
    return "declined" if why == DECLINED else "escrowed"


def _order(kind: str) -> int:
    return KINDS.index(kind) if kind in KINDS else len(KINDS)


def pack_codes(codes: Iterable[int]) -> str:
    """Encode numbers of causes for storage."""
    numbers = array("H", codes)
    return b64encode(zlib.compress(numbers.tobytes(), 1)).decode()


def unpack_codes(text: str) -> Sequence[int]:
    """Decode numbers of causes; raises `CorruptStateError` for a text that `pack_codes` didn't write."""
    numbers = array("H")
    try:
        numbers.frombytes(zlib.decompress(b64decode(text)))
    except (ValueError, zlib.error) as exc:
        raise CorruptStateError(f"results of people can't be read: {type(exc).__name__}") from exc
    return numbers
