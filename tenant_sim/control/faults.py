"""Faults on order: by script ("the 3rd call to X"), by rate, by time; seeded, so that a run can be repeated.

A caller that comes back inside a Retry-After period is throttled again, as Microsoft's Dev Proxy does it
[GR-28].
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase
from typing import Any

import orjson

from tenant_sim.serving.http import JSON, Response
from tenant_sim.serving.urls import SURFACES


@dataclass
class Fault:
    """One rule. It fires for a matching call when `nth`, `rate`, `times`, `after` and `until` all allow it."""

    surface: str = "*"
    operation: str = "*"
    nth: int | tuple[int, ...] | None = None
    """Fire on the n-th matching call only, counted from 1 after the rule was added."""
    rate: float = 1.0
    times: int | None = None
    """Fire at most this many times."""
    after: datetime | None = None
    until: datetime | None = None
    status: int | None = None
    """Answer with this status only; without it the call is carried out, and the other fields change its answer."""
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    """Bytes, text, or a JSON value."""
    drop: str | None = None
    """`before`: the connection breaks and nothing happened; `after`: it happened and the answer is lost."""
    truncate: bool = False
    latency: float = 0.0
    app: str | None = None
    """Only calls of this app id."""
    seen: int = 0
    fired: int = 0

    def answer(self) -> Response:
        """Build the response that replaces the real one."""
        body, content_type = self.body, "text/html"
        if body is None:
            body, content_type = {"error": {"code": str(self.status), "message": "Injected fault."}}, JSON
        if isinstance(body, str):
            body = body.encode()
        elif not isinstance(body, bytes):
            body, content_type = orjson.dumps(body), JSON
        return Response(self.status or 500, {"Content-Type": content_type, **self.headers}, body)


@dataclass
class _Penalty:
    """A Retry-After period that is running."""

    surface: str
    operation: str
    app: str
    until: float
    fault: Fault


class Faults:
    """The rules in force and the Retry-After periods they opened."""

    def __init__(self, rng: random.Random, now: Callable[[], float]) -> None:
        self._rng, self._now = rng, now
        self.rules: list[Fault] = []
        self._penalties: list[_Penalty] = []

    def add(self, fault: Fault | None = None, **fields: Any) -> Fault:
        """Add a rule, given whole or by its fields."""
        fault = fault or Fault(**fields)
        if not any(fnmatchcase(name, fault.surface) for name in SURFACES):
            raise ValueError(f"no surface is named {fault.surface!r}; one of {', '.join(SURFACES)}")
        if fault.drop not in (None, "before", "after"):
            raise ValueError(f"drop is 'before' or 'after', not {fault.drop!r}")
        self.rules.append(fault)
        return fault

    def clear(self) -> None:
        """Drop all rules and periods."""
        self.rules.clear()
        self._penalties.clear()

    def pick(self, surface: str, operation: str, app: str = "") -> Fault | None:
        """Return the fault of this call, if there is one; counts the call for every rule that it matches."""
        now = self._now()
        self._penalties = [p for p in self._penalties if p.until > now]
        for penalty in self._penalties:
            if (penalty.surface, penalty.operation, penalty.app) == (surface, operation, app):
                left = str(max(1, round(penalty.until - now)))
                return Fault(
                    status=penalty.fault.status,
                    headers={**penalty.fault.headers, "Retry-After": left},
                    body=penalty.fault.body,
                )
        chosen = None
        for fault in self.rules:
            if self._matches(fault, surface, operation, app, now) and chosen is None:
                fault.fired += 1
                chosen = fault
        if chosen and chosen.status in (429, 503) and "Retry-After" in chosen.headers:
            until = now + _seconds(chosen.headers["Retry-After"], now)
            self._penalties.append(_Penalty(surface, operation, app, until, chosen))
        return chosen

    def _matches(self, fault: Fault, surface: str, operation: str, app: str, now: float) -> bool:
        if not (fnmatchcase(surface, fault.surface) and fnmatchcase(operation, fault.operation)):
            return False
        if fault.app is not None and fault.app != app:
            return False
        if (fault.after and now < fault.after.timestamp()) or (fault.until and now >= fault.until.timestamp()):
            return False
        fault.seen += 1
        if fault.nth is not None:
            wanted = (fault.nth,) if isinstance(fault.nth, int) else fault.nth
            if fault.seen not in wanted:
                return False
        if fault.times is not None and fault.fired >= fault.times:
            return False
        return fault.rate >= 1.0 or self._rng.random() < fault.rate


def _seconds(text: str, now: float) -> float:
    """Read Retry-After: seconds, or an HTTP date; what is neither opens no period."""
    if text.isdigit():
        return int(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except ValueError:
        return 0.0
