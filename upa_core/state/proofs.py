"""What the probe of individual writes found, by tenant and app."""

from __future__ import annotations

from upa_core.domain.connector import Connector
from upa_core.domain.documents.storage_layout import proof_key
from upa_core.domain.individual.proof import Proofs
from upa_core.ports.store import Store
from upa_core.state.document import Document


def proofs_of(store: Store, connector: Connector) -> Document[Proofs]:
    """Return the document of a connector's target tenant."""
    return Document(store, proof_key(connector.target.lane), Proofs())
