"""Ended runs, as they are listed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes import MemoryStore
from upa_core.domain.documents.ad_hoc import AdHoc
from upa_core.domain.documents.ids import run_id
from upa_core.domain.documents.runs import Counts, FileState, Report
from upa_core.domain.documents.storage_layout import report_key
from upa_core.state.document import put_document
from upa_core.state.reports import read_report, recent_reports, report_json, reports_of, run_cells, typical_hours

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)


def report(at: datetime = NOW, **fields: Any) -> Report:
    known: dict[str, Any] = {"connector": "hr", "status": "success", "counts": Counts(), "files": (), **fields}
    return Report(1, run=run_id(at, "aaaa"), started=at, ended=at + timedelta(hours=3), rounds=(), **known)


def stored(*reports: Report) -> MemoryStore:
    store = MemoryStore()
    for one in reports:
        put_document(store, report_key(one.run), one)
    return store


def test_runs_are_listed_newest_first_from_four_months() -> None:
    """Before a run: without it. Nobody asks for times before the first release, or after today."""
    made = [report(NOW - timedelta(days=days)) for days in (0, 1, 30, 60, 90, 120)]
    store = stored(*made)
    runs = [one.run for one in made]
    found = [one.run for one in recent_reports(store, NOW)]
    earlier = [one.run for one in recent_reports(store, NOW, before=runs[1])]

    assert found == runs[:5]
    assert earlier == runs[2:5]
    assert [one.run for one in recent_reports(store, NOW, before=run_id(NOW + timedelta(days=400), "aaaa"))] == runs[:5]
    assert list(recent_reports(store, NOW, before=run_id(datetime(2019, 12, 31, tzinfo=UTC), "aaaa"))) == []
    first = report(datetime(2020, 1, 2, tzinfo=UTC))
    assert list(recent_reports(stored(first), NOW, before=run_id(datetime(2020, 1, 3, tzinfo=UTC), "aaaa"))) == [first]


def test_a_connectors_runs_are_its_own_and_a_report_that_cant_be_read_is_left_out() -> None:
    """Newest first."""
    one, two, other = report(), report(NOW - timedelta(days=200)), report(NOW - timedelta(hours=1), connector="sales")
    store = stored(one, two, other)

    assert list(reports_of(store, "hr")) == [one, two]
    store.put(report_key(one.run), b"{")
    assert (list(reports_of(store, "hr")), read_report(store, one.run), read_report(store, two.run)) == (
        [two],
        None,
        two,
    )


def test_a_line_of_the_list_says_what_kind_of_run_it_was_and_what_arrived() -> None:
    """A run that confirmed nobody has failed, though it came to its end."""
    nobody = Counts(escrowed=2)
    made = [report(), report(full=True), report(full=True, ad_hoc=AdHoc("canary", "anna")), report(counts=nobody)]

    assert [run_cells(one)["kind"] for one in made] == ["delta", "full", "canary", "delta"]
    assert [report_json(one)["status"] for one in made] == ["complete", "complete", "complete", "failed"]
    assert (run_cells(made[0])["hours"], run_cells(made[3])["escrowed"]) == (3.0, 2)


def test_the_usual_time_of_a_file_is_that_of_runs_that_succeeded() -> None:
    """Of several files each took its part; a run without a file says nothing."""
    files = tuple(FileState(f"f{n}", n, 1, 1, 1, "") for n in range(3))
    made = [report(files=files), report(files=files[:1], status="failed"), report()]

    assert (typical_hours(made), typical_hours(made[1:])) == (1.0, None)
