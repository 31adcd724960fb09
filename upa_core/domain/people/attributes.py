"""A user's attributes: names, types, aliases, and the ones that users/delta doesn't track.

Names and types are Microsoft's v1.0 metadata [GR-37]; what isn't tracked: [GR-18].
"""

from __future__ import annotations

import difflib
import re
from typing import Literal

from upa_core.domain.errors import ConfigError

AttributeType = Literal["text", "boolean", "integer", "datetime", "several", "any"]

_TYPES: dict[AttributeType, str] = {
    "text": "ageGroup city companyName consentProvidedForMinor country creationType department displayName employeeId"
    " employeeType externalUserState faxNumber givenName id identityParentId jobTitle legalAgeGroupClassification mail"
    " mailNickname mobilePhone officeLocation onPremisesDistinguishedName onPremisesDomainName onPremisesImmutableId"
    " onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesUserPrincipalName passwordPolicies postalCode"
    " preferredDataLocation preferredLanguage securityIdentifier state streetAddress surname usageLocation"
    " userPrincipalName userType",
    "boolean": "accountEnabled isManagementRestricted isResourceAccount onPremisesSyncEnabled showInAddressList",
    "datetime": "createdDateTime deletedDateTime employeeHireDate employeeLeaveDateTime externalUserStateChangeDateTime"
    " lastPasswordChangeDateTime onPremisesLastSyncDateTime signInSessionsValidFromDateTime",
    "several": "businessPhones imAddresses otherMails proxyAddresses",
}
_PARTS = {
    "employeeOrgData": ("costCenter", "division"),
    "onPremisesExtensionAttributes": tuple(f"extensionAttribute{number}" for number in range(1, 16)),
}
ATTRIBUTES: dict[str, AttributeType] = {
    **{name: kind for kind, names in _TYPES.items() for name in names.split()},
    **{f"{parent}.{part}": "text" for parent, parts in _PARTS.items() for part in parts},
}
"""The readable attributes by dotted path."""

_STORED_IN_SHAREPOINT = "is stored in SharePoint, not in Entra: users/delta refuses it (400) or doesn't track it"
_NOT_IN_STORE = "isn't in Entra's main store, so users/delta can't read it"
_STRUCTURE = "holds structures, not a text"
GROUPS = (
    "users/delta doesn't track group membership. Join the group under `with`, "
    "`- {as: pilot, kind: group, group: <object id>}`, and write the clause `pilot.member IS NOT NULL`"
)
REFUSED: dict[str, str] = {
    **dict.fromkeys(
        ("aboutMe", "birthday", "interests", "mySite", "pastProjects", "preferredName", "responsibilities", "schools"),
        _STORED_IN_SHAREPOINT,
    ),
    "skills": _STORED_IN_SHAREPOINT,
    "hireDate": f"{_STORED_IN_SHAREPOINT}; use employeeHireDate",
    "signInActivity": "can't be selected in users/delta: the service answers 400 for the whole request",
    **dict.fromkeys(("authorizationInfo", "deviceEnrollmentLimit", "mailboxSettings", "print"), _NOT_IN_STORE),
    "manager": "is a reference, incompletely reported by users/delta; SharePoint keeps its own Manager by itself. For "
    "the manager's attributes join them under `with`, `- {as: manager, kind: manager}`, and write manager.displayName",
    "directReports": "is a reference, not an attribute",
    "customSecurityAttributes": "isn't known to be tracked by users/delta and needs a permission of its own",
    "licenseAssignmentStates": "can be selected, but users/delta doesn't track its changes",
    "passwordProfile": "holds a password",
    **dict.fromkeys(
        ("assignedLicenses", "assignedPlans", "identities", "onPremisesProvisioningErrors", "provisionedPlans"),
        _STRUCTURE,
    ),
    "serviceProvisioningErrors": _STRUCTURE,
    **dict.fromkeys(("memberOf", "transitiveMemberOf", "isMemberOf", "members", "groupMembership"), GROUPS),
    **dict.fromkeys(("group", "groups"), GROUPS),
    "extensions": "means open extensions, which users/delta doesn't track; use a directory extension (ext:Name)",
}
"""Attributes that can't be mapped or scoped, with the reason."""

EXTRA_PERMISSIONS = {"employeeLeaveDateTime": "User-LifeCycleInfo.Read.All"}
"""Application permissions that an attribute needs beside User.Read.All [GR-35]."""

