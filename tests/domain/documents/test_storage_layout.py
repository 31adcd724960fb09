"""Every storage key is built and taken apart in one place."""

from __future__ import annotations

import pytest

from upa_core.domain.documents import storage_layout as layout
from upa_core.domain.documents.connector_keys import (
    calls_key,
    connector_file_key,
    freshness_key,
    named_file_key,
    probe_key,
    shard_list_key,
)
from upa_core.domain.documents.individual_keys import people_calls_key, progress_key, proof_key
from upa_core.domain.documents.storage_layout import BlobKey, Kind, connector_named_in, parse, run_of
from upa_core.domain.drift.keys import drift_key, drift_part_key
from upa_core.domain.plan.run_people import rows_key, run_people_key, shards_key
from upa_core.http_api.idempotency import request_key

RUN = "20261122T101500Z-7f3k"
DIGEST = "0a" * 32
FILE = f"upa-hr-{RUN}-1.json"
KEYS = {
    layout.state_key("hr"): BlobKey(Kind.STATE, "hr"),
    layout.notified_key("hr"): BlobKey(Kind.NOTIFIED, "hr"),
    layout.attempts_key("hr"): BlobKey(Kind.ATTEMPTS, "hr"),
    layout.censuses_key("hr"): BlobKey(Kind.CENSUSES, "hr"),
    connector_file_key("hr", DIGEST): BlobKey(Kind.CONNECTOR_FILE, "hr", file=DIGEST),
    named_file_key(RUN, "hr", DIGEST): BlobKey(Kind.NAMED_FILE, "hr", RUN, DIGEST),
    layout.due_key("hr"): BlobKey(Kind.ESCROW_INDEX, "hr"),
    layout.segment_key("hr", RUN, 1, "abcd"): BlobKey(Kind.SEGMENT, "hr", RUN),
    layout.segment_key("hr", RUN, 1, "abcd", "keys"): BlobKey(Kind.KEY_ROWS, "hr", RUN),
    layout.source_key("hr", "payroll", RUN, 1, "abcd"): BlobKey(Kind.SOURCE_ROWS, "hr", RUN),
    layout.shard_key("hr", f"1-{RUN}", 3): BlobKey(Kind.PEOPLE_SHARD, "hr"),
    drift_key("hr"): BlobKey(Kind.DRIFT_INDEX, "hr"),
    drift_part_key("hr", 7): BlobKey(Kind.DRIFT_PART, "hr"),
    shard_list_key("hr"): BlobKey(Kind.SHARD_LIST, "hr"),
    calls_key("hr"): BlobKey(Kind.CALLS, "hr"),
    freshness_key("hr"): BlobKey(Kind.FRESHNESS, "hr"),
    probe_key("hr", "abcd"): BlobKey(Kind.DOCTOR_PROBE, "hr"),
    layout.lane_key("contoso-admin.sharepoint.com"): BlobKey(Kind.LANE),
    layout.watcher_key("contoso-admin.sharepoint.com"): BlobKey(Kind.WATCHER),
    people_calls_key("contoso-admin.sharepoint.com"): BlobKey(Kind.PEOPLE_CALLS),
    proof_key("contoso-admin.sharepoint.com"): BlobKey(Kind.PROOF),
    request_key("0123abcd"): BlobKey(Kind.REQUEST),
    layout.intent_key(RUN): BlobKey(Kind.INTENT, run=RUN),
    layout.file_key(RUN, FILE): BlobKey(Kind.IMPORT_FILE, "hr", RUN, FILE),
    layout.plan_key(RUN, FILE): BlobKey(Kind.PLAN, "hr", RUN, FILE),
    progress_key(RUN, FILE): BlobKey(Kind.PROGRESS, "hr", RUN, FILE),
    run_people_key(RUN): BlobKey(Kind.RUN_PEOPLE, run=RUN),
    rows_key("hr", RUN, 1): BlobKey(Kind.RUN_ROWS, "hr", RUN, FILE),
    shards_key(RUN): BlobKey(Kind.RUN_SHARDS, run=RUN),
    layout.outcome_key(RUN, FILE): BlobKey(Kind.OUTCOME, "hr", RUN, FILE),
    layout.log_key(RUN, FILE, 0, "518e906bea31ffff"): BlobKey(Kind.JOB_LOG, "hr", RUN, FILE),
    layout.decision_key(RUN): BlobKey(Kind.DECISION, run=RUN),
    layout.report_key(RUN): BlobKey(Kind.REPORT, run=RUN),
    layout.round_key(RUN): BlobKey(Kind.ROUND_END, run=RUN),
}


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_taken_apart_as_it_was_built(key: str) -> None:
    """Kind, connector, run and file come back."""
    assert parse(key) == KEYS[key]


def test_every_kind_has_a_key() -> None:
    """A kind that nothing builds would be looked after by nobody."""
    assert {key.kind for key in KEYS.values()} == set(Kind)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "config/upa.yaml",
        "connectors/hr",
        "connectors/hr/other.json",
        "connectors/hr/config/upa.yaml",
        f"runs/2026/11/{RUN}/config/hr/abc",
        "connectors/hr/people/0000.json",
        f"runs/2026/11/{RUN}/notes.txt",
        f"runs/2026/11/{RUN}/files/report.json",
        f"runs/2026/11/{RUN}/archive/{FILE}/log-abc",
        "tenants/contoso/other.json",
        "requests/a/b.json",
    ],
)
def test_a_key_that_nothing_of_ours_makes_has_no_kind(key: str) -> None:
    """What an administrator put there is left alone."""
    assert parse(key) is None


@pytest.mark.parametrize(
    "key", [f"runs/2026/12/{RUN}/report.json", "runs/2026/11/notes/report.json", f"runs/2026/11/{RUN}"]
)
def test_a_key_outside_a_runs_own_folder_belongs_to_no_run(key: str) -> None:
    """The folder's month and the run's are the same, and the run's id is one."""
    assert (run_of(key), run_of(layout.report_key(RUN))) == ("", RUN)


def test_a_runs_blobs_tell_whose_they_are_by_the_import_file() -> None:
    """A report doesn't, its content does."""
    assert connector_named_in(layout.log_key(RUN, FILE, 0, "abc")) == "hr"
    assert connector_named_in(layout.report_key(RUN)) == ""
