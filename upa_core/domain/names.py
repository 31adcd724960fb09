"""Names at run time: run ids, import files, storage keys (DESIGN, "Configuration and names")."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_RUN_ID = re.compile(r"(\d{4})(\d{2})\d{2}T\d{6}Z-[a-z0-9]{4,}")
CONNECTOR_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def run_id(now: datetime, token: str) -> str:
    """Name a run; names sort by time, e.g. `20261122T101500Z-7f3k`."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{token}"


def is_run_id(text: str) -> bool:
    """Tell whether a text that came from outside is a run id."""
    return _RUN_ID.fullmatch(text) is not None


def run_folder(run: str) -> str:
    """Return the storage prefix of a run, ending in `/`."""
    return f"runs/{run[:4]}/{run[4:6]}/{run}/"


def file_name(connector: str, run: str, sequence: int) -> str:
    """Name an import file: unique for ever, so it is what an import job is looked up by."""
    return f"upa-{connector}-{run}-{sequence}.json"


def upload_name(file: str, attempt: int) -> str:
    """Name an upload of a file: each attempt after the first gets a fresh name."""
    return file if attempt == 1 else f"{file.removesuffix('.json')}-{attempt}.json"


def state_key(connector: str) -> str:
    """Return where a connector's state lies."""
    return f"connectors/{connector}/state.json"


def lane_key(lane: str) -> str:
    """Return where a target tenant's lane lies."""
    return f"tenants/{lane}/lane.json"


def segment_key(connector: str, round_id: str, number: int, token: str) -> str:
    """Return where a segment lies; the token keeps two writers of one round apart."""
    return f"{rounds_prefix(connector)}{round_id}/{number:05d}-{token}"


def rounds_prefix(connector: str) -> str:
    """Return the prefix of all segments of a connector."""
    return f"connectors/{connector}/rounds/"


def shard_key(connector: str, generation: int, shard: int) -> str:
    """Return where a people shard lies."""
    return f"connectors/{connector}/people/{generation}/{shard:04d}.json"


def due_key(connector: str) -> str:
    """Return where the index of due escrow lies."""
    return f"connectors/{connector}/escrow-due.json"