_OTHER_NAMES = {
    "c": "country",
    "co": "country",
    "company": "companyName",
    "costCenter": "employeeOrgData.costCenter",
    "division": "employeeOrgData.division",
    "email": "mail",
    "firstName": "givenName",
    "l": "city",
    "lastName": "surname",
    "mobile": "mobilePhone",
    "name": "displayName",
    "objectId": "id",
    "office": "officeLocation",
    "physicalDeliveryOfficeName": "officeLocation",
    "sAMAccountName": "onPremisesSamAccountName",
    "sn": "surname",
    "st": "state",
    "telephoneNumber": "businessPhones",
    "title": "jobTitle",
    "upn": "userPrincipalName",
}
"""Names from Active Directory, from Azure AD Graph, and common wrong ones."""

_NUMBERED = re.compile(r"extensionAttribute([0-9]+)", re.ASCII)
_ALIASES = tuple(f"extensionAttribute{number}" for number in range(1, 16))
_DIRECTORY_EXTENSION = re.compile(r"extension_[0-9a-fA-F]{32}_[A-Za-z0-9_]{1,200}", re.ASCII)
_EXTENSION_NAME = re.compile(r"[A-Za-z0-9_]{1,200}", re.ASCII)
_APP_ID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}", re.ASCII)


class AttributeRefusedError(ConfigError):
    """An attribute is unknown or can't be kept in sync; `suggestion` is the attribute that was probably meant."""

    def __init__(self, message: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.suggestion = suggestion


def resolve_attribute(name: str, extension_app: str | None = None) -> str:
    """Return the dotted path that a name in the connector file means.

    `extensionAttribute7` is part of onPremisesExtensionAttributes; `ext:CostCenter` is the directory extension
    `extension_<app id without hyphens>_CostCenter` [GR-30].

    Raises:
        AttributeRefusedError: with the reason, and a suggestion where there is one.
    """
    if name in ATTRIBUTES or _DIRECTORY_EXTENSION.fullmatch(name):
        return name
    if match := _NUMBERED.fullmatch(name):
        if 1 <= int(match[1][:3]) <= 15 and not match[1].startswith("0"):
            return f"onPremisesExtensionAttributes.{name}"
        raise AttributeRefusedError(f"{name} doesn't exist: there are extensionAttribute1 to extensionAttribute15")
    if name.startswith("ext:"):
        return _extension(name[4:], extension_app)
    raise _refusal(name)


def other_name(name: str) -> str:
    """Return the attribute that a name from Active Directory, or a common wrong name, means; "" for none."""
    return next((path for other, path in _OTHER_NAMES.items() if other.lower() == name.lower()), "")


def is_app_id(text: str) -> bool:
    """Return whether a text is an application id, with hyphens or without."""
    return _APP_ID.fullmatch(text) is not None


def type_of_attribute(path: str) -> AttributeType:
    """Return the type of a resolved attribute as far as it is known; directory extensions may hold anything."""
    return ATTRIBUTES.get(path, "any")


def _extension(name: str, app: str | None) -> str:
    if app is None:
        raise AttributeRefusedError(
            f"ext:{name} needs source.extension_app, the id of the application that owns the extension"
        )
    if not _EXTENSION_NAME.fullmatch(name):
        raise AttributeRefusedError(f"ext:{name} isn't an extension's name: letters, digits and underscores")
    return f"extension_{app.replace('-', '').lower()}_{name}"


def _refusal(name: str) -> AttributeRefusedError:
    top = name.partition(".")[0]
    if top in REFUSED:
        return AttributeRefusedError(
            f"{top} can't be used: {REFUSED[top]}", "employeeHireDate" if top == "hireDate" else ""
        )
    if name in _PARTS:
        example = f"{name}.{_PARTS[name][0]}"
        return AttributeRefusedError(f"{name} {_STRUCTURE}; name one of its parts", example)
    if name in _OTHER_NAMES:
        return AttributeRefusedError(f"{name} isn't an attribute of Graph's user", _OTHER_NAMES[name])
    if name.startswith("extension_"):
        return AttributeRefusedError(
            f"{name} isn't a directory extension's name: extension_<32 hexadecimal digits>_<name>", "ext:<name>"
        )
    if "_" in name:
        return AttributeRefusedError(
            f"{name} looks like a schema extension: users/delta doesn't track those",
            "a directory extension, ext:<name>",
        )
    folded = {known.lower(): known for known in (*ATTRIBUTES, *REFUSED, *_ALIASES)}
    close = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    tail = [path for path in ATTRIBUTES if path.lower().endswith(f".{name.lower()}")]
    meant = tail[0] if tail else folded[close[0]] if close else ""
    return AttributeRefusedError(f"{name} isn't an attribute of Graph's user (names are case-sensitive)", meant)
