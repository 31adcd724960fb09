"""Pull a connector: the directory first, then each secondary source; the failure of one stops no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.errors import CorruptStateError, FatalError, OfferHeldError, RetryLaterError
from upa_core.domain.health.events import Event, EventName, Fields, Level
from upa_core.domain.pauses import failed_run_pause, is_early
from upa_core.domain.sources.joined.secondary import Secondary
from upa_core.ports.bundle import Ports
from upa_core.services.pull.directory import pull_directory
from upa_core.services.pull.result import PullResult, RowsResult
from upa_core.services.pull.rows import RowsPull
from upa_core.services.wake import wake
from upa_core.state.document import Stored, state_of


def pull(
    ports: Ports, connector: Connector, *, full: bool = False, stored: Stored[ConnectorState] | None = None
) -> PullResult:
    """Pull the directory, then the secondary sources; each keeps its position, and reports its own failures.

    Args:
        full: begin a full round of the directory although a watermark is there (an open round continues unchanged).
        stored: the state as it was just read.

    Raises:
        FatalError: an administrator must act on the directory (consent, an attribute that can't be tracked…); nothing
            is lost.
    """
    result = pull_directory(ports, connector, full=full, stored=stored)
    if not connector.secondaries:
        return result
    return replace(result, sources=tuple(pull_rows(ports, connector, one) for one in connector.secondaries))


def pull_rows(ports: Ports, connector: Connector, secondary: Secondary) -> RowsResult:
    """Pull one secondary source; a failure is stored with a pause, and the last accepted rows stay in force."""
    stored = state_of(ports.store, connector.name).load()
    one = stored.value.source(secondary.name)
    failure: RetryLaterError | FatalError | None = None
    try:
        if not is_early(one.not_before, ports.clock.now()):
            return _told(ports, connector, RowsPull(ports, connector, secondary, stored).run())
    except CorruptStateError as exc:
        return _begin_anew(ports, connector, secondary, exc)
    except (RetryLaterError, FatalError) as exc:
        failure = exc
        stored = state_of(ports.store, connector.name).load()
    try:
        followed = RowsPull(ports, connector, secondary, stored).follow_keys()
    except CorruptStateError as exc:
        return _begin_anew(ports, connector, secondary, exc)
    if followed is not None:
        _told(ports, connector, followed)
    if failure is None:
        return RowsResult(secondary.name, "paused", why=one.why)
    if isinstance(failure, RetryLaterError):
        return _failed(ports, connector, secondary, failure, Level.WARNING, pause=failure.retry_after)
    return _failed(ports, connector, secondary, failure, Level.ERROR)


def _told(ports: Ports, connector: Connector, result: RowsResult) -> RowsResult:
    """Report stored rows, and wake the export that plans them."""
    if result.status == "sealed":
        fields: Fields = {
            "source": result.source,
            "round": result.round,
            "rows": result.named,
            "waiting": result.waiting,
        }
        ports.events.emit(Event(EventName.SOURCE_SEALED, connector.name, result.round, fields=fields))
    if result.round:
        wake(ports, ports.waker.export, connector.name, result.round)
    return result


def _failed(
    ports: Ports,
    connector: Connector,
    secondary: Secondary,
    exc: RetryLaterError | FatalError,
    level: Level,
    *,
    pause: float | None = None,
) -> RowsResult:
    """Store a failure; it affects neither the directory's rounds nor another source.

    Six parameters: which source, what happened, and how long it is left alone.
    """
    now, name = ports.clock.now(), secondary.name

    def change(state: ConnectorState) -> ConnectorState:
        one = state.source(name)
        failures = one.failures + 1
        wait = max(failed_run_pause(failures), timedelta(seconds=pause or 0))
        held, holds = (exc.offer, exc.reasons) if isinstance(exc, OfferHeldError) else ("", ())
        again = replace(one, failures=failures, not_before=now + wait, why=str(exc), held=held, holds=holds)
        return state.with_source(again)

    after = state_of(ports.store, connector.name).update(change).value.source(name)
    fields: Fields = {"source": name, "reason": str(exc), "failures": after.failures}
    ports.events.emit(Event(EventName.SOURCE_FAILED, connector.name, level=level, fields=fields))
    return RowsResult(name, "failed", why=str(exc))


def _begin_anew(ports: Ports, connector: Connector, secondary: Secondary, exc: CorruptStateError) -> RowsResult:
    """Give up damaged rows: the source is read again, and the next full round of the directory makes the key index."""

    def change(state: ConnectorState) -> ConnectorState:
        one = replace(state.source(secondary.name), cursor="", current=None)
        return replace(state.with_source(one), keys=None)

    state_of(ports.store, connector.name).update(change)
    return _failed(ports, connector, secondary, exc, Level.ERROR)
