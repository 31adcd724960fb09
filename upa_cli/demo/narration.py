"""Print in the terminal what the pipeline does while it does it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from upa_core.domain.health.events import Event, EventName, Fields, Level
from upa_core.ports.clock import Clock

_LINES = {
    EventName.ROUND_STARTED: "Graph: {kind} round ({reason})",
    EventName.ROUND_SEALED: "Graph: {rows} records on {pages} page(s); round sealed",
    EventName.SOURCE_SEALED: "{source}: {rows} row(s) of the file to plan",
    EventName.PLAN_MADE: "plan: {updated} people to update, {cleared} to clear, {files} import file(s)",
    EventName.PLAN_EMPTY: "plan: no difference for {people} people: no file, no import job",
    EventName.PLAN_HELD: "plan: held, {why}",
    EventName.FILE_UPLOADED: "SharePoint: uploaded {people} people, {pairs} values, {size} bytes",
    EventName.FILE_QUEUED: "SharePoint: import job {import_job:.8}… handed over",
    EventName.IMPORT_JOB_STATE: "SharePoint: import job is {state}",
    EventName.FILE_ARCHIVED: "archived: the import file and {logs} log(s), hash-checked",
    EventName.FILE_SETTLED: "settled: {exported} people exported, {escrowed} in escrow",
    EventName.CLEANED: "cleaned: {deleted} item(s) deleted for good in the library",
    EventName.RUN_FAILED: "the run failed: {why}",
}


_UNSPOKEN = {"get_run", "get_status", "health"}
_WATCHING = {"watch_import_job": "durable orchestration", "watch_step": "its activity"}


class Narrator:
    """An event sink that prints; the same line twice in a row is printed once."""

    def __init__(self, console: Console) -> None:
        """Print to the console."""
        self._console = console
        self._last = ""
        self._job_state = ""
        self._watching: set[str] = set()
        self.muted = False
        """True: nothing more is printed, so that the last lines stay visible."""
        self.clock: Clock | None = None

    def emit(self, event: Event) -> None:
        """Print the event, if it has a line; an import job's state only when it changes."""
        if event.name is EventName.ROUND_STARTED and event.fields.get("kind") == "delta":
            return
        if event.name is EventName.SOURCE_SEALED and not event.fields.get("rows"):
            return
        if event.name is EventName.IMPORT_JOB_STATE:
            if event.fields.get("state") == self._job_state:
                return
            self._job_state = str(event.fields.get("state"))
        style = {Level.WARNING: "yellow", Level.ERROR: "red"}.get(event.level, "")
        self.line(_line(event.name, event.fields), style)

    def function(self, name: str) -> None:
        """Print that a function of the app was invoked; of the calls that watch an import job only the first."""
        if name in _UNSPOKEN:
            return
        if name in _WATCHING:
            if name in self._watching:
                return
            self._watching.add(name)
        elif name == "export_changes":
            self._watching.clear()
        self.line(f"  → {_WATCHING.get(name, 'function')} {name}", "dim")

    def functions(self, indexed: Sequence[tuple[str, str]]) -> None:
        """List the functions as the worker indexed them."""
        listed = ", ".join(f"{name} ({trigger.removesuffix('Trigger')})" for name, trigger in sorted(indexed))
        self._console.print(f"  [dim]functions indexed by the real worker: {listed}[/]", highlight=False)

    def line(self, text: str, style: str = "") -> None:
        """Print one line with the pipeline's own time."""
        if self.muted or not text or text == self._last:
            return
        self._last = text
        moment = f"{self.clock.now():%a %H:%M}" if self.clock is not None else ""
        self._console.print(f"  [dim]{moment}[/]  {text}", style=style, highlight=False)


def _line(name: EventName, fields: Fields) -> str:
    template = _LINES.get(name, "")
    if name is EventName.ROUND_SEALED and not fields.get("rows"):
        template = "Graph: nothing new"
    if not template:
        return ""
    try:
        return template.format_map(dict(fields))
    except KeyError:
        return ""
