"""Import jobs: the tenant's record of each, and their numbers on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from tenant_sim.upa.importer import IdType, JobError, Outcome

NO_JOB = "00000000-0000-0000-0000-000000000000"


class JobState(IntEnum):
    """States of an import job [SP-3]."""

    UNKNOWN = 0  # [SP-60]
    SUBMITTED = 1
    PROCESSING = 2
    QUEUED = 3
    SUCCEEDED = 4
    ERROR = 5

    @property
    def terminal(self) -> bool:
        """Whether the job has ended."""
        return self in (JobState.SUCCEEDED, JobState.ERROR)


@dataclass
class ImportJob:
    """One import job."""

    job_id: str
    nth: int
    """1 for the first job ever queued."""
    id_type: IdType
    id_property: str
    mapping: dict[str, str]
    """JSON property → profile property."""
    source_uri: str
    submitted_at: float
    state: JobState = JobState.SUBMITTED
    error: JobError = JobError.NO_ERROR
    error_message: str = ""
    log_folder_uri: str = ""
    file: bytes | None = None
    """The bytes as downloaded."""
    outcome: Outcome | None = None
    reads: int = 0
    """How often its state was read, in the mode that advances by reads."""
    told_id: str = ""
    """The id the queue call returned; sometimes empty although the job started."""
    cancelled: bool = False
    ended_at: float | None = None
    transitions: list[tuple[float, str]] = field(default_factory=list)
    """(time, state name) of every state it went through."""

    def enter(self, state: JobState, moment: float) -> None:
        """Go into a state."""
        self.state = state
        self.transitions.append((moment, state.name))
        if state.terminal:
            self.ended_at = moment
