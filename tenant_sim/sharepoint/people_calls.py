"""PeopleManager as ProcessQuery carries it out: objects, sets, reads [SP-114, SP-115]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tenant_sim.login.tokens import Token
from tenant_sim.sharepoint import csom
from tenant_sim.sharepoint.access import NO_PROFILE_ACCESS, READ_PROFILES, WRITE_PROFILES, WRITE_TERMS
from tenant_sim.sharepoint.csom_values import CsomError
from tenant_sim.upa.single_values import SetError

if TYPE_CHECKING:
    from tenant_sim.sim import TenantSim

MODEL = "SP.UserProfiles."
METHODS = (
    "SetSingleValueProfileProperty",
    "SetMultiValuedProfileProperty",
    "GetUserProfilePropertyFor",
    "GetUserProfilePropertiesFor",
    "GetPropertiesFor",
)


@dataclass(frozen=True)
class Manager:
    """The PeopleManager of a request."""


@dataclass(frozen=True)
class Wanted:
    """Some properties of a person (UserProfilePropertiesForUser)."""

    account: Any
    names: Sequence[Any]


@dataclass(frozen=True)
class PersonView:
    """The result of GetPropertiesFor."""

    slot: int


class PeopleCalls:
    """The part of ProcessQuery that deals with profiles; `geo` is that of the host that was called."""

    def __init__(self, sim: TenantSim) -> None:
        self._sim = sim

    def construct(self, type_id: str, parameters: list[Any]) -> Manager | Wanted | None:
        """Make an object of one of the two types, None for another type."""
        name = csom.TYPES.get(type_id)
        if name == "PeopleManager" and not parameters:
            return Manager()
        if name == "UserProfilePropertiesForUser":
            account, names = _arguments(name, parameters, 2)
            if not isinstance(names, list):
                raise CsomError("Value cannot be null. Parameter name: propertyNames", "System.ArgumentNullException")
            return Wanted(account, names)
        return None

    def find(self, name: str, parameters: list[Any], token: Token) -> PersonView | None:
        """Carry out GetPropertiesFor, the one method that returns an object."""
        if name != "GetPropertiesFor":
            raise CsomError(f"The method '{name}' cannot be found or is not an object path.", csom.QUERY_ERROR)
        _require(token, write=False)
        (account,) = _arguments(name, parameters, 1)
        slot = self._sim.single_writes.slot(account)
        self._sim.single_writes.on_read(str(account))
        return None if slot is None else PersonView(slot)

    def call(self, name: str, parameters: list[Any], token: Token, geo: str) -> Any:
        """Carry out a method that returns a value, or nothing."""
        writes = self._sim.single_writes
        try:
            if name in ("SetSingleValueProfileProperty", "SetMultiValuedProfileProperty"):
                _require(token, write=True)
                account, target, value = _arguments(name, parameters, 3)
                act = writes.set_multi if name == "SetMultiValuedProfileProperty" else writes.set_single
                act(account, target, value, may_write_terms=WRITE_TERMS in token.roles, geo=geo)
                return None
            if name == "GetUserProfilePropertyFor":
                _require(token, write=False)
                account, target = _arguments(name, parameters, 2)
                found = writes.some(account, [target], geo)
                return None if found is None else found[0]
            if name == "GetUserProfilePropertiesFor":
                _require(token, write=False)
                (wanted,) = _arguments(name, parameters, 1)
                if not isinstance(wanted, Wanted):
                    raise CsomError(
                        "Value cannot be null. Parameter name: propertiesForUser", "System.ArgumentNullException"
                    )
                return writes.some(wanted.account, wanted.names, geo)
        except SetError as exc:
            raise CsomError(exc.message, exc.type_name, exc.code) from exc
        raise CsomError(f"The method '{name}' cannot be found or returns no value.", csom.QUERY_ERROR)

    def show(self, target: Any, geo: str) -> dict[str, Any]:
        """Answer a query of one of the objects."""
        if isinstance(target, PersonView):
            values = self._sim.single_writes.read(target.slot, geo)
            return {
                "_ObjectType_": f"{MODEL}PersonProperties",
                "AccountName": values["AccountName"],
                "DirectReports": [],
                "DisplayName": values["PreferredName"],
                "Email": values["WorkEmail"],
                "PersonalSiteHostUrl": self._sim.site_host(target.slot),
                "Title": values["Title"],
                "UserProfileProperties": values,
            }
        if isinstance(target, Wanted):
            return {"_ObjectType_": f"{MODEL}UserProfilePropertiesForUser", "AccountName": target.account}
        return {"_ObjectType_": f"{MODEL}PeopleManager"}


def _require(token: Token, *, write: bool) -> None:
    """Require the rights for profiles [SP-14]."""
    if not token.roles & ({WRITE_PROFILES} if write else {WRITE_PROFILES, READ_PROFILES}):
        raise CsomError(NO_PROFILE_ACCESS, "System.UnauthorizedAccessException", -2147024891)


def _arguments(name: str, parameters: list[Any], count: int) -> list[Any]:
    if len(parameters) != count:
        raise CsomError(f"{name} takes {count} parameters.", csom.QUERY_ERROR)
    return parameters
