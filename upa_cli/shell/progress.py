"""Print on the error stream what the pipeline does while it does it; the result goes to standard output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console
from rich.text import Text

from upa_cli.shell.output import clean, duration
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.domain.next_step import Step
from upa_core.ports.clock import Clock

_LINES = {
    EventName.ROUND_STARTED: "reading people from Graph: {kind} round ({reason})",
    EventName.ROUND_SEALED: "read {rows} records on {pages} page(s)",
    EventName.ROUND_RESYNC: "Graph asked for a resync ({code}): reading everybody",
    EventName.PULL_PAUSED: "Graph asked for a pause of {seconds} s: {reason}",
    EventName.PLAN_MADE: "plan: values of {updated} people to set, of {cleared} to clear, in {files} import file(s)",
    EventName.PLAN_EMPTY: "plan: nothing differs for {people} people: no file, no import job",
    EventName.PLAN_HELD: "plan held: {why}",
    EventName.FILE_UPLOADED: "import file uploaded: {people} people, {pairs} values, {size} bytes",
    EventName.FILE_POSTPONED: "SharePoint can't take the import file now: {reason}; next try in {seconds:.0f} s",
    EventName.FILE_QUEUED: "SharePoint took the file: import job {import_job}",
    EventName.IMPORT_JOB_STATE: "import job is {state}",
    EventName.IMPORT_JOB_STALLED: "the import job takes unusually long ({state}); still waiting",
    EventName.IMPORT_JOB_ABANDONED: "an import job was given up after 24 h",
    EventName.FILE_ARCHIVED: "archived: import file and {logs} log file(s), hash-checked",
    EventName.FILE_SETTLED: "settled: {exported} people exported, {escrowed} in escrow",
    EventName.CLEANED: "cleaned: {deleted} item(s) deleted for good from the library",
    EventName.CLEAN_POSTPONED: "cleaning postponed: {reason}",
    EventName.RUN_FAILED: "the run failed: {why}",
    EventName.QUARANTINED: "the connector is in quarantine: {reason}",
    EventName.QUARANTINE_LEFT: "the connector has left quarantine",
    EventName.SWITCHED_OFF: "the connector is switched off after {days} days in quarantine: {reason}",
}
_STYLES = {Level.WARNING: "yellow", Level.ERROR: "red"}


class Progress:
    """Implements the port `Events`: prints events that have a line; a repeated line is printed once."""

    def __init__(self, console: Console, *, quiet: bool = False, everything: bool = False) -> None:
        """Print to the console; `everything`: also the names and fields of events without a line."""
        self._console, self._quiet, self._everything = console, quiet, everything
        self._last = ""
        self.clock: Clock | None = None

    def emit(self, event: Event) -> None:
        """Print the event, if it has a line."""
        line = self._line(event)
        if self._quiet or not line or line == self._last:
            return
        self._last = line
        moment = f"{self.clock.now():%H:%M:%S}  " if self.clock is not None else ""
        shown = "".join(char if char.isprintable() else "?" for char in line)
        self._console.print(Text().append(moment, "dim").append(shown, _STYLES.get(event.level, "")))

    @contextmanager
    def waiting(self) -> Iterator[Callable[[Step], None]]:
        """Keep one live line in a terminal about the present wait; it is called with each step.

        Elsewhere it does nothing.
        """
        if self._quiet or not self._console.is_terminal:
            yield lambda _: None
            return
        since: dict[str, datetime] = {}
        with self._console.status("working…", spinner="dots") as live:

            def show(step: Step) -> None:
                if step.kind != "poll" or step.at is None or self.clock is None:
                    live.update("working…")
                    return
                now = self.clock.now()
                began = since.setdefault(step.file, now)
                waited = f"waiting for {duration((now - began).total_seconds())} ({step.why})"
                text = f"{waited}; looking again at {step.at:%H:%M:%S}. Ctrl-C loses nothing"
                live.update(Text(clean(text)))

            yield show

    def _line(self, event: Event) -> str:
        try:
            line = _LINES.get(event.name, "").format_map({**event.fields, "import_job": ", ".join(event.import_jobs)})
        except KeyError:
            line = ""
        if not line and self._everything:
            line = f"{event.name} " + " ".join(f"{name}={value}" for name, value in event.fields.items())
        return line
