"""Graph's resource-unit bucket per app [GR-26, GR-27], off by default: the time of many tests stands still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tenant_sim.serving.http import Response, json_response


@dataclass
class Throttle:
    """Resource units per 10 seconds and app; S 3,500 (<50 users), M 5,000, L 8,000 (>500 users)."""

    now: Callable[[], float]
    users: Callable[[], int]
    tenant_id: str
    enabled: bool = False
    limit: int | None = None
    """Overrides the limit that follows from the tenant's size."""
    _windows: dict[str, tuple[int, int]] = field(default_factory=dict)

    def _limit(self) -> int:
        if self.limit is not None:
            return self.limit
        size = self.users()
        return 3500 if size < 50 else 5000 if size <= 500 else 8000

    def charge(self, app_id: str, units: int) -> Response | None:
        """Take units from the app's bucket; a 429 when there are none left. Refused calls count too [GR-28]."""
        if not self.enabled:
            return None
        window = int(self.now() // 10)
        seen, used = self._windows.get(app_id, (window, 0))
        used = (used if seen == window else 0) + units
        self._windows[app_id] = (window, used)
        if used <= self._limit():
            return None
        left = max(1, round((window + 1) * 10 - self.now()))
        headers = {
            "Retry-After": str(left),
            "x-ms-throttle-scope": f"Tenant_Application/Read/{app_id}/{self.tenant_id}",
            "x-ms-throttle-information": "ResourceUnitLimitExceeded",
            **self.headers(app_id),
        }
        body = {"error": {"code": "TooManyRequests", "message": "Too many requests.", "innerError": {}}}
        return json_response(body, 429, headers)

    def headers(self, app_id: str) -> dict[str, str]:
        """Return the headers about a bucket that is at least 0.8 full."""
        if not self.enabled:
            return {}
        share = self._windows.get(app_id, (0, 0))[1] / self._limit()
        return {"x-ms-throttle-limit-percentage": f"{min(share, 1.8):.2f}"} if share >= 0.8 else {}
