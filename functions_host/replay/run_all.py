"""Runs an orchestrator through azure-functions-durable's own executor, with fake activities, on a virtual clock.

    replay = Replay(orchestrator, {"poll": lambda n: "done"})
    outcome = replay.run({"job": 1})
    outcome.output, outcome.virtual_time, [e.history_size for e in outcome.executions]

Stands in for the Durable extension: it writes the history that the extension would write, has the executor replay all
of it at every step, and carries out the actions that come back. A day of polling takes seconds. Every step is
replayed twice, and what an earlier step decided must come out again at every later one. It takes whichever line of
durable is installed: 1.7's executor with JSON, or 2.x's worker with protobufs. Not covered: entities, `call_http`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any

from functions_host.replay.execution import Ended, Run, World
from functions_host.replay.outcome import (
    Call,
    Execution,
    NonDeterministicError,
    OrchestratorFailedError,
    Outcome,
    OutstandingError,
    ReplayError,
    StuckError,
)

__all__ = [
    "Call",
    "Execution",
    "NonDeterministicError",
    "OrchestratorFailedError",
    "Outcome",
    "OutstandingError",
    "Replay",
    "ReplayError",
    "StuckError",
]

OLD_LINE = "1"
START = datetime(2026, 1, 1, tzinfo=UTC)


class Replay:
    """An orchestrator with its surroundings.

    Args:
        orchestrator: the generator function, or the decorated function of an app.
        activities: what each activity (or sub-orchestrator) returns for its input; raising is failing.
        start: virtual time at the start.
        instance_id: as the orchestrator sees it.
        activity_time: how long each activity takes, in virtual time.
        events: external events: when after the start, name, data.
        limit: virtual time after which the run counts as stuck.
    """

    def __init__(
        self,
        orchestrator: Any,
        activities: Mapping[str, Callable[[Any], Any]],
        *,
        start: datetime = START,
        instance_id: str = "replay",
        activity_time: timedelta = timedelta(seconds=1),
        events: Iterable[tuple[timedelta, str, Any]] = (),
        limit: timedelta = timedelta(days=400),
    ) -> None:
        """Keep them. Seven parameters: the choices about an orchestration, all but two with defaults."""
        self._world = World(
            function=_generator(orchestrator),
            activities=activities,
            start=start,
            instance_id=instance_id,
            activity_time=activity_time,
            events=[(start + after, name, data) for after, name, data in events],
            limit=limit,
            now=start,
            outcome=Outcome(),
        )

    @property
    def now(self) -> datetime:
        """Virtual time; an activity may read it."""
        return self._world.now

    def run(self, input_: Any = None) -> Outcome:
        """Run to the end.

        Raises:
            ReplayError: one of its kinds.
        """
        world = self._world
        world.now, world.outcome = world.start, Outcome()
        run = _run_of_this_line()
        ended = Ended(continued=True, value=input_)
        while ended.continued:
            ended = run(world, ended.value).to_its_end()
            world.outcome.executions[-1].ended = world.now
        world.outcome.output = ended.value
        world.outcome.virtual_time = world.now - world.start
        return world.outcome


def _generator(orchestrator: Any) -> Callable[[Any], Any]:
    """Return the generator function inside a decorated orchestrator, or what was given."""
    builder = getattr(orchestrator, "_function", None)
    handle = builder.get_user_function() if builder is not None else orchestrator
    function: Callable[[Any], Any] = getattr(handle, "orchestrator_function", handle)
    return function


def _run_of_this_line() -> Callable[[World, Any], Run]:
    """Return the execution class for the installed azure-functions-durable."""
    if version("azure-functions-durable").split(".")[0] == OLD_LINE:
        from functions_host.replay.v1 import RunV1  # each imports an SDK that the other can't

        return RunV1
    from functions_host.replay.v2.run import RunV2

    return RunV2
