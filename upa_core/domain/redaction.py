"""Redaction: `***` for values of properties whose mapping is marked `redact`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from upa_core.domain.connector import Connector

HIDDEN = "***"


class Redactor:
    """Hides values of redacted properties, and of the source attributes that they read.

    "" and unknown (None) are shown: they are no values.
    """

    def __init__(self, connector: Connector) -> None:
        self._secret = {mapping.target for mapping in connector.mappings if mapping.redact}
        self._inputs = {path for mapping in connector.mappings if mapping.redact for path in mapping.inputs}

    def value(self, target: str, value: str | None) -> str | None:
        """Return a property's value for display."""
        return HIDDEN if value and target in self._secret else value

    def values(self, values: Mapping[str, str | None]) -> dict[str, str | None]:
        """Return values by property for display."""
        return {target: self.value(target, value) for target, value in values.items()}

    def changes(self, old: Mapping[str, str | None], new: Mapping[str, str]) -> dict[str, dict[str, str | None]]:
        """Return each property of `new` with its old value (None: unknown) and its new value, for display."""
        return {
            target: {"old": self.value(target, old.get(target)), "new": self.value(target, value)}
            for target, value in sorted(new.items())
        }

    def source(self, path: str, value: Any) -> Any:
        """Return a source attribute's value for display."""
        return HIDDEN if value not in (None, "") and path in self._inputs else value
