"""Wake-ups between the parts of the pipeline: they only save time, and nothing depends on them."""

from __future__ import annotations

from typing import Protocol


class Waker(Protocol):
    """Sends wake-ups; they may be lost, doubled or late, and nothing may depend on them."""

    def continue_pull(self, connector: str, run: str) -> None:
        """Ask for the open round to be continued (the time budget ended)."""

    def export(self, connector: str, run: str) -> None:
        """Ask for sealed rounds to be exported."""

    def watch(self, connector: str, instance: str) -> None:
        """Ask for an import job to be watched; the instance id is the file's name, with `~2` and so on after it."""
