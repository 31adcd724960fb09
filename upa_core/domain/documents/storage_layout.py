"""The key of every blob: each storage key is built and parsed here.

Every kind has its retention, its place in `forget`, in backup and in the housekeeping sweep; a test lists them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from upa_core.domain.documents.ids import is_run_id, parse_file_name

RUNS_PREFIX = "runs/"
RoundFolder = Literal["rounds", "keys"]


class Kind(StrEnum):
    """The kind of a blob."""

    STATE = "state"
    NOTIFIED = "notified"
    ATTEMPTS = "attempts"
    CENSUSES = "censuses"
    CALLS = "last calls"
    FRESHNESS = "freshness"
    CONNECTOR_FILE = "connector file"
    ESCROW_INDEX = "escrow index"
    SEGMENT = "segment"
    KEY_ROWS = "key index"
    SOURCE_ROWS = "rows of a source"
    PEOPLE_SHARD = "people shard"
    DRIFT_INDEX = "index of drift"
    DRIFT_PART = "drift of a partition"
    SHARD_LIST = "list of shards"
    DOCTOR_PROBE = "doctor's probe"
    LANE = "lane"
    WATCHER = "watcher"
    PEOPLE_CALLS = "calls of PeopleManager"
    PROOF = "proof of individual writes"
    REQUEST = "request"
    INTENT = "intent"
    IMPORT_FILE = "import file"
    PLAN = "plan"
    RUN_SHARDS = "shards of a run"
    OUTCOME = "outcome"
    JOB_LOG = "log"
    DECISION = "decision"
    REPORT = "report"
    NAMED_FILE = "name of a run's connector file"
    RUN_PEOPLE = "people of a run"
    RUN_ROWS = "rows of a run's people"
    ROUND_END = "round end"
    PROGRESS = "progress of an individual batch"


@dataclass(frozen=True, slots=True)
class BlobKey:
    """A parsed storage key."""

    kind: Kind
    connector: str = ""
    """The connector that the blob belongs to; "" where the key doesn't say."""
    run: str = ""
    """The run whose folder it is in; for a round end, the round."""
    file: str = ""
    """The import file that it is about; for a connector file, its hash."""


def connector_prefix(connector: str) -> str:
    """Return the prefix of everything of a connector but its runs."""
    return f"connectors/{connector}/"


def state_key(connector: str) -> str:
    """Return the key of a connector's state."""
    return f"{connector_prefix(connector)}state.json"


def censuses_key(connector: str) -> str:
    """Return the key of the censuses: how many people full rounds named."""
    return f"{connector_prefix(connector)}censuses.json"


def notified_key(connector: str) -> str:
    """Return the key of the notification log."""
    return f"{connector_prefix(connector)}told.json"


def attempts_key(connector: str) -> str:
    """Return the key of the failed attempts at steps."""
    return f"{connector_prefix(connector)}attempts.json"


def due_key(connector: str) -> str:
    """Return the key of the index of due escrow."""
    return f"{connector_prefix(connector)}escrow-due.json"


def rounds_prefix(connector: str, folder: RoundFolder = "rounds") -> str:
    """Return the prefix of all segments of a connector, of people or of their keys."""
    return f"{connector_prefix(connector)}{folder}/"


def segment_key(connector: str, round_id: str, number: int, token: str, folder: RoundFolder = "rounds") -> str:
    """Return the key of a segment; the token keeps the segments of two writers of one round apart."""
    return f"{rounds_prefix(connector, folder)}{round_id}/{number:05d}-{token}"


def sources_prefix(connector: str, source: str = "") -> str:
    """Return the prefix of the rows of a connector's secondary sources: of all, or of one."""
    return f"{connector_prefix(connector)}sources/" + (f"{source}/" if source else "")


def source_key(connector: str, source: str, round_id: str, number: int, token: str) -> str:
    """Return the key of a segment of a secondary source's rows."""
    return f"{sources_prefix(connector, source)}{round_id}/{number:05d}-{token}"


def people_prefix(connector: str, generation: str = "") -> str:
    """Return the prefix of a connector's people shards: all of them, or those of one generation."""
    return f"{connector_prefix(connector)}people/" + (f"{generation}/" if generation else "")


def shard_key(connector: str, generation: str, shard: int) -> str:
    """Return the key of a people shard; `generation` is the folder that the state names."""
    return f"{people_prefix(connector, generation)}{shard:04d}.json"


def lane_key(lane: str) -> str:
    """Return the key of a target tenant's lane."""
    return f"tenants/{lane}/lane.json"


def watcher_key(lane: str) -> str:
    """Return the key of the watcher's note: the last look at the file in a lane."""
    return f"tenants/{lane}/watcher.json"


def month_prefix(year: int, month: int) -> str:
    """Return the prefix of the runs of a month."""
    return f"{RUNS_PREFIX}{year:04d}/{month:02d}/"


def run_folder(run: str) -> str:
    """Return the storage prefix of a run, ending in `/`."""
    return f"{RUNS_PREFIX}{run[:4]}/{run[4:6]}/{run}/"


def report_key(run: str) -> str:
    """Return the key of a run's report."""
    return f"{run_folder(run)}report.json"


def round_key(round_id: str) -> str:
    """Return the key of the note that says which run a round ended in."""
    return f"{run_folder(round_id)}round.json"


def intent_key(run: str) -> str:
    """Return the key of a run's intent."""
    return f"{run_folder(run)}intent.json"


def decision_key(run: str) -> str:
    """Return the key of the decision about a held run."""
    return f"{run_folder(run)}decision.json"


