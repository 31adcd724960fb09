"""The people of a run as JSON and as CSV: the same columns, names asked for in parts."""

from __future__ import annotations

import csv
import io

import pytest

from upa_core.domain.plan.run_rows import Result, Value
from upa_core.services.insight import people_rows
from upa_core.services.insight.people_rows import COLUMNS, csv_text, people_json, write_csv
from upa_core.services.insight.run_people import RunPerson

ANN = RunPerson(
    "ann",
    (
        Value("UpaTitle", "changed", "T1", "T2", Result("refused", "not_kept", "code")),
        Value("UpaCode", "set", None, "C", Result("accepted")),
    ),
)


def people(number: int) -> list[RunPerson]:
    return [RunPerson(f"p{n}", (Value("UpaCode", "set", None, "C", Result("planned")),)) for n in range(number)]


def test_each_value_has_its_parts_under_their_own_names() -> None:
    """A person without a known name has none."""
    title = {
        "property": "UpaTitle",
        "kind": "changed",
        "old": "T1",
        "new": "T2",
        "result": "refused",
        "why": "not_kept",
        "detail": "code",
    }
    first, second = people_json([ANN, RunPerson("bob", ())], {"ann": "ann@x"})

    assert (first["person"], first["user"], first["values"][0]) == ("ann", "ann@x", title)
    assert second == {"person": "bob", "user": "", "values": []}


def test_csv_has_a_row_for_each_value_and_says_unknown() -> None:
    """With headings or without; how many people it has is returned."""
    stream = io.StringIO()
    count = write_csv([ANN], lambda _: {"ann": "ann@x"}, stream)
    headings, first, second = csv.reader(io.StringIO(stream.getvalue()))
    bare = list(csv.reader(io.StringIO(csv_text([ANN], lambda _: {}, headings=False))))

    assert count == 1
    assert tuple(headings) == COLUMNS
    assert first == ["ann", "ann@x", "UpaTitle", "changed", "T1", "T2", "refused", "not_kept", "code"]
    assert second[:7] == ["ann", "ann@x", "UpaCode", "set", "(unknown)", "C", "accepted"]
    assert [one[0] for one in bare] == ["ann", "ann"]
    assert csv_text([], lambda _: {}, headings=True).strip().count("\n") == 0


def test_names_are_asked_for_in_parts_and_for_no_more_than_two_thousand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes later has an object id alone."""
    monkeypatch.setattr(people_rows, "MAX_ASKED", 5)
    monkeypatch.setattr(people_rows, "_AT_ONCE", 2)
    asked: list[list[str]] = []

    def names(wanted: list[str]) -> dict[str, str]:
        asked.append(wanted)
        return {one: f"{one}@x" for one in wanted}

    text = csv_text(people(8), names, headings=False)
    users = [row[1] for row in csv.reader(io.StringIO(text))]

    assert asked == [["p0", "p1"], ["p2", "p3"], ["p4"]]
    assert users == [*(f"p{n}@x" for n in range(5)), "", "", ""]
    assert write_csv(people(8), names, io.StringIO(), headings=False) == 8
