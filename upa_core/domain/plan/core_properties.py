"""The profile properties that SharePoint fills from Entra by itself: a mapping to one would be overwritten or refused.

Source: learn.microsoft.com/sharepoint/user-profile-sync, "Properties that are synced into SharePoint user profiles"
(seeds/4-built-in-upa-sync.txt), which names attributes and display names; internal names are those of
a recorded profile [SP-62].
"""

from __future__ import annotations

import re
import unicodedata

_SYNCED: dict[str, tuple[str, ...]] = {
    "userPrincipalName": (
        "AccountName",
        "Account Name",
        "UserName",
        "User Name",
        "SPS-UserPrincipalName",
        "User Principal Name",
        "SPS-ClaimID",
    ),
    "displayName": ("PreferredName", "Preferred Name", "Name"),
    "givenName": ("FirstName", "First Name"),
    "sn": ("LastName", "Last Name"),
    "telephoneNumber": ("WorkPhone", "Work Phone"),
    "proxyAddresses": ("WorkEmail", "Work Email", "SPS-SipAddress", "SIP Address"),
    "physicalDeliveryOfficeName": ("Office",),
    "title": ("Title", "SPS-JobTitle", "Job Title"),
    "department": ("Department", "SPS-Department"),
    "wWWHomePage": ("PublicSiteRedirect", "Public Site Redirect"),
    "preferredLanguage": ("SPS-MUILanguages", "Language Preferences"),
    "msExchHideFromAddressList": ("SPS-HideFromAddressLists",),
    "msExchRecipientTypeDetails": ("SPS-RecipientTypeDetails",),
    "objectSid": ("SPS-SavedSID",),
    "userType": ("SPS-UserType",),
    "groupType": ("GroupType", "IsUnifiedGroup"),
    "isPublic": ("IsPublic",),
    "isSharePointOnlineObject": ("SPO-IsSPO",),
    "manager": ("Manager",),
}
_IDENTITY = ("UserProfile_GUID", "SID", "ADGuid", "msOnline-ObjectId", "SPS-DistinguishedName", "SPS-SavedAccountName")


def _key(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).lower().split())  # letters of another width are the same name


_REASONS = {
    **{
        _key(name): f"SharePoint fills it by itself from Entra's {attribute}"
        for attribute, names in _SYNCED.items()
        for name in names
    },
    **{_key(name): "it is the profile's identity" for name in _IDENTITY},
    "idname": "it is the name of the identity in an import file",
}


_USERS_OWN = frozenset(
    _key(name)
    for name in (
        "SPS-Skills",
        "SPS-PastProjects",
        "SPS-School",
        "SPS-Interests",
        "SPS-Responsibility",
        "SPS-Birthday",
        "SPS-HireDate",
        "SPS-Location",
        "SPS-TimeZone",
    )
)


def why_not_single(target: str) -> str:
    """Return why a property mustn't be written individually, or an empty text.

    Of SharePoint's own only those that hold something about a person may be: the rest is bookkeeping.
    """
    key = _key(target)
    if key.startswith("sps-") and key not in _USERS_OWN:
        return "it is SharePoint's own bookkeeping"
    return ""


def why_core(target: str) -> str:
    """Return why a property must not be a target, or an empty text; letter case and spaces don't matter.

    A mapped core property is reported as imported while its value stays [SP-42].
    """
    return _REASONS.get(_key(target), "")


_NAME = re.compile(r"[^\W\d_][\w-]*")


def is_property_name(text: str) -> bool:
    """Return whether a text can be a profile property's internal name."""
    return _NAME.fullmatch(text) is not None
