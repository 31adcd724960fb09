"""Names at run time: run ids, import files, storage keys."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_FILE = re.compile(
    r"upa-(?P<connector>[a-z0-9]+(?:-[a-z0-9]+)*)-(?P<run>\d{8}T\d{6}Z-[a-z0-9]{4,})-\d+(?:-\d{1,4})?"
    r"(?:\.json|-[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}-Logs)"
)
_RUN_ID = re.compile(r"(\d{4})(\d{2})\d{2}T\d{6}Z-[a-z0-9]{4,}")
CONNECTOR_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def run_id(now: datetime, token: str) -> str:
    """Name a run; names sort by time, e.g. `20261122T101500Z-7f3k`."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{token}"


def is_run_id(text: str) -> bool:
    """Tell whether a text that came from outside is a run id."""
    return _RUN_ID.fullmatch(text) is not None


def moment_of(text: str) -> datetime | None:
    """Return when the run, round or generation was named that a name bears the id of, None for another name."""
    found = _RUN_ID.search(text)
    try:
        return datetime.strptime(found[0][:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if found is not None else None
    except ValueError:  # digits that are no moment: a caller's invention
        return None


def run_folder(run: str) -> str:
    """Return the storage prefix of a run, ending in `/`."""
    return f"runs/{run[:4]}/{run[4:6]}/{run}/"


def run_of(key: str) -> str:
    """Return the run whose folder a key lies in; nothing for another key."""
    return "".join(key.split("/")[3:4])


def file_name(connector: str, run: str, sequence: int) -> str:
    """Name an import file: unique for ever, so it is what an import job is looked up by."""
    return f"upa-{connector}-{run}-{sequence}.json"


def upload_name(file: str, attempt: int) -> str:
    """Name an upload of a file: each attempt after the first gets a fresh name."""
    return file if attempt == 1 else f"{file.removesuffix('.json')}-{attempt}.json"


def parse_file_name(name: str) -> tuple[str, str] | None:
    """Return connector and run of an import file, one of its uploads or its log folder; None for any other name."""
    found = _FILE.fullmatch(name)
    return (found["connector"], found["run"]) if found is not None else None


def state_key(connector: str) -> str:
    """Return where a connector's state lies."""
    return f"connectors/{connector}/state.json"


def lane_key(lane: str) -> str:
    """Return where a target tenant's lane lies."""
    return f"tenants/{lane}/lane.json"


def watcher_key(lane: str) -> str:
    """Return where the last look at the file in a lane is noted."""
    return f"tenants/{lane}/watcher.json"


def segment_key(connector: str, round_id: str, number: int, token: str) -> str:
    """Return where a segment lies; the token keeps two writers of one round apart."""
    return f"{rounds_prefix(connector)}{round_id}/{number:05d}-{token}"


def rounds_prefix(connector: str) -> str:
    """Return the prefix of all segments of a connector."""
    return f"connectors/{connector}/rounds/"


def people_prefix(connector: str) -> str:
    """Return the prefix of all people shards of a connector."""
    return f"connectors/{connector}/people/"


def shard_key(connector: str, generation: str, shard: int) -> str:
    """Return where a people shard lies; `generation` is the folder that the state names."""
    return f"{people_prefix(connector)}{generation}/{shard:04d}.json"


def due_key(connector: str) -> str:
    """Return where the index of due escrow lies."""
    return f"connectors/{connector}/escrow-due.json"
