"""Single profiles at SharePoint (PeopleManager): read a few, write one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from upa_core.domain.individual.answer import Reading, Value, Written

CALLS_OF_A_READ = 1
"""Calls of PeopleManager to read one person [SP-118]; the site's host costs one more."""


class SingleProfiles(Protocol):
    """Profiles by account name, such as `i:0#.f|membership|ada@contoso.com`.

    An account name leads to its present owner: compare the object id before a write, and after it [SP-119].
    Nothing is repeated here. Both methods raise `ThrottledError` with the service's pause, `UnavailableError`, and
    `AccessDeniedError` where the whole request was denied, `RefusedError` where it was refused, `InvalidValueError`
    for an empty account or a text that can't be sent.
    """

    def app(self) -> str:
        """Return the id of the app that writes the profiles, "" where the token doesn't say.

        Raises `AccessDeniedError`, `ConfigError` and `RetryLaterError`.
        """

    def read(self, wanted: Mapping[str, Sequence[str]], *, hosts: bool = False) -> Mapping[str, Reading]:
        """Read properties of people, by account; each costs one call of PeopleManager, with `hosts` two.

        There is an answer for everybody; an error of one person is that person's `Fault`.
        """

    def write(self, account: str, values: Mapping[str, Value], names: Sequence[str]) -> Written:
        """Read `names` of one person, set properties one by one, and read `names` again: one call each.

        The order is that of `values`. Raises `UnansweredError` too: the sets may have had their effect, all or some.
        """
