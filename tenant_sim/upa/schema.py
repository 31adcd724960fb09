"""The property schema of the profile store: what may be imported, and which attribute feeds what SharePoint syncs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Property:
    """One profile property."""

    name: str
    type: str = "string"
    """string, date, date no year, date time, integer, boolean, person, url, html."""
    max_length: int | None = None
    editable: bool = False
    """"Allow users to edit values": the queue call refuses such a property [SP-12]."""
    multi_value: bool = False
    taxonomic: bool = False
    source: str | None = None
    """Entra attribute that SharePoint itself copies here."""
    system: bool = False

    @property
    def is_date(self) -> bool:
        """Whether it holds a date."""
        return self.type.startswith("date")


_SYNCED = {
    "UserProfile_GUID": None,
    "SID": None,
    "ADGuid": None,
    "AccountName": None,
    "FirstName": "givenName",
    "LastName": "surname",
    "PreferredName": "displayName",
    "WorkPhone": "businessPhones",
    "Department": "department",
    "Title": "jobTitle",
    "SPS-JobTitle": "jobTitle",
    "SPS-Department": "department",
    "Manager": None,
    "UserName": "userPrincipalName",
    "WorkEmail": "mail",
    "Office": "officeLocation",
    "CellPhone": "mobilePhone",
    "SPS-SipAddress": "mail",
    "SPS-ClaimID": "userPrincipalName",
    "SPS-ClaimProviderID": None,
    "SPS-DistinguishedName": None,
    "SPS-UserPrincipalName": "userPrincipalName",
    "msOnline-ObjectId": "id",
    "PersonalSpace": None,
    "QuickLinks": None,
    "WebSite": None,
    "PublicSiteRedirect": None,
    "Fax": "faxNumber",
}
_USER_EDITABLE = (
    "AboutMe",
    "SPS-Birthday",
    "HomePhone",
    "SPS-Interests",
    "SPS-PastProjects",
    "SPS-School",
    "SPS-Skills",
    "SPS-Responsibility",
    "SPS-StatusNotes",
    "Assistant",
)
_EDITABLE_SYNCED = frozenset({"CellPhone", "Fax"})


def default_schema() -> dict[str, Property]:
    """Build the schema of a fresh tenant plus the custom properties of the demo.

    ASSUMED [SP-68]: which built-in properties a user may edit is taken from the default settings that the
    queue errors name (AboutMe, CellPhone, Country); the rest is our reading of the property table.
    """
    schema = {
        name: Property(name, source=source, system=True, editable=name in _EDITABLE_SYNCED)
        for name, source in _SYNCED.items()
    }
    for name in _USER_EDITABLE:
        kind = "date no year" if name == "SPS-Birthday" else "html" if name == "AboutMe" else "string"
        many = name in {"SPS-Interests", "SPS-PastProjects", "SPS-School", "SPS-Skills", "SPS-Responsibility"}
        schema[name] = Property(name, kind, editable=True, multi_value=many, taxonomic=many)
    schema["SPS-HireDate"] = Property("SPS-HireDate", "date")
    schema["SPS-Location"] = Property("SPS-Location", max_length=250)
    for name in ("CostCenter", "Division", "EmployeeType", "Badge", "OfficeCode", "City", "Country"):
        schema[name] = Property(name, max_length=256)
    schema["HireDate"] = Property("HireDate", "date")
    return schema
