"""Build the key index from the rounds of the directory, which are pulled anyway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.rounds import OpenRound
from upa_core.domain.documents.sources import KeyRows
from upa_core.domain.documents.storage_layout import segment_key
from upa_core.domain.people.changes import as_spelled, compile_projection
from upa_core.ports.bundle import Ports
from upa_core.state.rows.segments import SegmentEncoder, write_encoded


class KeyBook:
    """The keys of people in the pages of a round; empty where no secondary source matches by them."""

    def __init__(self, connector: Connector) -> None:
        """Begin with a connector's key attributes."""
        self._connector = connector
        self._paths = connector.key_paths if connector.secondaries else ()
        self._rows = SegmentEncoder()

    def add(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Add the records of a page."""
        if self._paths:
            self._rows.add(map(compile_projection(as_spelled(self._paths, records)), records))

    def clear(self) -> None:
        """Drop what isn't written yet: the round begins again."""
        self._rows = SegmentEncoder()

    def flush(self, ports: Ports, opened: OpenRound) -> OpenRound:
        """Write the keys so far as a segment, and name it in the open round."""
        if not self._rows:
            return opened
        number = len(opened.keys) + 1
        key = segment_key(self._connector.name, opened.id, number, ports.ids.token(), "keys")
        segment = write_encoded(ports.store, key, self._rows)
        self._rows = SegmentEncoder()
        return replace(opened, keys=(*opened.keys, segment))

    def after(self, state: ConnectorState, opened: OpenRound) -> KeyRows | None:
        """Return the key index after the round is sealed: only a full round with its attributes begins an index."""
        if not self._paths:
            return None
        if opened.kind == "full":
            return KeyRows(self._paths, opened.id, opened.keys, base=len(opened.keys))
        held = state.keys
        if held is None or held.header != self._paths:
            return None
        return replace(held, segments=(*held.segments, *opened.keys))
