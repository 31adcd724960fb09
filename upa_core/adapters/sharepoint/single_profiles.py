"""Single profiles over ProcessQuery: twenty people per read, one per write, each set in a scope [SP-114, SP-115]."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from upa_core.adapters.http.answer import Answer
from upa_core.adapters.http.service import Service
from upa_core.adapters.sharepoint import csom
from upa_core.adapters.sharepoint.csom_request import Reference
from upa_core.adapters.sharepoint.people_wire import (
    PeopleRequest,
    ScopeAnswer,
    person_of,
    scope_of,
    texts_of,
)
from upa_core.adapters.sharepoint.process_query import is_denial, process_query
from upa_core.domain.errors import InvalidValueError
from upa_core.domain.individual.answer import OBJECT_ID, Fault, Profile, Reading, Value, Written
from upa_core.domain.language.values import MEMBER_PREFIX

PEOPLE_IN_A_REQUEST = 20
_OF_A_PERSON = ("Microsoft.Office.Server.UserProfiles.", "Microsoft.SharePoint.Taxonomy.")
"""Namespaces of errors about a person and a property; their texts come in any language."""


class SharePointProfiles:
    """Implements the port `SingleProfiles` on the admin site of one geo."""

    def __init__(self, service: Service, app: Callable[[], str] = lambda: "") -> None:
        """Use a service that makes one attempt: each attempt counts as a call. `app` returns the id in its token."""
        self._service, self._app = service, app

    def app(self) -> str:
        """Return the id of the app in the token."""
        return self._app()

    def read(self, wanted: Mapping[str, Sequence[str]], *, hosts: bool = False) -> Mapping[str, Reading]:
        """Read properties of people, in their order, twenty per request."""
        found: dict[str, Reading] = {}
        accounts = list(wanted)
        for at in range(0, len(accounts), PEOPLE_IN_A_REQUEST):
            some = {account: wanted[account] for account in accounts[at : at + PEOPLE_IN_A_REQUEST]}
            found.update(self._read(some, hosts=hosts))
        return found

    def write(self, account: str, values: Mapping[str, Value], names: Sequence[str]) -> Written:
        """Read, set and read back, in one request."""
        request, scopes = PeopleRequest(), {}
        with _sendable():
            before = _Read(request, account, names, hosts=False)
            for name, value in values.items():
                with request.scope() as scope:
                    scopes[name] = scope
                    if isinstance(value, tuple):
                        request.set_multi(_named(account), name, value)
                    else:
                        request.set_single(_named(account), name, value)
            read = _Read(request, account, names, hosts=False)
        answer, results = process_query(self._service, "SetProfileProperties", request.encode(), idempotent=False)
        with _readable(answer):
            sets = {name: _fault_of(scope_of(results, scope)) for name, scope in scopes.items()}
            return Written(sets, read.result(results), before.result(results))

    def _read(self, wanted: Mapping[str, Sequence[str]], *, hosts: bool) -> dict[str, Reading]:
        request = PeopleRequest()
        with _sendable():
            reads = {account: _Read(request, account, names, hosts=hosts) for account, names in wanted.items()}
        answer, results = process_query(self._service, "GetUserProfilePropertiesFor", request.encode())
        with _readable(answer):
            return {account: read.result(results) for account, read in reads.items()}


class _Read:
    """One person's read within a request."""

    def __init__(self, request: PeopleRequest, account: str, names: Sequence[str], *, hosts: bool) -> None:
        self._names = [OBJECT_ID, *names]
        self._person: Reference | None = None
        with request.scope() as self._scope:
            self._action = request.get_some(request.properties_for(_named(account), self._names))
            if hosts:
                self._person = request.person(account)
                self._query = request.load(self._person, "PersonalSiteHostUrl")

    def result(self, results: Mapping[int, Any]) -> Reading:
        fault = _fault_of(scope_of(results, self._scope))
        if fault is not None:
            return fault
        if self._action not in results:  # null is said: nobody. Not to say anything isn't.
            return Fault("unclear", "unanswered")
        texts = texts_of(results, self._action)
        if not texts:
            return None
        if len(texts) != len(self._names):
            raise ValueError("another number of properties than asked for")
        values = {name: csom.whole(text or "") for name, text in zip(self._names, texts, strict=True)}
        person = person_of(results, self._person, self._query) if self._person is not None else None
        host = (person.site_host or "") if person is not None else ""
        return Profile(values.pop(OBJECT_ID).lower(), values, host)


@contextmanager
def _sendable() -> Iterator[None]:
    """Turn a text that XML can't carry into an error of the value."""
    try:
        yield
    except ValueError as error:
        raise InvalidValueError(str(error)) from None


@contextmanager
def _readable(answer: Answer) -> Iterator[None]:
    """Turn an answer of another shape into the error of a faulty service."""
    try:
        yield
    except ValueError as error:
        raise answer.garbled(str(error)) from error


def _named(account: str) -> str:
    """Return the account; some services read an empty one as the caller, so it is never sent."""
    if not account.lower().startswith(MEMBER_PREFIX) or len(account) == len(MEMBER_PREFIX):
        raise ValueError("account: isn't a member's account name")
    return account


def _fault_of(told: ScopeAnswer) -> Fault | None:
    """Judge by type, never by words: they come in the caller's language."""
    if not told.answered:
        return Fault("unclear", "unanswered")
    if not told.failed:
        return None
    if told.fault is None:
        return Fault("unclear", "unnamed")
    name = told.fault.type_name.rpartition(".")[2][:80]
    if told.fault.type_name.startswith(_OF_A_PERSON):
        return Fault("refused", name)
    return Fault("denied" if is_denial(told.fault) else "unclear", name)
