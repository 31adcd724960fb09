"""Thresholds, timetables, names and merging: rules without ports."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.clock import START
from upa_core.domain.connector import ChangeThreshold
from upa_core.domain.documents.connector_state import Counts, Exported
from upa_core.domain.documents.keys import file_name, moment_of, parse_file_name, run_id, upload_name
from upa_core.domain.people.changes import Merged, overlay, remap
from upa_core.domain.plan.threshold import reason_to_hold
from upa_core.domain.timetable import poll_delay, resync_pause, try_again_delay

LIMITS = ChangeThreshold(updates_absolute=None, updates_percent=30.0, clears_absolute=50, clears_percent=5.0)


def held(updated: int = 0, cleared: int = 0, *earlier: Exported, known: int = 100, exempt: bool = False) -> str:
    counts = Counts(updated=updated, cleared=cleared)
    return reason_to_hold(counts, known=known, earlier=earlier, threshold=LIMITS, now=START, updates_exempt=exempt)


def test_updates_and_clears_are_judged_apart() -> None:
    """30 updates and 5 clears of 100 people pass, one more of either is held."""
    assert held(30, 5) == ""
    assert held(31).startswith("updates of 31")
    assert held(0, 6).startswith("clears of 6")


def test_the_window_is_rolling() -> None:
    """What was exported in the last 24 h counts; a plan that doesn't add to it passes."""
    assert held(2, 0, Exported(START - timedelta(hours=23), 29, 0))
    assert not held(2, 0, Exported(START - timedelta(hours=24), 29, 0))
    assert not held(1, 0, Exported(START, 0, 99))


def test_an_announced_full_round_is_exempt_for_updates_only() -> None:
    """Clears of an announced full round are held like any others."""
    assert held(100, 0, exempt=True) == ""
    assert held(100, 6, exempt=True).startswith("clears")


def test_without_known_people_only_absolute_limits_hold() -> None:
    """Nobody is known before the first full round."""
    assert held(1000, 50, known=0) == ""
    assert held(1000, 51, known=0).startswith("clears")


def test_an_import_job_of_two_and_a_half_hours_costs_at_most_25_polls() -> None:
    """Half its age, from 30 s to 15 min."""
    age, polls = timedelta(), 0
    while age < timedelta(hours=2.5):
        age += poll_delay(age)
        polls += 1
    assert 10 < polls <= 25


def test_pauses_grow_to_a_limit() -> None:
    """Attempts wait 30 s to 15 min, resyncs a minute to hours."""
    assert [try_again_delay(n) / timedelta(seconds=1) for n in (1, 2, 6, 99)] == [30, 60, 900, 900]
    assert [resync_pause(n) / timedelta(minutes=1) for n in (1, 2, 3, 99)] == [1, 2, 4, 256]


@given(st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True), st.integers(1, 10**6), st.integers(1, 12))
def test_a_name_in_the_library_tells_its_connector_and_run(connector: str, sequence: int, attempt: int) -> None:
    """Files, later uploads and log folders are told apart from everybody else's by name alone."""
    run = run_id(START, "7f3k")
    name = upload_name(file_name(connector, run, sequence), attempt)
    guid = "5f05e38c-bd0e-49ec-8c9c-c4cfe370248c"
    assert parse_file_name(name) == (connector, run)
    assert parse_file_name(f"{name.removesuffix('.json')}-{guid}-Logs") == (connector, run)
    assert parse_file_name(f"{name}.bak") is None
    assert moment_of(name) == START


@pytest.mark.parametrize("name", ["upa-hr.json", "upa-hr-20261122-1.json", "x-upa-hr-20261122T101500Z-7f3k-1.json"])
def test_names_that_arent_ours(name: str) -> None:
    """What merely looks like ours isn't touched."""
    assert parse_file_name(name) is None


def merge(*rounds: tuple[str, list[list[object]]]) -> Merged:
    merged = Merged()
    for number, (kind, rows) in enumerate(rounds):
        merged.add(f"r{number}", kind, [list(row) for row in rows], ["a", "b"], ["a", "b"])  # type: ignore[arg-type]
    return merged


def test_absent_null_and_empty_are_three_things() -> None:
    """A partial record leaves the value it doesn't name, an explicit null doesn't, "" is a value of its own."""
    merged = merge(("delta", [["p", 0, "x", "y"], ["p", 2, None, None]]))
    assert merged.rows["p"] == ["p", 0, None, "y"]
    assert merge(("delta", [["p", 0, "x", "y"], ["p", 1, None, ""]])).rows["p"] == ["p", 0, "x", ""]


def test_absent_in_a_full_round_is_no_value_and_in_a_delta_is_unknown() -> None:
    """Only a delta's absent value must be read again."""
    assert merge(("full", [["p", 1, None, "y"]])).incomplete() == []
    assert merge(("delta", [["p", 1, None, "y"]])).incomplete() == ["p"]
    assert merge(("delta", [["p", 1, None, "y"]])).incomplete(needed=2) == []


def test_removed_and_restored_in_one_round_is_ended_and_planned() -> None:
    """Who left and came back is in both books: the shadow goes, the row stays; the other way round only ended."""
    back = merge(("delta", [["p", -1], ["p", 0, "x", "y"]]))
    assert (back.ended, list(back.rows)) == ({"p"}, ["p"])
    gone = merge(("delta", [["p", 0, "x", "y"], ["p", -1]]))
    assert (gone.ended, gone.rows) == ({"p"}, {})


def test_a_full_round_replaces_the_rows_before_it_but_not_who_left() -> None:
    """Earlier rows of people it doesn't name are void; who left is still ended."""
    merged = merge(
        ("delta", [["p", 0, "x", "y"], ["q", -1]]), ("full", [["r", 0, "1", "2"]]), ("delta", [["s", 0, "", ""]])
    )
    assert set(merged.rows) == {"r", "s"}
    assert (merged.ended, merged.full_round) == ({"q"}, "r1")


def test_a_row_of_another_header_has_absent_values_where_it_wasnt_tracked() -> None:
    """An attribute that wasn't selected then is unknown, not empty."""
    assert remap(["p", 1, None, "y"], ["a", "b"], ["b", "c", "a"]) == ["p", 6, "y", None, None]
    assert remap(["p", -1], ["a"], ["b"]) == ["p", -1]
    assert overlay(None, ["p", 1, None]) == ["p", 1, None]
