"""Values on their way to profiles: a difference that one of them explains isn't drift."""

from __future__ import annotations

import orjson

from upa_core.domain.connector import Connector
from upa_core.domain.documents.lane import Abandoned, InFlight
from upa_core.domain.documents.runs import BULK
from upa_core.domain.documents.storage_layout import file_key
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.plan.batch import BatchForm
from upa_core.ports.bundle import Ports
from upa_core.state.document import lane_of, state_of
from upa_core.state.plan_reader import form_of


class OnItsWay:
    """The batches that may write now, as storage showed them when this was made."""

    def __init__(self, ports: Ports, connector: Connector) -> None:
        """Note the open run's batches, and those of import jobs that were given up."""
        self._ports, self._every = ports, frozenset(connector.targets)
        state = state_of(ports.store, connector.name).load().value
        lane = lane_of(ports.store, connector).load().value
        run = state.run
        batches = [(run.id, one.name, one.route) for one in run.files if not one.settled] if run is not None else []
        lanes: list[Abandoned | InFlight] = [*lane.abandoned, *([lane.in_flight] if lane.in_flight is not None else [])]
        batches += [(one.run, one.file, BULK) for one in lanes if one.connector == connector.name]
        self._batches = list(dict.fromkeys(batches))
        self._kept: dict[tuple[str, str, str], bytes | None] = {}

    def targets(self, person: str) -> frozenset[str]:
        """Return a person's properties in these batches; all properties where a batch can't be read."""
        named: frozenset[str] = frozenset()
        for batch in self._batches:
            named |= self._named(batch, person)
        return named

    def _named(self, batch: tuple[str, str, str], person: str) -> frozenset[str]:
        run, name, route = batch
        form = form_of(self._ports, route)
        if batch not in self._kept:
            blob = self._ports.store.get(file_key(run, name))
            self._kept[batch] = blob.data if blob is not None and _is_whole(form, blob.data) else None
        data = self._kept[batch]
        if data is None:
            return self._every
        if person.encode() not in data:
            return frozenset()
        try:
            piece = form.split(data).get(person)
            return frozenset(form.read([piece], orjson.loads)[person]) if piece is not None else frozenset()
        except CorruptStateError:
            return self._every


def _is_whole(form: BatchForm, data: bytes) -> bool:
    """Return whether a batch can be read to its end: a person may be in the part that a damaged copy lost."""
    try:
        form.split(data)
    except CorruptStateError:
        return False
    return True
