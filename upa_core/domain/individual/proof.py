"""The result of the probe: which properties an app may write singly, and how to clear them.

Stored for each tenant and app.

Nothing is written individually without it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from upa_core.domain.individual.compare import DATE_ORDERS, DateOrder
from upa_core.domain.individual.wire import ClearForm
from upa_core.domain.language.values import ValueType

LIFETIME = timedelta(days=30)

Found = Literal["works", "refused", "denied", "not_kept", "unclear"]
"""works: set and read back. not_kept: accepted, but another value or nothing was read: hidden, or not kept."""


@dataclass(frozen=True, slots=True)
class PropertyProof:
    """The result for one property."""

    type: str
    found: Found
    code: str = ""
    """SharePoint's name of the refusal."""
    clear: ClearForm = ""
    """The value that clears it; "" where none does."""
    new_terms: bool = False
    """A term that didn't exist was accepted."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The result with one app; properties by name."""

    at: datetime
    date_order: str = ""
    properties: dict[str, PropertyProof] = field(default_factory=dict[str, PropertyProof])

    @property
    def order(self) -> DateOrder | None:
        """The order in which dates are shown to the app."""
        return next((order for order in DATE_ORDERS if order == self.date_order), None)

    def is_over(self, now: datetime) -> bool:
        """Return whether it is too old."""
        return not timedelta(0) <= now - self.at + timedelta(minutes=5) <= LIFETIME + timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Proofs:
    """The stored results of a tenant, by app id."""

    VERSION: ClassVar[int] = 1

    version: int = 1
    apps: dict[str, Proof] = field(default_factory=dict[str, Proof])

    def plus(self, app: str, proof: Proof) -> Proofs:
        """Return the results with a new one for this app.

        Properties that the new probe didn't try are no longer proven.
        """
        return replace(self, apps={**self.apps, app: proof})


def why_not(proof: Proof | None, target: str, kind: ValueType, now: datetime) -> str:
    """Return why a property can't be written singly, in words for an administrator; "" where it can."""
    again = "run upa doctor --probe-individual USER"
    if proof is None:
        return f"this app has never been tried at single profiles: {again}"
    if proof.is_over(now):
        return f"the probe of {proof.at:%Y-%m-%d} is over, it counts for {LIFETIME.days} days: {again}"
    known = proof.properties.get(target)
    if known is None or known.type != kind:
        return f"the probe didn't try {target} as {kind}: {again}"
    if known.found == "works":
        return ""
    told = f" ({known.code})" if known.code else ""
    reasons = {
        "refused": f"SharePoint refused to set {target}{told}",
        "denied": f"this app may not set {target}{told}",
        "not_kept": f"{target} was set, and the read-back showed another value or none: hidden, or not kept",
        "unclear": f"what came of setting {target} isn't known{told}",
    }
    return f"{reasons[known.found]}; after a change, {again}"
