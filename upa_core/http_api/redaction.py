"""Values as they may be shown: `***` for properties whose mapping is marked `redact`."""

from __future__ import annotations

from collections.abc import Mapping

from upa_core.domain.connector import Connector

HIDDEN = "***"


def redacted(connector: Connector, values: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return values by property, hidden where they must be; "" and unknown (None) stay: they tell no value."""
    secret = {mapping.target for mapping in connector.mappings if mapping.redact}
    return {target: HIDDEN if value and target in secret else value for target, value in values.items()}
