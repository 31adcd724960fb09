"""The result of a replayed orchestration, and the reasons why one can't be run to its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


class ReplayError(Exception):
    """The orchestrator can't be run to its end."""


class OrchestratorFailedError(ReplayError):
    """The orchestrator raised; the exception is the cause."""


class NonDeterministicError(ReplayError):
    """The same history led to other actions, output or custom status."""


class OutstandingError(ReplayError):
    """An activity, timer or sub-orchestration was outstanding when the orchestrator continued as new.

    Ids restart with the next run, so its completion could be taken for another task's.
    """


class StuckError(ReplayError):
    """The orchestrator waits for something that will never come, or it runs beyond the limits."""


@dataclass(frozen=True)
class Call:
    """One call of an activity or sub-orchestrator."""

    name: str
    input: Any
    at: datetime
    error: str | None = None


@dataclass
class Execution:
    """One run, from start or continue-as-new to the next."""

    input: Any
    began: datetime
    history_size: int = 0
    """Events at the last replay: the most that the executor has to process."""
    replays: int = 0
    ended: datetime | None = None


@dataclass
class Outcome:
    """The result of a replay."""

    output: Any = None
    custom_status: Any = None
    executions: list[Execution] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    virtual_time: timedelta = timedelta(0)

    @property
    def continued(self) -> int:
        """How often it continued as new."""
        return len(self.executions) - 1

    @property
    def longest_history(self) -> int:
        """The largest number of events of any run."""
        return max(execution.history_size for execution in self.executions)

    @property
    def replays(self) -> int:
        """How many steps there were; each was replayed twice."""
        return sum(execution.replays for execution in self.executions)
