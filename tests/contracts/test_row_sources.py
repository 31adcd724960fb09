"""The contract of row sources, on the fake."""

from __future__ import annotations

import pytest

from tests.contracts.row_source_contract import Keyed, RowSourceContract
from tests.fakes import FakeRowSource
from upa_core.domain.errors import UnavailableError


class FakeRowsWorld(Keyed):
    def __init__(self) -> None:
        self.source = FakeRowSource()

    def deliver(self, *rows: dict[str, str | None]) -> None:
        self.delivered = rows
        self.source.deliver(*rows)

    def break_off(self) -> None:
        self.source.broken = (1, UnavailableError("gone"))


class TestFakeRowSource(RowSourceContract):
    @pytest.fixture
    def rows_world(self) -> FakeRowsWorld:
        return FakeRowsWorld()
