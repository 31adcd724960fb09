"""SharePoint's import job: its fields, its states in their order, its errors [SP-3, SP-4, SP-53]."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class JobState(IntEnum):
    """`ImportProfilePropertiesJobState`; in real time Submitted → Processing → Queued → Succeeded | Error."""

    UNKNOWN = 0
    SUBMITTED = 1
    PROCESSING = 2
    QUEUED = 3
    SUCCEEDED = 4
    ERROR = 5


class JobError(IntEnum):
    """`ImportProfilePropertiesJobError`."""

    NO_ERROR = 0
    INTERNAL_ERROR = 1
    DATA_FILE_NOT_EXIST = 20
    DATA_FILE_NOT_IN_TENANT = 21
    DATA_FILE_TOO_BIG = 22
    INVALID_DATA_FILE = 23
    IMPORT_COMPLETE_WITH_ERROR = 30


@dataclass(frozen=True, slots=True)
class ImportJob:
    """One import job. A number that we don't know is kept as it came."""

    id: str
    state: int
    error: int
    message: str
    source_uri: str
    log_folder_uri: str

    @property
    def ended(self) -> bool:
        """True in a final state: SharePoint doesn't change it any more."""
        return self.state in (JobState.SUCCEEDED, JobState.ERROR)

    @property
    def started(self) -> bool:
        """False while it can still be cancelled."""
        return self.state not in (JobState.UNKNOWN, JobState.SUBMITTED)


def state_name(state: int) -> str:
    """Return the name of a state; an unknown number is shown as a number."""
    return JobState(state).name.capitalize() if state in JobState._value2member_map_ else f"state {state}"


def error_name(error: int) -> str:
    """Return the name of an error in SharePoint's own spelling; an unknown number is shown as a number."""
    if error not in JobError._value2member_map_:
        return f"error {error}"
    return "".join(part.capitalize() for part in JobError(error).name.split("_"))
