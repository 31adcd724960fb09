"""The ports that the use cases of one connector work with, and the routes by which its values travel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from upa_core.domain.connector import Connector
from upa_core.domain.documents.lane import Outcome
from upa_core.domain.next_step import Step
from upa_core.domain.people.verdict import Verdict
from upa_core.domain.plan.batch import BatchForm
from upa_core.ports.change_source import ChangeSource
from upa_core.ports.clock import Clock, Ids
from upa_core.ports.events import Events
from upa_core.ports.import_jobs import ImportJobs
from upa_core.ports.library import Library
from upa_core.ports.row_source import RowSource
from upa_core.ports.single_profiles import SingleProfiles
from upa_core.ports.store import Store
from upa_core.ports.waker import Waker


class Route(Protocol):
    """One way by which a planned change reaches its target.

    Every route promises the same: at least once, full values, idempotent; it stores its intent before it has an effect,
    archives the answer before it settles, and settles from the archive alone. So each call may be repeated, and may be
    made by another instance than the one before.
    """

    @property
    def form(self) -> BatchForm:
        """Return the form of its batches."""

    def prepare(self, ports: Ports, connector: Connector) -> Connector:
        """Return the connector as it can be planned now: a mapping that can't be written says why (`unproven`)."""

    def advance(self, ports: Ports, connector: Connector) -> Step:
        """Take the next step with the route's batches of the open run, the first batch first (`next_delivery`).

        A batch that is over is archived and handed to `services.deliver.finish`, which settles it. `again`: more can be
        done at once; `poll`: not before `at`; `idle`: somebody must act first.

        Raises:
            ConflictError: another instance is at work; nothing was done twice.
            RetryLaterError: a service or the storage can't be reached; nothing is lost.
            FatalError: an administrator must act; nothing is lost.
        """

    def judge(self, ports: Ports, outcome: Outcome, people: Mapping[str, bytes]) -> Verdict:
        """Return the verdict over a batch by its archive; the same at every call, without asking the target.

        Args:
            ports: those of the connector.
            outcome: the archive's manifest.
            people: what the batch says of each person, as its form's `split` returned it.

        Raises `CorruptStateError` where something that the archive names is missing.
        """


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
    routes: Mapping[str, Route]
    """By name; a batch is read by its route's form."""
    rows: Mapping[str, RowSource] = field(default_factory=dict)
    """The secondary sources by name."""
    connector_file: str = ""
    """The connector file in force, without secrets; "" where there is none.

    A run names the file that it was planned with.
    """
    profiles: SingleProfiles | None = None
    """Single profiles of the target; None where nobody reads any."""

    def prepared(self, connector: Connector) -> Connector:
        """Return the connector as it can be planned now: a mapping that its route can't write says why (`unproven`)."""
        for route in sorted({mapping.route for mapping in connector.active} & self.routes.keys()):
            connector = self.routes[route].prepare(self, connector)
        return connector

    def unproven(self, connector: Connector) -> dict[str, str]:
        """Return why properties can't be written with their present mapping, by property; none where all can.

        Raises as the routes do that ask a token or the storage.
        """
        return {mapping.target: mapping.unproven for mapping in self.prepared(connector).active if mapping.unproven}
