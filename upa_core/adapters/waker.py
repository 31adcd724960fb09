"""Wake-ups: collected for a trigger to send, or dropped where a plain loop needs none."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Wake:
    """One wake-up; carries ids only."""

    connector: str
    run: str = ""


@dataclass(slots=True)
class GatheringWaker:
    """Keeps the wake-ups of one invocation, each once, in order."""

    pulls: list[Wake] = field(default_factory=list)
    exports: list[Wake] = field(default_factory=list)
    watches: list[tuple[str, str]] = field(default_factory=list)
    """Connector and instance id of the watching orchestration."""

    def continue_pull(self, connector: str, run: str) -> None:
        """Keep a hand-over of pulling."""
        _add(self.pulls, Wake(connector, run))

    def export(self, connector: str, run: str) -> None:
        """Keep a request to export."""
        _add(self.exports, Wake(connector, run))

    def watch(self, connector: str, instance: str) -> None:
        """Keep a request to watch an import file."""
        if (connector, instance) not in self.watches:
            self.watches.append((connector, instance))


class SilentWaker:
    """Drops every wake-up: the caller reads from storage what is due."""

    def continue_pull(self, connector: str, run: str) -> None:
        """Drop it."""

    def export(self, connector: str, run: str) -> None:
        """Drop it."""

    def watch(self, connector: str, instance: str) -> None:
        """Drop it."""


def _add(wakes: list[Wake], wake: Wake) -> None:
    if all(wake.connector != known.connector for known in wakes):
        wakes.append(wake)
