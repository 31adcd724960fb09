"""The next step of a connector, as the use cases return it to the orchestrator, the timer and `upa run`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

StepKind = Literal["again", "poll", "idle"]


@dataclass(frozen=True, slots=True)
class Step:
    """One answer to "what comes next?".

    `again`: more can be done at once; `poll`: come back at `at`; `idle`: nothing is due (`at`: the earliest moment that
    something will be).
    """

    kind: StepKind
    why: str
    at: datetime | None = None
    run: str = ""
    file: str = ""
