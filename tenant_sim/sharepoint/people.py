"""PeopleManager: read a profile, read one property, set properties [SP-62, SP-63]."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tenant_sim.login.tokens import Token
from tenant_sim.serving.http import Request, Response
from tenant_sim.sharepoint import shape
from tenant_sim.sharepoint.access import UNAUTHORIZED, WRITE_TERMS, require_profiles
from tenant_sim.sharepoint.odata import Segment
from tenant_sim.sharepoint.tenant_calls import too_many
from tenant_sim.upa.single_values import SetError

if TYPE_CHECKING:
    from tenant_sim.sim import TenantSim

_TYPE = "SP.UserProfiles.PersonProperties"


class PeopleManager:
    """The profile service."""

    def __init__(self, sim: TenantSim) -> None:
        self._sim = sim

    def operation(self, segments: list[Segment], request: Request) -> tuple[str, Callable[[Token], Response]] | None:
        """Find what a path asks for."""
        if len(segments) != 2 or segments[0].name != "sp.userprofiles.peoplemanager":
            return None
        call = segments[1]
        table: dict[tuple[str, str], tuple[str, Callable[[Token], Response], bool]] = {
            ("GET", "getpropertiesfor"): ("GetPropertiesFor", lambda _token: self._properties(request, call), False),
            ("GET", "getuserprofilepropertyfor"): (
                "GetUserProfilePropertyFor",
                lambda _token: self._one(request, call),
                False,
            ),
            ("POST", "getpropertiesfor"): (
                "GetPropertiesFor",
                lambda _token: self._properties(request, call),
                False,
            ),
            ("POST", "getuserprofilepropertyfor"): (
                "GetUserProfilePropertyFor",
                lambda _token: self._one(request, call),
                False,
            ),
            ("POST", "setsinglevalueprofileproperty"): (
                "SetSingleValueProfileProperty",
                lambda token: self._set(request, call, token, many=False),
                True,
            ),
            ("POST", "setmultivaluedprofileproperty"): (
                "SetMultiValuedProfileProperty",
                lambda token: self._set(request, call, token, many=True),
                True,
            ),
        }
        if (request.method, call.name) not in table:
            return None
        name, act, write = table[request.method, call.name]

        def run(token: Token) -> Response:
            wait = self._sim.people_throttle.charge(1)
            if wait is not None:
                return too_many(wait)
            require_profiles(request, token, write=write)
            return act(token)

        return name, run

    def _geo(self, request: Request) -> str:
        return self._sim.geo_hosts().get(request.base_url, "")

    def _properties(self, request: Request, call: Segment) -> Response:
        account = _account(request, call)
        slot = self._sim.single_writes.slot(account)
        if slot is None:
            # ASSUMED [SP-101]: an account without a profile reads as null, not as an error.
            return shape.null(request, "GetPropertiesFor")
        values = self._sim.single_writes.read(slot, self._geo(request))
        self._sim.single_writes.on_read(str(account))
        person = {
            "__uri": f"{request.base_url}/_api/SP.UserProfiles.PeopleManager/GetPropertiesFor",
            "AccountName": values["AccountName"],
            "DirectReports": [],
            "DisplayName": values["PreferredName"],
            "Email": values["WorkEmail"],
            "ExtendedManagers": [],
            "ExtendedReports": [values["AccountName"]],
            "IsFollowed": False,
            "LatestPost": None,
            "Peers": [],
            "PersonalSiteHostUrl": self._sim.site_host(slot),
            "PersonalUrl": "",
            "PictureUrl": None,
            "Title": values["Title"] or None,
            "UserProfileProperties": [
                {"Key": name, "Value": value, "ValueType": "Edm.String"} for name, value in values.items()
            ],
            "UserUrl": f"{request.base_url}/Person.aspx",
        }
        return shape.entity(request, person, _TYPE)

    def _one(self, request: Request, call: Segment) -> Response:
        body = _body(request)
        account = _account(request, call)
        name = str(call.named.get("propertyname") or body.get("propertyName") or "")
        found = self._sim.single_writes.some(account, [name], self._geo(request))
        if found is None or self._sim.profiles.property(name) is None:
            return shape.null(request, "GetUserProfilePropertyFor")
        return shape.scalar(request, "GetUserProfilePropertyFor", found[0])

    def _set(self, request: Request, call: Segment, token: Token, *, many: bool) -> Response:
        body, writes = _body(request), self._sim.single_writes
        account = body.get("accountName") or call.named.get("accountname")
        name = body.get("propertyName") or call.named.get("propertyname")
        value = body.get("propertyValues") if many else body.get("propertyValue", call.named.get("propertyvalue"))
        if many and isinstance(value, dict) and isinstance(value.get("results"), list):
            value = value["results"]  # the verbose form of a collection
        try:
            act = writes.set_multi if many else writes.set_single
            act(account, name, value, may_write_terms=WRITE_TERMS in token.roles, geo=self._geo(request))
        except SetError as exc:
            if exc.code == -2147024891:
                raise shape.error(request, 403, UNAUTHORIZED, exc.message) from exc
            raise shape.error(request, 500, f"-1, {exc.type_name}", exc.message) from exc
        return shape.null(request, request.path.rsplit("/", 1)[-1])


def _account(request: Request, call: Segment) -> Any:
    """Return the account that a read names.

    ASSUMED [SP-101]: text of the refusal where none is named.
    """
    account = call.arg("accountname") or _body(request).get("accountName")
    if account is None:
        text = f"The required parameter accountName of {call.name} is missing."
        raise shape.error(request, 400, "-1, Microsoft.SharePoint.Client.InvalidClientQueryException", text)
    return account


def _body(request: Request) -> dict[str, Any]:
    body = request.json() if request.body else {}
    return body if isinstance(body, dict) else {}
