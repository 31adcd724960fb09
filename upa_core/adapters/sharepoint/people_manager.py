"""Read profiles back as SharePoint returns them [SP-62]."""

from __future__ import annotations

from urllib.parse import quote

from upa_core.adapters.http.service import Service

_CALL = "/_api/SP.UserProfiles.PeopleManager/GetPropertiesFor(accountName=@v)"


def claims_name(user_principal_name: str) -> str:
    """Return SharePoint's account name of a member."""
    return f"i:0#.f|membership|{user_principal_name}"


class PeopleManager:
    """Profiles one by one: for checks and read-backs of a few people, never for a whole tenant."""

    def __init__(self, service: Service) -> None:
        """Use the service of the admin site's host."""
        self._service = service

    def properties(self, user_principal_name: str) -> dict[str, str] | None:
        """Return every property of a profile, empty ones included; None where there is no profile.

        Raises as every call of `Service`.
        """
        # NOTE: a quote in an OData literal is doubled before it is URL-encoded [SP-34]
        name = quote("'" + claims_name(user_principal_name).replace("'", "''") + "'", safe="")
        answer = self._service.request(
            "GET",
            f"{_CALL}?@v={name}",
            "PeopleManager",
            headers={"Accept": "application/json;odata=nometadata"},
            json=True,
        )
        if not answer.ok:
            if answer.status == 404:
                return None
            raise answer.refused()
        found = answer.document
        if not isinstance(found, dict):
            raise answer.garbled("the body isn't an object")
        if found.get("odata.null") or found.get("UserProfileProperties") is None:
            return None
        try:
            return {
                str(item["Key"]): "" if (value := item["Value"]) is None else str(value)
                for item in found["UserProfileProperties"]
            }
        except (KeyError, TypeError) as error:
            raise answer.garbled("no properties in it") from error
