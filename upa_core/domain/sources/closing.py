"""The checks after the last row: completeness, contradictions, columns that lost their values."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from upa_core.domain.sources.blocks.line_numbers import LineNumbers
from upa_core.domain.sources.blocks.met_keys import MetKeys
from upa_core.domain.sources.contract import COLLAPSE, CONTRADICTIONS, ODD_ROWS, Accepted, Contract
from upa_core.domain.sources.findings import Finding, Findings
from upa_core.domain.sources.header import Header
from upa_core.domain.sources.trailer import shown

_REPLACE = "approve it if it is right, or have it delivered again"
_USUAL = 0.9
"""If this share of keys has one length, shorter keys are suspicious."""


@dataclass(slots=True)
class Tally:
    """The counts of a file while it is read."""

    rows: int = 0
    blank: int = 0
    odd: int = 0
    """Rows set aside for their shape or for damage."""
    keyless: int = 0
    repeated: int = 0
    trailer: int | None = None
    """The number in the trailer, -1 where the trailer has no number; None: there was no trailer."""
    seen: MetKeys = field(default_factory=MetKeys)
    """The number of a key is that of its first row, among the rows that count."""
    marks: array[int] = field(default_factory=lambda: array("q"))
    """By that number: the hash of the values."""
    lines: LineNumbers = field(default_factory=LineNumbers)
    """By that number: the line."""
    contradictory: set[str] = field(default_factory=set)
    void: set[str] = field(default_factory=set)
    """Keys of rows that belong to nobody, as later rows showed."""
    empty: list[int] = field(default_factory=list)
    """By column: rows without a value; words for no value are among them."""
    words: dict[int, Counter[str]] = field(default_factory=dict)
    """By column: words for no value that the contract doesn't declare."""
    first_word: dict[tuple[int, str], int] = field(default_factory=dict)
    lengths: Counter[int] = field(default_factory=Counter)
    """Lengths of keys."""

    def shares(self, columns: Sequence[str]) -> dict[str, float]:
        """Return by column the percent of rows with a value."""
        judged = len(self.marks) + self.repeated
        return {
            name: round(100 * max(judged - empty, 0) / judged, 2) if judged else 0.0
            for name, empty in zip(columns, self.empty, strict=True)
        }


def close(
    tally: Tally,
    header: Header | None,
    contract: Contract,
    last: Accepted | None,
    findings: Findings,
    delimiter: str,
    total: int | None,
) -> None:
    """Add the findings that only the whole file shows.

    Seven parameters: what was counted while the file was read.
    """
    if contract.partial and header is not None and tally.rows:
        return  # rows that contradict each other or were set aside are named; a share of a few rows means nothing
    if header is None or not tally.rows:
        text = "the file is empty" if header is None else "the file has a header and no rows"
        findings.add(_held("incomplete_file", text, "have it delivered again"))
        return
    if 100 * tally.odd > ODD_ROWS * tally.rows:
        text = f"{tally.odd:,} of {tally.rows:,} rows had to be set aside, more than {ODD_ROWS} percent"
        findings.add(Finding("refused", "too_many_odd_rows", text, "have the file exported anew"))
    if last is not None and last.delimiter and delimiter and last.delimiter != delimiter and not contract.delimiter:
        text = f"the delimiter was {shown(last.delimiter)} until now and is {shown(delimiter)}"
        findings.add(Finding("refused", "delimiter_changed", text, f'if it is right, write `delimiter: "{delimiter}"`'))
    _completeness(tally, contract, last, findings, total)
    _keys(tally, header, contract, findings)
    _columns(tally, header, last, findings)


def _completeness(
    tally: Tally, contract: Contract, last: Accepted | None, findings: Findings, total: int | None
) -> None:
    if contract.trailer and tally.trailer is None:
        findings.add(_held("incomplete_file", "the trailer is missing: the file was cut", _REPLACE))
    told = tally.trailer if tally.trailer is not None and tally.trailer >= 0 else total
    if told is not None and told != tally.rows:
        findings.add(_held("incomplete_file", f"the file says {told:,} rows and holds {tally.rows:,}", _REPLACE))
    if tally.rows < contract.min_rows:
        text = f"the file has {tally.rows:,} rows, and at least {contract.min_rows:,} are expected"
        findings.add(_held("incomplete_file", text, _REPLACE))
    if last is not None and tally.rows < last.rows * (1 - contract.max_drop / 100):
        fewer = 100 * (last.rows - tally.rows) / last.rows
        text = f"the file has {tally.rows:,} rows, {fewer:.0f} percent fewer than the {last.rows:,} accepted last"
        findings.add(_held("incomplete_file", text, _REPLACE))


def _keys(tally: Tally, header: Header, contract: Contract, findings: Findings) -> None:
    column = header.names[header.keys[0]]
    if tally.repeated:
        text = f"{tally.repeated:,} rows say again what an earlier row of the same person says; they are left out"
        findings.add(Finding("note", "repeated", text, cell=column))
    people = len(tally.seen)
    if 100 * len(tally.contradictory) > CONTRADICTIONS * people:
        text = f"rows of {len(tally.contradictory):,} of {people:,} people contradict each other"
        findings.add(_held("contradictory_keys", text, "have one row a person exported", column))
    if 100 * tally.keyless > contract.max_unmatched * tally.rows:
        text = f"{tally.keyless:,} of {tally.rows:,} rows name nobody"
        findings.add(_held("key_share_unmatched", text, "have the key exported for each row", column))
    usual, times = max(tally.lengths.items(), key=lambda item: item[1], default=(0, 0))
    short = sum(count for length, count in tally.lengths.items() if length < usual)
    if len(contract.keys) == 1 and not contract.keys[0].pad and short and times >= _USUAL * people:
        text = f"{short:,} keys are shorter than the usual {usual}: leading zeros may be lost"
        findings.add(Finding("note", "short_keys", text, f"if they are, write `pad: {usual}`", cell=column))


def _columns(tally: Tally, header: Header, last: Accepted | None, findings: Findings) -> None:
    if not tally.marks:
        return  # every row was set aside: nothing is known of any column
    with_words = {header.columns[at] for at in tally.words}
    for name, share in tally.shares(header.columns).items():
        before = last.shares.get(name) if last is not None else None
        if before is not None and before - share > COLLAPSE:
            text = (
                f"{share:.0f} percent of the rows hold a value; it was {before:.0f} percent in the file accepted last"
            )
            findings.add(_held("column_collapsed", text, _REPLACE, name))
        elif share == 0 and name not in with_words:
            findings.add(Finding("note", "column_empty", "no row holds a value", cell=name))
    for at, words in tally.words.items():
        name = header.columns[at]
        told = ", ".join(f"`{word}`" for word, _ in words.most_common(5))
        line = min(tally.first_word[at, word] for word in words)
        quoted = ", ".join("'" + word + "'" for word, _ in words.most_common(5))
        text = f"{words.total():,} cells hold words that usually mean no value ({told}); they are kept as text"
        if words.total() == 1:
            text = f"1 cell holds a word that usually means no value ({told}); it is kept as text"
        remedy = f"write `nulls: [{quoted}]` if they mean nothing, `nulls: []` if they are right"
        findings.add(Finding("note", "words_for_nothing", text, remedy, line, name))


def _held(reason: str, text: str, remedy: str, cell: str = "") -> Finding:
    return Finding("held", reason, text, remedy, cell=cell, hold=reason)  # type: ignore[arg-type]
