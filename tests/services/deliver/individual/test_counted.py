"""The calls that single profiles cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from upa_core.domain.errors import UnavailableError
from upa_core.domain.individual.answer import Reading, Value, Written
from upa_core.services.deliver.individual.counted import Counted


class Away:
    """Profiles of a service that can't be reached."""

    def app(self) -> str:
        return "0a1b"

    def read(self, wanted: Mapping[str, Sequence[str]], *, hosts: bool = False) -> Mapping[str, Reading]:
        raise UnavailableError("away")

    def write(self, account: str, values: Mapping[str, Value], names: Sequence[str]) -> Written:
        raise UnavailableError("away")


def test_calls_count_although_they_fail() -> None:
    """A read is one call a person, two with their geo; a write is two reads, and a set for each property."""
    profiles, costs = Counted(Away()), [0]
    for call in (
        lambda: profiles.read({"a": ["A"], "b": ["A", "B"]}),
        lambda: profiles.read({"a": ["A"]}, hosts=True),
        lambda: profiles.write("a", {"A": "a", "B": "b"}, ["A", "B", "C"]),
    ):
        with pytest.raises(UnavailableError):
            call()
        costs.append(profiles.calls)

    assert costs == [0, 2, 4, 8]
    assert (profiles.app(), profiles.calls, profiles.requests) == ("0a1b", 8, 3)
