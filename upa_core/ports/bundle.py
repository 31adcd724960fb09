"""The ports that the use cases of one connector work with."""

from __future__ import annotations

from dataclasses import dataclass

from upa_core.ports.change_source import ChangeSource
from upa_core.ports.clock import Clock, Ids
from upa_core.ports.events import Events
from upa_core.ports.import_jobs import ImportJobs
from upa_core.ports.library import Library
from upa_core.ports.store import Store
from upa_core.ports.waker import Waker


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything outside that a connector's use cases touch."""

    store: Store
    source: ChangeSource
    library: Library
    import_jobs: ImportJobs
    clock: Clock
    ids: Ids
    events: Events
    waker: Waker
