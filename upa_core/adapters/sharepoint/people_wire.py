"""PeopleManager over ProcessQuery: requests as Microsoft's own client builds them, and its reading of the answers.

Pure text in, text out [SP-114, SP-115]. Objects are made when they are first needed, as in its programs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from upa_core.adapters.sharepoint.csom import Fault, fault_of
from upa_core.adapters.sharepoint.csom_request import APPLICATION, CsomRequest, Reference

PEOPLE_MANAGER = "{cf560d69-0fdb-4489-a216-b6b47adf8ef8}"
"""Server type id of `PeopleManager` [SP-114]."""
PROPERTIES_FOR_USER = "{1add223c-ff83-471f-8e55-519fe8a0ca31}"
"""Server type id of `UserProfilePropertiesForUser` [SP-114]."""


class PeopleRequest:
    """A request to PeopleManager while it is built; each call returns the id of its answer.

    Any call raises ValueError that names the argument with a character that XML can't carry.
    """

    def __init__(self, *, application: str = APPLICATION) -> None:
        self._request = CsomRequest(application=application)
        self._known: Reference | None = None

    def manager(self) -> Reference:
        """Return the request's PeopleManager, which the first call makes."""
        if self._known is None:
            self._known = self._request.construct(PEOPLE_MANAGER)
        return self._known

    def set_single(self, account: str | None, name: str | None, value: str | None) -> int:
        """Set a property to one text; None is null."""
        return self._request.call(
            self.manager(), "SetSingleValueProfileProperty", account=account, name=name, value=value
        )

    def set_multi(self, account: str | None, name: str | None, values: Sequence[str | None] | None) -> int:
        """Set a property to a list of texts, which may be empty; None is null."""
        return self._request.call(
            self.manager(), "SetMultiValuedProfileProperty", account=account, name=name, values=values
        )

    def get_one(self, account: str | None, name: str | None) -> int:
        """Ask for one property."""
        return self._request.call(self.manager(), "GetUserProfilePropertyFor", account=account, name=name)

    def properties_for(self, account: str | None, names: Sequence[str | None] | None) -> Reference:
        """Return a reference to the object with some properties of a person."""
        return self._request.construct(PROPERTIES_FOR_USER, account=account, names=names)

    def get_some(self, wanted: Reference) -> int:
        """Ask for the properties that `properties_for` named."""
        return self._request.call(self.manager(), "GetUserProfilePropertiesFor", wanted=wanted)

    def person(self, account: str | None) -> Reference:
        """Return a reference to the object with everything about a person."""
        return self._request.method_object(self.manager(), "GetPropertiesFor", account=account)

    def load(self, target: Reference, *names: str) -> int:
        """Ask for an object's members: the named ones, or all of them."""
        return self._request.query(target, *names)

    @contextmanager
    def scope(self, *, simple: bool = True) -> Iterator[int]:
        """Keep errors within a scope; yields the id for `scope_of`.

        Both forms have the same answer; the simple one is shorter.
        """
        # The client's programs make PeopleManager before the first scope: one made inside would be part of it.
        self.manager()
        if simple:
            with self._request.within("ExceptionHandlingScopeSimple") as scope:
                yield scope
            return
        with self._request.within("ExceptionHandlingScope") as scope:
            with self._request.within("TryScope"):
                yield scope
            with self._request.within("CatchScope"):
                pass

    def encode(self) -> bytes:
        """Return the request as bytes."""
        return self._request.encode()


@dataclass(frozen=True, slots=True)
class ScopeAnswer:
    """The end of a scope."""

    answered: bool
    """False: the answer doesn't name it, so nobody knows whether it was carried out."""
    failed: bool = False
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """The answer to `load` of a person."""

    account: str | None
    display_name: str | None
    properties: Mapping[str, str | None]
    site_host: str | None = None
    """`PersonalSiteHostUrl`: it shows a person's geo."""


def scope_of(results: Mapping[int, Any], scope: int) -> ScopeAnswer:
    """Read the end of a scope; raise ValueError for an answer that the client wouldn't accept."""
    told = results.get(scope)
    if told is None:
        return ScopeAnswer(answered=False)
    if not isinstance(told, dict) or not isinstance(told.get("HasException"), bool):
        raise ValueError("the answer of a scope isn't one")
    return ScopeAnswer(True, told["HasException"], fault_of(told.get("ErrorInfo")))


def text_of(results: Mapping[int, Any], action: int) -> str | None:
    """Read a text or null; raise ValueError for anything else."""
    return _text(results.get(action))


def texts_of(results: Mapping[int, Any], action: int) -> list[str | None]:
    """Read a list of texts in the order asked for; null is no text at all. Raise ValueError for anything else."""
    value = results.get(action)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError("not a list of texts")
    return [_text(one) for one in value]


def person_of(results: Mapping[int, Any], person: Reference, query: int) -> Person | None:
    """Read a person, None where the account has no profile; raise ValueError for another shape.

    The properties are an object of names and values; the client refuses REST's list of Key and Value.
    """
    created = results.get(person.id + 1)
    told = results.get(query)
    if (isinstance(created, dict) and created.get("IsNull") is True) or told is None:
        return None
    if not isinstance(told, dict):
        raise ValueError("not a person")
    properties = told.get("UserProfileProperties")
    if properties is None:
        properties = {}
    if not isinstance(properties, dict):
        raise ValueError("the properties of a person aren't an object")
    return Person(
        _text(told.get("AccountName")),
        _text(told.get("DisplayName")),
        {name: _text(value) for name, value in properties.items()},
        _text(told.get("PersonalSiteHostUrl")),
    )


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise ValueError("not a text")
