"""Names at run time: run ids, import files, connectors, object ids.

Ids are plain ASCII and bounded in length, here and nowhere else: whatever is made of them is a storage key.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

MAX_CONNECTOR_NAME = 40
"""A connector file allows 32 characters; a canary of an earlier release has a name that is longer by its suffix."""

_RUN = r"[0-9]{8}T[0-9]{6}Z-[a-z0-9]{4,16}"
_GUID = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_CONNECTOR = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_FILE = re.compile(
    rf"upa-(?P<connector>{_CONNECTOR})-(?P<run>{_RUN})-[0-9]{{1,9}}(?:-[0-9]{{1,4}})?(?:\.json|-{_GUID}-Logs)"
)
_IS_RUN = re.compile(_RUN)
_IS_GUID = re.compile(_GUID)
_IS_CONNECTOR = re.compile(_CONNECTOR)


def run_id(now: datetime, token: str) -> str:
    """Return a run id; ids sort by time, e.g. `20261122T101500Z-7f3k`."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{token}"


def is_run_id(text: str) -> bool:
    """Return whether a text from outside is a run id."""
    return _IS_RUN.fullmatch(text) is not None


def is_guid(text: str) -> bool:
    """Return whether a text from outside is a GUID: an object id, or an import job's id."""
    return _IS_GUID.fullmatch(text) is not None


CANARY = "-canary"
"""Ends the name of a canary of an earlier release, which had a state of its own."""


def is_connector_name(text: str) -> bool:
    """Return whether a text from outside can be a connector's name."""
    return len(text) <= MAX_CONNECTOR_NAME and _IS_CONNECTOR.fullmatch(text) is not None


def moment_of(text: str) -> datetime | None:
    """Return the moment in the name of a run, round or generation; None for any other name."""
    found = _IS_RUN.search(text)
    try:
        return datetime.strptime(found[0][:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if found is not None else None
    except ValueError:  # digits that are no moment: somebody made them up
        return None


def file_name(connector: str, run: str, sequence: int) -> str:
    """Return the name of an import file. It is never used again, and an import job is looked up by it."""
    return f"upa-{connector}-{run}-{sequence}.json"


def upload_name(file: str, attempt: int) -> str:
    """Return the name of an upload of a file; each attempt after the first has a new name."""
    return file if attempt == 1 else f"{file.removesuffix('.json')}-{attempt}.json"


def parse_file_name(name: str) -> tuple[str, str] | None:
    """Return connector and run of an import file, of an upload or of its log folder; None for any other name."""
    found = _FILE.fullmatch(name)
    if found is None or not is_connector_name(found["connector"]):
        return None
    return found["connector"], found["run"]


def is_log_folder_of(name: str, upload: str) -> bool:
    """Return whether a folder's name is that of an import job's log: upload, import job, `-Logs` [SP-43]."""
    folded, stem = name.casefold(), upload.casefold()
    for head in (f"{stem}-", f"{stem.removesuffix('.json')}-"):
        if folded.startswith(head) and folded.endswith("-logs") and is_guid(folded[len(head) : -len("-logs")]):
            return True
    return False


def is_upload_of(name: str, file: str) -> bool:
    """Return whether a name is that of an upload of an import file."""
    stem = file.removesuffix(".json")
    return re.fullmatch(rf"{re.escape(stem)}(-[0-9]{{1,4}})?\.json", name, re.IGNORECASE) is not None
