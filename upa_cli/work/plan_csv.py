"""The plan as CSV, clears first: a row for each value that would change, and one for everybody who is out of scope."""

from __future__ import annotations

from collections.abc import Sequence
from shutil import copyfileobj
from typing import TextIO

from upa_cli.shell.context import Cli
from upa_cli.work.users import names_of
from upa_core.domain.plan.entry import Entry
from upa_core.domain.plan.run_rows import KINDS, kind_of
from upa_core.domain.plan.tally import LeftOut
from upa_core.domain.redaction import Redactor
from upa_core.domain.spreadsheet import UNKNOWN, SafeCsv
from upa_core.services.insight.people_rows import COLUMNS
from upa_core.services.insight.scope_view import ScopeView

MAX_ASKED = 2000
"""Names that Graph is asked for, of people whom this plan didn't read; the others have an object id alone."""
_AT_ONCE = 200


class PlanCsv:
    """Writes every entry of the plan while the plan is made."""

    def __init__(self, cli: Cli, stream: TextIO, redactor: Redactor, names: dict[str, str], later: TextIO) -> None:
        """Write the headings; `names` grows while people are read; `later` holds people without a clear meanwhile."""
        self._cli, self._redactor, self._names = cli, redactor, names
        self._stream, self._csv = stream, SafeCsv(stream, COLUMNS)
        self._later, self._csv_later = later, SafeCsv(later)
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
        self._bring_later()
        self._why = "proposed: not sent"

    def close(self, view: ScopeView) -> None:
        """Write the remaining rows, and the people out of scope with the reasons."""
        self._write()
        self._bring_later()
        self._ask(list(view.outside))
        for person, why in sorted(view.outside.items()):
            self._csv.row((person, self._names.get(person, ""), "", "", "", "", "out_of_scope", why, ""))

    def _bring_later(self) -> None:
        """Write the people without a clear: they waited in a file of their own, since a plan may be large."""
        self._later.seek(0)
        copyfileobj(self._later, self._stream)
        self._later.seek(0)
        self._later.truncate()

    def _write(self) -> None:
        self._ask([entry.person for entry in self._waiting])
        for entry in self._waiting:
            sheet, name = self._csv if entry.clears else self._csv_later, self._names.get(entry.person, "")
            values = [(kind_of(entry.old.get(target), new), target, new) for target, new in entry.new.items()]
            for kind, target, new in sorted(values, key=lambda one: (KINDS.index(one[0]), one[1])):
                old = entry.old.get(target)
                shown = UNKNOWN if old is None else self._redactor.value(target, old)
                new_shown = self._redactor.value(target, new)
                sheet.row((entry.person, name, target, kind, shown, new_shown, "planned", self._why, ""))
        self._waiting.clear()

    def _ask(self, people: list[str]) -> None:
        unknown = [person for person in people if person not in self._names][: MAX_ASKED - self._asked]
        self._asked += len(unknown)
        if unknown:
            self._names.update(names_of(self._cli, unknown))
