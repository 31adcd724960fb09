"""Tell in the terminal what the pipeline does while it does it."""

from __future__ import annotations

from rich.console import Console

from upa_core.domain.events import Event, EventName, Fields, Level
from upa_core.ports.clock import Clock

_LINES = {
    EventName.ROUND_STARTED: "Graph: {kind} round ({reason})",
    EventName.ROUND_SEALED: "Graph: {rows} records on {pages} page(s), sealed; the watermark moved",
    EventName.PLAN_MADE: "plan: values of {updated} people to set, of {cleared} to clear, in {files} import file(s)",
    EventName.PLAN_EMPTY: "plan: no difference for {people} people, so no file and no import job",
    EventName.PLAN_HELD: "plan: held, {why}",
    EventName.FILE_UPLOADED: "SharePoint: import file uploaded, {people} people, {pairs} values, {size} bytes",
    EventName.FILE_QUEUED: "SharePoint: import job {import_job} queued",
    EventName.IMPORT_JOB_STATE: "SharePoint: import job is {state}",
    EventName.FILE_ARCHIVED: "archived: import file and {logs} log file(s), hash-checked",
    EventName.FILE_SETTLED: "settled: {exported} people exported, {escrowed} in escrow",
    EventName.CLEANED: "cleaned: {deleted} file(s) and folder(s) deleted for good from the library",
    EventName.RUN_FAILED: "the run failed: {why}",
}


class Narrator:
    """An event sink that prints; the same line twice in a row is printed once."""

    def __init__(self, console: Console) -> None:
        """Print to the console."""
        self._console = console
        self._last = ""
        self.clock: Clock | None = None

    def emit(self, event: Event) -> None:
        """Print the event, if it has a line."""
        line = _line(event.name, event.fields)
        if not line or line == self._last:
            return
        self._last = line
        style = {Level.WARNING: "yellow", Level.ERROR: "red"}.get(event.level, "")
        moment = f"{self.clock.now():%a %H:%M:%S}" if self.clock is not None else ""
        self._console.print(f"  [dim]{moment}[/]  {line}", style=style, highlight=False)


def _line(name: EventName, fields: Fields) -> str:
    template = _LINES.get(name, "")
    if not template:
        return ""
    try:
        return template.format_map(dict(fields))
    except KeyError:
        return ""
