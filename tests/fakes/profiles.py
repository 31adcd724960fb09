"""Single profiles, in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.fakes.hooks import Hooks
from upa_core.domain.errors import InvalidValueError
from upa_core.domain.individual.answer import Fault, Profile, Reading, Value, Written
from upa_core.domain.language.values import MEMBER_PREFIX


@dataclass
class FakeProfile:
    """Somebody's profile: texts as SharePoint shows them."""

    object_id: str
    values: dict[str, str] = field(default_factory=dict)
    site_host: str = "https://contoso-my.sharepoint.com:443/"


class FakeProfiles:
    """Implements `SingleProfiles`; accounts in any case. Operations: read, write; the subject is the account.

    `refused`: properties whose sets are refused, with the code. `denied`: sets of these are denied.
    """

    def __init__(self) -> None:
        self.hooks = Hooks()
        self.people: dict[str, FakeProfile] = {}
        self.refused: dict[str, str] = {}
        self.denied: set[str] = set()
        self.calls = 0

    def add(self, name: str, object_id: str, **values: str) -> FakeProfile:
        """Give a user principal name a profile."""
        self.people[MEMBER_PREFIX + name.lower()] = profile = FakeProfile(object_id, values)
        return profile

    def app(self) -> str:
        """Return the app's id."""
        return "fake-app"

    def read(self, wanted: Mapping[str, Sequence[str]], *, hosts: bool = False) -> Mapping[str, Reading]:
        """Read profiles."""
        for account in wanted:
            _check(account)
        with self.hooks.around("read", ",".join(wanted)):
            self.calls += len(wanted) * (2 if hosts else 1)
            return {account: self._shown(account, names, hosts=hosts) for account, names in wanted.items()}

    def write(self, account: str, values: Mapping[str, Value], names: Sequence[str]) -> Written:
        """Set properties and read back."""
        _check(account)
        for name, value in values.items():
            if "\x00" in str(value):
                raise InvalidValueError(f"{name} can't be sent")
        with self.hooks.around("write", account):
            self.calls += len(values) + 2
            before = self._shown(account, names, hosts=False)
            sets = {name: self._set(account, name, value) for name, value in values.items()}
            return Written(sets, self._shown(account, names, hosts=False), before)

    def _shown(self, account: str, names: Sequence[str], *, hosts: bool) -> Reading:
        profile = self.people.get(account.lower())
        if profile is None:
            return None
        values = {name: profile.values.get(name, "") for name in names}
        return Profile(profile.object_id.lower(), values, profile.site_host if hosts else "")

    def _set(self, account: str, name: str, value: Value) -> Fault | None:
        profile = self.people.get(account.lower())
        if name in self.denied:
            return Fault("denied", "UnauthorizedAccessException")
        if profile is None:
            return Fault("refused", "UserNotFoundException")
        if name in self.refused:
            return Fault("refused", self.refused[name])
        profile.values[name] = "|".join(value) if isinstance(value, tuple) else value or ""
        return None


def _check(account: str) -> None:
    if not account.lower().startswith(MEMBER_PREFIX) or len(account) == len(MEMBER_PREFIX):
        raise InvalidValueError("account: isn't a member's account name")
