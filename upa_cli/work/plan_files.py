"""The import files that a run would send, byte for byte, into a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from upa_cli.shell.exits import USAGE, CommandError
from upa_core.domain.connector import Connector
from upa_core.domain.documents.ids import run_id
from upa_core.domain.documents.storage_layout import file_key
from upa_core.domain.plan.entry import Entry
from upa_core.domain.plan.tally import LeftOut
from upa_core.ports.bundle import Ports
from upa_core.services.plan.shard_work import PlanSink
from upa_core.state.document import state_of
from upa_core.state.overlay import OverlayStore
from upa_core.state.plan_writer import PlanWriter


class PlanFiles:
    """A plan sink: splits the plan as a run would, in memory, and writes the files at the end."""

    def __init__(self, ports: Ports, connector: Connector, also: PlanSink | None = None) -> None:
        """Take the plan as for a run of this moment, and pass it on to `also`."""
        self._store = OverlayStore(ports.store, ports.clock)
        self._run = run_id(ports.clock.now(), ports.ids.token())
        state, apart = state_of(ports.store, connector.name).load().value, replace(ports, store=self._store)
        self._writer = PlanWriter(apart, connector, self._run, state.sequence, people=state.people_of_a_file)
        self._also = also

    def add(self, entries: Sequence[Entry], left_out: Sequence[LeftOut] = ()) -> None:
        """Take people's changes."""
        self._writer.add(entries, left_out)
        if self._also is not None:
            self._also.add(entries, left_out)

    def write(self, folder: Path) -> list[str]:
        """Write the files, readable by their owner alone; return their names.

        Raises `CommandError` where the folder can't be written.
        """
        names = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for file in self._writer.close():
                blob = self._store.get(file_key(self._run, file.name))
                place = folder / file.name
                place.touch(mode=0o600)
                place.write_bytes(blob.data if blob is not None else b"")
                names.append(file.name)
        except OSError as exc:
            raise CommandError(f"{folder} can't be written ({exc.strerror}): name another folder", USAGE) from exc
        return names
