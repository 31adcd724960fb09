"""The regression gate on counts: calls, storage transactions and bytes of a tenant of 4,000 people (bench)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench import pages as rendered
from bench.worker import CHANGES, day
from upa_core.domain.connector import Limits
from upa_core.domain.people.shadow import shards_for

PEOPLE = 4_000
SHARDS = shards_for(PEOPLE, Limits().people_per_shard, Limits().shards_spread_over)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A first run, a full round without differences, 100 changes and an idle tick; its folders are the test's own."""
    folder: Path = tmp_path_factory.mktemp("bench")
    before, tempfile.tempdir = tempfile.tempdir, os.fspath(folder)
    try:
        yield day(PEOPLE, slow=False)
    finally:
        tempfile.tempdir = before


def test_first_run_follows_pages_and_sends_one_file(measured):
    """4,000 people are 20 pages and one import job; storage is touched some times for each shard.

    The state is read once more for every 32 shards that settling writes: the run must still be open. Ten of the other
    121 are the counter of failed attempts, written before each of three risky reads, and the census of the full round;
    three name the run's connector file, look whether it is kept, and keep it; 29 are the run's people for whoever asks:
    rows and table, what became of them, when, and SharePoint's state at each of 20 polls; nine are the list of shards;
    four are since when its values wait, read and written by the plan and by the settling.
    """
    first = measured["first"]

    assert first["graph"] == {"users.delta": PEOPLE // rendered.PAGE}
    assert first["import_jobs"] == 1
    assert first["transactions"] <= 3 * SHARDS + SHARDS // 32 + 121


def test_first_run_stores_little_more_than_it_must(measured):
    """Segments, plan, import file, and shards together are less than 800 bytes a person of ten properties."""
    assert measured["first"]["stored_bytes"]["put"] < 800 * PEOPLE


def test_nothing_changed_costs_no_call_at_sharepoint(measured):
    """A full round without differences makes no file and no import job, and reads each shard once.

    Four of the other 20 are the counter of failed attempts and the census of the full round, two name the run's
    connector file and look whether it is kept.
    """
    again = measured["again"]

    assert again["sharepoint"] == {}
    assert again["import_jobs"] == 0
    assert again["transactions"] <= SHARDS + 20


def test_changes_cost_pages_and_batches(measured):
    """100 changes, 20 of them told in part: one page, a batch for each 20 to re-read, one import job."""
    daily = measured["daily"]

    assert daily["graph"]["users.delta"] == 1
    assert daily["graph"]["$batch"] <= -(-20 // 20) + 1
    assert daily["import_jobs"] == 1
    assert daily["wire_bytes"]["sharepoint"] < 40_000


def test_changes_touch_their_shards_twice(measured):
    """Each shard is read by the plan and written by the settling; all else, polls included, is 106 calls.

    48 of them are at the lane and the watcher, which each of 20 polls reads.
    """
    daily = measured["daily"]

    assert daily["transactions"] - daily["besides_shards"] <= 2 * min(CHANGES, SHARDS)
    assert daily["besides_shards"] <= 106


def test_import_job_is_polled_twenty_times(measured):
    """An import job of 2.5 h: 20 polls, and five other calls at SharePoint."""
    calls = dict(measured["daily"]["sharepoint"])

    assert calls.pop("GetImportProfilePropertyJob") <= 20
    assert sum(calls.values()) <= 5


def test_idle_tick(measured):
    """A tick that finds nothing: one call at Graph, none at SharePoint, at most six storage transactions."""
    idle = measured["idle"]

    assert idle["graph"] == {"users.delta": 1}
    assert idle["sharepoint"] == {}
    assert idle["transactions"] <= 6
