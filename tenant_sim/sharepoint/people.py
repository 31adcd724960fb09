"""PeopleManager: read a profile, read one property, set properties [SP-62, SP-63]."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tenant_sim.login.tokens import Token
from tenant_sim.serving.http import HttpError, Request, Response
from tenant_sim.sharepoint import shape
from tenant_sim.sharepoint.access import UNAUTHORIZED, WRITE_TERMS, require_profiles
from tenant_sim.sharepoint.odata import Segment
from tenant_sim.upa.schema import Property
from tenant_sim.upa.values import BadValueError, shown, stored

if TYPE_CHECKING:
    from tenant_sim.sim import TenantSim

CLAIM = "i:0#.f|membership|"
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
            require_profiles(request, token, write=write)
            return act(token)

        return name, run

    def _slot(self, account: Any) -> int | None:
        """Find who is meant; the account name is the claim of his user principal name."""
        if not isinstance(account, str) or not account.lower().startswith(CLAIM):
            return None
        slot = self._sim.directory.find(account[len(CLAIM) :])
        return slot if slot is not None and self._sim.profiles.has(slot) else None

    def read(self, slot: int) -> dict[str, str]:
        """Return every property of the schema with its shown value, empty ones too [SP-62]."""
        profiles = self._sim.profiles
        values = {**profiles.values(slot), **profiles.synced(slot)}
        return {name: shown(prop, values.get(name, "")) for name, prop in profiles.properties.items()}

    def _properties(self, request: Request, call: Segment) -> Response:
        slot = self._slot(call.arg("accountname") or _body(request).get("accountName"))
        if slot is None:
            # ASSUMED [SP-101]: an account without a profile reads as null, not as an error.
            return shape.null(request, "GetPropertiesFor")
        values = self.read(slot)
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
            "PersonalSiteHostUrl": "",
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
        slot = self._slot(call.arg("accountname") or body.get("accountName"))
        prop = self._sim.profiles.property(str(call.named.get("propertyname") or body.get("propertyName") or ""))
        if slot is None or prop is None:
            return shape.null(request, "GetUserProfilePropertyFor")
        return shape.scalar(request, "GetUserProfilePropertyFor", self.read(slot)[prop.name])

    def _set(self, request: Request, call: Segment, token: Token, *, many: bool) -> Response:
        body = _body(request)
        account = body.get("accountName") or call.named.get("accountname")
        name = body.get("propertyName") or call.named.get("propertyname")
        value = body.get("propertyValues") if many else body.get("propertyValue", call.named.get("propertyvalue"))
        slot, prop = self._slot(account), self._sim.profiles.property(str(name))
        if slot is None:
            raise self._error(request, "User Profile Error 1000: User Not Found")
        if prop is None:
            raise self._error(request, f"Property '{name}' does not exist.")
        if prop.taxonomic and WRITE_TERMS not in token.roles:
            raise shape.error(request, 403, UNAUTHORIZED, shape.DENIED)
        if many:
            if isinstance(value, dict) and isinstance(value.get("results"), list):  # the verbose form of a collection
                value = value["results"]
            if not isinstance(value, list) or not prop.multi_value:
                raise self._error(request, f"Property '{name}' is not multi-valued.")
            text = "|".join(map(str, value))
        else:
            text = self._single(request, prop, value)
        self._sim.profiles.write(slot, prop.name, text, "api", self._sim.time())
        return shape.null(request, request.path.rsplit("/", 1)[-1])

    def _single(self, request: Request, prop: Property, value: Any) -> str:
        text = "" if value is None else str(value)
        if prop.is_date and not text:
            return ""  # unlike the bulk import, this call can empty a date [SP-39]
        try:
            return text if prop.multi_value else stored(prop, text)
        except BadValueError as exc:
            raise self._error(request, str(exc)) from exc

    def _error(self, request: Request, text: str) -> HttpError:
        """Build a refusal.

        ASSUMED [SP-91]: code and texts of refused sets.
        """
        return shape.error(request, 500, "-1, Microsoft.Office.Server.UserProfiles.UserProfileException", text)


def _body(request: Request) -> dict[str, Any]:
    body = request.json() if request.body else {}
    return body if isinstance(body, dict) else {}