def files_prefix(connector: str, run: str) -> str:
    """Return the prefix of a run's import files in our storage."""
    return f"{run_folder(run)}files/upa-{connector}-{run}-"


def file_key(run: str, name: str) -> str:
    """Return the key of a run's import file in our storage."""
    return f"{run_folder(run)}files/{name}"


def plan_key(run: str, name: str) -> str:
    """Return the key of the plan of an import file: what the shadow said of its people.

    A person who isn't in it was wholly unknown.
    """
    return f"{run_folder(run)}plan/{name}"


def outcome_key(run: str, file: str) -> str:
    """Return the key of the archive's manifest of an import file."""
    return f"{run_folder(run)}archive/{file}/outcome.json"


def log_key(run: str, file: str, number: int, digest: str) -> str:
    """Return the key of an archived log of an import file."""
    return f"{run_folder(run)}archive/{file}/log-{number:03d}-{digest[:12]}"


def parse(key: str) -> BlobKey | None:
    """Parse a storage key; None for a key that isn't ours."""
    head, *rest = key.split("/")
    reader = _READERS.get(head)
    return reader(rest) if reader is not None else None


def run_of(key: str) -> str:
    """Return the run or round whose folder a key is in, "" for any other key."""
    parts = key.split("/")
    return parts[3] if len(parts) > 4 and is_run_id(parts[3]) and key.startswith(run_folder(parts[3])) else ""


def connector_named_in(key: str) -> str:
    """Return the connector in the name of the import file that a key holds, "" where it holds none."""
    return next((found[0] for part in key.split("/") if (found := parse_file_name(part)) is not None), "")


_SINGLE = {"people-calls.json": Kind.PEOPLE_CALLS, "individual.json": Kind.PROOF}
_OF_A_CONNECTOR = {
    "state.json": Kind.STATE,
    "told.json": Kind.NOTIFIED,
    "attempts.json": Kind.ATTEMPTS,
    "censuses.json": Kind.CENSUSES,
    "calls.json": Kind.CALLS,
    "freshness.json": Kind.FRESHNESS,
    "escrow-due.json": Kind.ESCROW_INDEX,
    "drift.json": Kind.DRIFT_INDEX,
    "shards.json": Kind.SHARD_LIST,
}
_OF_A_TENANT = {"lane.json": Kind.LANE, "watcher.json": Kind.WATCHER, **_SINGLE}
_OF_A_RUN = {
    "report.json": Kind.REPORT,
    "people.json": Kind.RUN_PEOPLE,
    "round.json": Kind.ROUND_END,
    "intent.json": Kind.INTENT,
    "decision.json": Kind.DECISION,
    "shards": Kind.RUN_SHARDS,
}
_OF_A_FILE = {"files": Kind.IMPORT_FILE, "plan": Kind.PLAN, "individual": Kind.PROGRESS, "rows": Kind.RUN_ROWS}
_CONNECTOR_FILE = re.compile(r"[0-9a-f]{64}\.yaml")
_LOG = re.compile(r"log-[0-9]{3,}-[0-9a-z]+")


def _connectors(parts: list[str]) -> BlobKey | None:
    match parts:
        case [connector, name] if name in _OF_A_CONNECTOR:
            return BlobKey(_OF_A_CONNECTOR[name], connector)
        case [connector, name] if name.startswith("doctor-"):
            return BlobKey(Kind.DOCTOR_PROBE, connector)
        case [connector, "rounds" | "keys" as folder, round_id, _]:
            return BlobKey(Kind.SEGMENT if folder == "rounds" else Kind.KEY_ROWS, connector, round_id)
        case [connector, "sources", _, round_id, _]:
            return BlobKey(Kind.SOURCE_ROWS, connector, round_id)
        case [connector, "config", name] if _CONNECTOR_FILE.fullmatch(name):
            return BlobKey(Kind.CONNECTOR_FILE, connector, file=name.removesuffix(".yaml"))
        case [connector, "people", _, _]:
            return BlobKey(Kind.PEOPLE_SHARD, connector)
        case [connector, "drift", _]:
            return BlobKey(Kind.DRIFT_PART, connector)
    return None


def _runs(parts: list[str]) -> BlobKey | None:
    match parts:
        case [_, _, run, name] if name in _OF_A_RUN:
            return BlobKey(_OF_A_RUN[name], run=run)
        case [_, _, run, folder, file] if folder in _OF_A_FILE:
            return _of_file(_OF_A_FILE[folder], run, file)
        case [_, _, run, "config", connector, digest] if _CONNECTOR_FILE.fullmatch(f"{digest}.yaml"):
            return BlobKey(Kind.NAMED_FILE, connector, run, digest)
        case [_, _, run, "archive", file, "outcome.json"]:
            return _of_file(Kind.OUTCOME, run, file)
        case [_, _, run, "archive", file, name] if _LOG.fullmatch(name):
            return _of_file(Kind.JOB_LOG, run, file)
    return None


def _of_file(kind: Kind, run: str, file: str) -> BlobKey | None:
    named = parse_file_name(file)
    return BlobKey(kind, named[0], run, file) if named is not None else None


def _tenants(parts: list[str]) -> BlobKey | None:
    return BlobKey(_OF_A_TENANT[parts[1]]) if len(parts) == 2 and parts[1] in _OF_A_TENANT else None


def _requests(parts: list[str]) -> BlobKey | None:
    return BlobKey(Kind.REQUEST) if len(parts) == 1 and parts[0].endswith(".json") else None


_READERS: dict[str, Callable[[list[str]], BlobKey | None]] = {
    "connectors": _connectors,
    "runs": _runs,
    "tenants": _tenants,
    "requests": _requests,
}
