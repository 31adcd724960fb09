"""The last calls at Graph and SharePoint, stored where another process finds them, and listed newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from upa_core.domain.calls import Call, CallService, LastCalls, joined
from upa_core.domain.documents.codec import to_json
from upa_core.domain.errors import UpaError
from upa_core.ports.store import Store
from upa_core.state.document import calls_of

COLUMNS = ("at", "service", "method", "host", "name", "status", "code", "seconds", "request_id", "client_request_id")
"""The parts of a call: keys of JSON, headings of CSV."""


@dataclass(frozen=True, slots=True)
class WantedCalls:
    """A choice of calls."""

    service: CallService = ""
    status: int | None = None
    """HTTP status; 0: calls without an answer; None: any."""
    failed: bool = False

    def has(self, call: Call) -> bool:
        """Return whether a call is among them."""
        answered = call.status if call.status is not None else 0
        fits = self.service in ("", call.service) and self.status in (None, answered)
        return fits and (call.failed or not self.failed)


def keep_calls(store: Store, new: Mapping[str, Sequence[Call]]) -> None:
    """Store the calls of each connector: a read and a write where there are any, nothing where there are none.

    Calls that can't be stored are dropped: they are only for reading, and no work may fail because of them.
    """
    for connector, calls in new.items():
        if not calls:
            continue

        def with_new(before: LastCalls, calls: Sequence[Call] = calls) -> LastCalls:
            return replace(before, calls=joined(before.calls, calls))

        try:
            calls_of(store, connector).update(with_new)
        except UpaError:
            continue


def last_calls(store: Store, connector: str, wanted: WantedCalls, most: int) -> list[Call]:
    """Return at most `most` of the chosen calls, newest first."""
    kept = calls_of(store, connector).load().value.calls
    return [call for call in reversed(kept) if wanted.has(call)][:most]


def call_json(call: Call) -> dict[str, Any]:
    """Return a call as JSON values."""
    document = to_json(call)
    return {name: document[name] for name in COLUMNS}
