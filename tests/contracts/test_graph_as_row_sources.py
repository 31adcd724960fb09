"""The contract of row sources on the tenant simulator: a group, a group with groups in it, and managers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.contracts.row_source_contract import RowSourceContract
from tests.contracts.tenant import Tenant, TenantClock
from upa_core.adapters.graph.group_rows import GroupRows
from upa_core.adapters.graph.manager_rows import ManagerRows
from upa_core.domain.errors import RefusedError
from upa_core.domain.sources.contract import KeyPart
from upa_core.domain.sources.joined.secondary import Secondary
from upa_core.ports.row_source import Offer, RowSource

WEEK = {"valid": timedelta(days=6), "full_every": timedelta(days=7)}


class Waiting:
    """Implements `RowSource`: a group that isn't there yet is nothing to offer."""

    def __init__(self, source: GroupRows) -> None:
        self._source = source
        self.rows, self.closing = source.rows, source.closing

    def look(self, cursor: str, approved: str = "") -> Offer | None:
        try:
            return self._source.look(cursor, approved)
        except RefusedError as exc:
            if "knows no such group" not in str(exc):
                raise
            return None


class GraphWorld(Tenant):
    """A tenant in which a row of a number and a cost is a person of that name."""

    def __init__(self) -> None:
        super().__init__()
        self.sim.apps.identity.grant("graph", "GroupMember.Read.All")
        self.graph = self.service(self.urls.graph, "upa-sync-identity")
        self.told: dict[str, list[object]] = {}

    def person(self, name: str) -> str:
        upn = f"{name}@contoso.onmicrosoft.com"
        slot = self.sim.directory.find(upn)
        if slot is None:
            return self.sim.directory.add({"userPrincipalName": upn, "displayName": name})
        return self.sim.directory.ids[slot]

    def break_off(self) -> None:
        self.fault("graph", status=503, headers={"Retry-After": "600"})


class GroupWorld(GraphWorld):
    columns = ("member", "member again")
    nested = "refuse"

    def __init__(self) -> None:
        super().__init__()
        self.group = "11111111-2222-4333-8444-555555555555"
        secondary = Secondary(
            "grp", (KeyPart("id", "id"),), on_missing="leave", kind="group", group=self.group, nested=self.nested
        )
        self.source: RowSource = Waiting(GroupRows(self.graph, TenantClock(self.sim), secondary, **WEEK))

    def deliver(self, *rows: dict[str, str | None]) -> None:
        first = self.group not in self.sim.groups.all
        if first:
            self.sim.groups.add("Pilot", id=self.group)
            self.sim.groups.options.members_per_page = 1
        wanted = {self.person(f"{row['number']}{row['cost']}") for row in rows}
        before = set(self.sim.groups.all[self.group].members)
        for person in sorted(wanted - before):
            self.sim.groups.join(self.group, person)
        for person in sorted(before - wanted):
            self.sim.groups.leave(self.group, person)
        joined = {person: ["true", "true"] for person in wanted}
        left = {person: [None, None] for person in before - wanted}
        self.told = joined if self.nested == "include" else {**joined, **left}

    def expected(self, columns: Sequence[str]) -> list[tuple[str, list[object]]]:
        return sorted((person, said[: len(columns)]) for person, said in self.told.items())


class ManagerWorld(GraphWorld):
    columns = ("displayName", "id")

    def __init__(self) -> None:
        super().__init__()
        self.source: RowSource = ManagerRows(self.graph, TenantClock(self.sim), self.columns, **WEEK)

    def deliver(self, *rows: dict[str, str | None]) -> None:
        known, self.told = len(self.sim.directory.ids), {}
        for row in rows:
            person, manager = self.person(str(row["number"])), self.person(f"m{row['cost']}")
            self.sim.managers.set(person, manager)
            self.told[person] = [f"m{row['cost']}", manager]
        if known:  # whoever is new has changed, and has no manager
            nobodys = {person: [None, None] for person in self.sim.directory.ids[known:]}
            self.told = {**nobodys, **self.told}

    def expected(self, columns: Sequence[str]) -> list[tuple[str, list[object]]]:
        places = [self.columns.index(name) for name in columns]
        return sorted((person, [said[at] for at in places]) for person, said in self.told.items())


class TestGroup(RowSourceContract):
    @pytest.fixture
    def rows_world(self) -> GroupWorld:
        return GroupWorld()


class NestedWorld(GroupWorld):
    nested = "include"


class TestGroupWithGroups(RowSourceContract):
    @pytest.fixture
    def rows_world(self) -> NestedWorld:
        return NestedWorld()


class TestManagers(RowSourceContract):
    @pytest.fixture
    def rows_world(self) -> ManagerWorld:
        return ManagerWorld()

    def test_nothing_is_offered_where_nothing_lies(self, rows_world: ManagerWorld) -> None:  # type: ignore[override]
        """Users are always there to be asked: nobody has a manager, and that is read to its end."""
        offer = rows_world.source.look("")
        assert offer is not None
        assert list(rows_world.source.rows(offer, rows_world.columns)) == []
