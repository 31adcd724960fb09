"""An administrator's controls of a connector: pause, resume, go, and resets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState, PeopleIndex
from upa_core.domain.documents.ids import run_id
from upa_core.domain.documents.quarantine import switched_on
from upa_core.domain.documents.runs import Retry
from upa_core.domain.documents.storage_layout import censuses_key
from upa_core.domain.errors import RefusedError
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.shadow import Shard
from upa_core.ports.bundle import Ports
from upa_core.services.wake import wake
from upa_core.state.change_people import change_people_between_runs, next_sequence
from upa_core.state.document import state_of
from upa_core.state.people import People

Reset = Literal["token", "shadow", "escrow", "quarantine"]


def pause(ports: Ports, connector: Connector, by: str) -> None:
    """Stop exporting: the import job in flight is watched to its end, nothing new is sent; pulling continues."""
    now = ports.clock.now()

    def stop(state: ConnectorState) -> ConnectorState:
        return state if state.paused else replace(state, paused=True, paused_since=now, paused_by=by)

    _change(ports, connector, "pause", by, stop)


def resume(ports: Ports, connector: Connector, by: str) -> None:
    """End a pause, switch on what quarantine switched off, and retry failed work at once."""
    now = ports.clock.now()

    def begin(state: ConnectorState) -> ConnectorState:
        return replace(
            state,
            paused=False,
            paused_since=None,
            paused_by="",
            quarantine=switched_on(state.quarantine, now),
            retry=_due(state.retry, now),
            pull_retry=_due(state.pull_retry, now),
        )

    _change(ports, connector, "resume", by, begin)
    wake(ports, ports.waker.continue_pull, connector.name, "")
    wake(ports, ports.waker.export, connector.name, "")


def go(ports: Ports, connector: Connector, by: str) -> None:
    """End staging mode: plans are exported from now on, until mappings, scope or source change again."""
    _change(ports, connector, "go", by, lambda state: replace(state, released=True, released_to=connector.export_hash))
    wake(ports, ports.waker.export, connector.name, "")


def reset(ports: Ports, connector: Connector, what: Reset, by: str) -> None:
    """Drop one part of the stored state.

    `token`: the watermark and the open round; a full round follows. `shadow`: what SharePoint confirmed; everything is
    sent again by a full round. `escrow`: everybody in it is due now. `quarantine`: failures so far are forgotten.

    Raises `RefusedError` for a shadow while a run is open or held: its files would settle into the new one. A run that
    was planned for another tenant than the connector now points to is dropped with the shadow; its rounds stay.
    """
    if what == "escrow":
        _escrow_due_now(ports, connector)
        _change(ports, connector, "reset escrow", by, lambda state: state)
        wake(ports, ports.waker.export, connector.name, "")
        return
    changes: dict[str, Callable[[ConnectorState], ConnectorState]] = {
        "token": lambda state: replace(state, watermark=None, open_round=None),
        "shadow": lambda state: _without_shadow(ports, connector, state),
        "quarantine": lambda state: replace(state, quarantine=None, retry=None, pull_retry=None),
    }
    _change(ports, connector, f"reset {what}", by, changes[what])
    if what == "shadow":
        ports.store.delete(censuses_key(connector.name))
    wake(ports, ports.waker.continue_pull, connector.name, "")
    if what == "quarantine":
        wake(ports, ports.waker.export, connector.name, "")


def approve_offers(ports: Ports, connector: Connector, sources: Sequence[str], by: str) -> dict[str, tuple[str, ...]]:
    """Let held offers of secondary sources be read, all of them by one tick; return why each was held.

    The approval is for exactly that content: another file is judged again. Raises `RefusedError`, and approves none,
    where nothing of one of them is held.
    """
    holds: dict[str, tuple[str, ...]] = {}

    def approve(state: ConnectorState) -> ConnectorState:
        for source in sources:
            one = state.source(source)
            if not one.held:
                raise RefusedError(f"nothing of {source} is held")
            holds[source] = one.holds
            state = state.with_source(replace(one, approved=one.held, approved_by=by, failures=0, not_before=None))
        return state

    _change(ports, connector, f"approve what {', '.join(sources)} offers", by, approve)
    wake(ports, ports.waker.continue_pull, connector.name, "")
    return holds


def _due(retry: Retry | None, now: datetime) -> Retry | None:
    return replace(retry, not_before=now) if retry is not None and retry.not_before > now else retry


def _without_shadow(ports: Ports, connector: Connector, state: ConnectorState) -> ConnectorState:
    """Return the state with an empty generation of people; housekeeping deletes the old one."""
    moved = state.target not in ("", connector.target.lane)
    if not moved and (state.run is not None or state.hold is not None):
        raise RefusedError("the shadow can't be reset while a run is open or held")
    if state.urgent is not None:
        raise RefusedError("the shadow can't be reset while somebody is written: try again in a few minutes")
    fresh = PeopleIndex(state.people.generation + 1, 1, 0, run_id(ports.clock.now(), ports.ids.token()))
    begun = replace(state, people=fresh, watermark=None, open_round=None, run=None, hold=None)
    return replace(begun, target="", sequence=state.sequence + 1, refused=())


def _escrow_due_now(ports: Ports, connector: Connector) -> None:
    now, sequence = ports.clock.now(), next_sequence(ports, connector)

    def change(shard: Shard, person: str) -> None:
        if person in shard.escrow:
            shard.escrow.ask(person, EscrowReason.REQUESTED, now=now, sequence=sequence)

    index = state_of(ports.store, connector.name).load().value.people
    people = People(ports.store, connector, index)
    for number in sorted(people.books()):
        change_people_between_runs(ports, connector, list(people.load(number).value.escrow), change)


def _change(
    ports: Ports, connector: Connector, what: str, by: str, change: Callable[[ConnectorState], ConnectorState]
) -> None:
    state_of(ports.store, connector.name).update(change)
    fields = {"control": what, "by": by}
    ports.events.emit(Event(EventName.CONTROLLED, connector.name, level=Level.WARNING, fields=fields))
