"""A connector that points to another tenant than its shadow is about is refused."""

from __future__ import annotations

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.errors import ConfigError


def refuse_other_tenant(connector: Connector, state: ConnectorState) -> None:
    """Raise ConfigError where the connector points to another tenant than its shadow is about."""
    if state.target and state.target != connector.target.lane:
        raise ConfigError(
            f"{connector.name} now points to {connector.target.lane}; what it knows is about {state.target}. "
            f"The same tenant, renamed: write target.renamed_from: https://{state.target}. "
            "Another tenant: reset the shadow, or give the connector another name"
        )
