"""Where a source's rows are read, by what the connector file says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.contracts.tenant import Tenant, TenantClock
from tests.support.joined import HR, JOINED
from tests.support.world import World
from upa_core.adapters.sources.opened import rows_of
from upa_core.config.result import RowsOf
from upa_core.domain.errors import UnavailableError
from upa_core.domain.sources.contract import Contract

CONTRACT = Contract(HR.match)


class Drop(Tenant):
    """A connector whose rows lie in a library beside its import files, and a service that counts who asks for it."""

    def __init__(self) -> None:
        super().__init__()
        self.sim.library.add_file("/sites/upa/Shared Documents", "hr.csv", b"number,cost\r\n1,a\r\n", overwrite=True)
        self.connector = World(0, mappings=JOINED, secondaries=(HR,)).connector
        self.asked = 0

    def host(self):
        self.asked += 1
        return self.service(self.urls.sharepoint, "upa-sync")

    def look(self, at: str):
        declared = {"hr": RowsOf(HR, CONTRACT, timedelta(0), at)}
        return rows_of(declared, self.connector, TenantClock(self.sim), None, self.host)["hr"].look("")


def test_an_address_on_the_targets_host_is_a_library_and_any_other_isnt(tmp_path) -> None:
    """The host's letter case is no matter; a folder and a blob never meet SharePoint's token."""
    drop = Drop()
    site = drop.urls.sharepoint.replace("https://", "HTTPS://").replace("localhost", "LOCALHOST")

    assert drop.look(f"{site}/sites/upa/Shared%20Documents/hr.csv") is not None
    assert drop.asked == 1
    with pytest.raises(UnavailableError, match="no file"):
        drop.look(str(tmp_path / "hr.csv"))
    assert drop.asked == 1
