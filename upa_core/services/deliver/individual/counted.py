"""Single profiles that count the calls they cost: every read and set, also those that fail or are made again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from upa_core.domain.individual.answer import Reading, Value, Written
from upa_core.ports.single_profiles import CALLS_OF_A_READ, SingleProfiles


def calls_of_a_read(*, hosts: bool) -> int:
    """Return the calls that reading one person takes, with `hosts` their geo too."""
    return CALLS_OF_A_READ * (2 if hosts else 1)


class Counted:
    """Implements the port `SingleProfiles`; `calls` are all that were made, in so many `requests`."""

    def __init__(self, profiles: SingleProfiles) -> None:
        self._profiles = profiles
        self.calls = self.requests = 0

    def app(self) -> str:
        """Return the app's id, as the port."""
        return self._profiles.app()

    def read(self, wanted: Mapping[str, Sequence[str]], *, hosts: bool = False) -> Mapping[str, Reading]:
        """Read people, as the port."""
        self.calls += len(wanted) * calls_of_a_read(hosts=hosts)
        self.requests += 1
        return self._profiles.read(wanted, hosts=hosts)

    def write(self, account: str, values: Mapping[str, Value], names: Sequence[str]) -> Written:
        """Write one person, as the port: two reads, and a set for each property."""
        self.calls += 2 * CALLS_OF_A_READ + len(values)
        self.requests += 1
        return self._profiles.write(account, values, names)
