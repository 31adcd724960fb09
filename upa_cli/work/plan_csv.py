"""The plan as CSV: a row for each value that would change, and one for everybody who is out of scope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from upa_cli.shell.context import Cli
from upa_cli.work.users import names_of
from upa_core.domain.plan.planner import Entry
from upa_core.domain.plan.tally import LeftOut
from upa_core.domain.redaction import Redactor
from upa_core.domain.spreadsheet import UNKNOWN, SafeCsv
from upa_core.services.insight.scope_view import ScopeView

COLUMNS = ("person", "user", "property", "change", "old", "new", "why")
MAX_ASKED = 2000
"""Names that Graph is asked for, of people whom this plan didn't read; the others have an object id alone."""
_AT_ONCE = 200


class PlanCsv:
    """Writes every entry of the plan while the plan is made."""

    def __init__(self, cli: Cli, stream: TextIO, redactor: Redactor, names: dict[str, str]) -> None:
        """Write the headings; `names` grows while people are read."""
        self._cli, self._redactor, self._names = cli, redactor, names
        self._csv = SafeCsv(stream, COLUMNS)
        self._waiting: list[Entry] = []
        self._asked = 0
        self._why = ""

    def add(self, entries: Sequence[Entry], left_out: Sequence[LeftOut] = ()) -> None:
        """Write people's changes; a value that isn't sent has no row."""
        del left_out
        self._waiting += entries
        if len(self._waiting) >= _AT_ONCE:
            self._write()

    def proposed(self) -> None:
        """Mark the following entries as those of proposed mappings."""
        self._write()
        self._why = "proposed: not sent"

    def close(self, view: ScopeView) -> None:
        """Write the remaining rows, and the people out of scope with the reasons."""
        self._write()
        self._ask(list(view.outside))
        for person, why in sorted(view.outside.items()):
            self._csv.row((person, self._names.get(person, ""), "", "out_of_scope", "", "", why))

    def _write(self) -> None:
        self._ask([entry.person for entry in self._waiting])
        for entry in self._waiting:
            for target, new in sorted(entry.new.items()):
                old = entry.old.get(target)
                shown = UNKNOWN if old is None else self._redactor.value(target, old)
                kind, new_shown = "clear" if new == "" else "set", self._redactor.value(target, new)
                name = self._names.get(entry.person, "")
                self._csv.row((entry.person, name, target, kind, shown, new_shown, self._why))
        self._waiting.clear()

    def _ask(self, people: list[str]) -> None:
        unknown = [person for person in people if person not in self._names][: MAX_ASKED - self._asked]
        self._asked += len(unknown)
        self._names.update(names_of(self._cli, unknown))
