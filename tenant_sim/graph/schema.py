"""The properties of Graph's `user` (79 in Microsoft's v1.0 metadata) and what delta can do with each.

Facts: what delta tracks [GR-18, GR-17], types and limits [GR-30, GR-33, GR-34], the properties of user [GR-37].
"""

from __future__ import annotations

import re
from typing import Any

_STRINGS = """
    aboutMe ageGroup city companyName consentProvidedForMinor country creationType department displayName employeeId
    employeeType externalUserState faxNumber givenName identityParentId jobTitle legalAgeGroupClassification mail
    mailNickname mobilePhone mySite officeLocation onPremisesDistinguishedName onPremisesDomainName
    onPremisesImmutableId onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesUserPrincipalName
    passwordPolicies postalCode preferredDataLocation preferredLanguage preferredName securityIdentifier state
    streetAddress surname usageLocation userPrincipalName userType
"""
_LISTS = """
    assignedLicenses assignedPlans businessPhones identities imAddresses interests licenseAssignmentStates
    onPremisesProvisioningErrors otherMails pastProjects provisionedPlans proxyAddresses responsibilities schools
    serviceProvisioningErrors skills
"""
_BOOLEANS = "accountEnabled isManagementRestricted isResourceAccount onPremisesSyncEnabled showInAddressList"
_DATES = """
    birthday createdDateTime employeeHireDate employeeLeaveDateTime externalUserStateChangeDateTime hireDate
    lastPasswordChangeDateTime onPremisesLastSyncDateTime signInSessionsValidFromDateTime
"""
_OBJECTS = """
    authorizationInfo customSecurityAttributes employeeOrgData mailboxSettings onPremisesExtensionAttributes
    passwordProfile print signInActivity
"""

TYPES: dict[str, type] = {
    **dict.fromkeys(_STRINGS.split(), str),
    **dict.fromkeys(_LISTS.split(), list),
    **dict.fromkeys(_BOOLEANS.split(), bool),
    **dict.fromkeys(_DATES.split(), str),
    **dict.fromkeys(_OBJECTS.split(), dict),
    "deviceEnrollmentLimit": int,
}
"""JSON type by property name; `id` and `deletedDateTime` are inherited from directoryObject."""

INHERITED = frozenset({"id", "deletedDateTime"})

KNOWN = frozenset(TYPES) | INHERITED
"""Names of all properties of `user`."""

LIST_DEFAULT = (
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
)
"""What `GET /users` and delta return when nothing is selected."""

NOT_IN_DELTA = frozenset(
    [
        "signInActivity",
        "aboutMe",
        "skills",
        "birthday",
        "hireDate",
        "interests",
        "mySite",
        "pastProjects",
        "responsibilities",
        "schools",
        "preferredName",
        "mailboxSettings",
        "print",
        "deviceEnrollmentLimit",
        "authorizationInfo",
        "customSecurityAttributes",
    ]
)
"""Selected in a delta query, these make the whole request fail with 400 [GR-17].

ASSUMED [GR-40]: only signInActivity, birthday, skills and aboutMe were seen to fail.
"""

NOT_TRACKED = frozenset({"licenseAssignmentStates"})
"""Selectable; but a change to one of these alone puts nobody into a delta round [GR-18]."""

EXTENSION_ATTRIBUTES = tuple(f"extensionAttribute{n}" for n in range(1, 16))
MAX_LENGTH = {"employeeId": 16, **dict.fromkeys(EXTENSION_ATTRIBUTES, 1024)}

EXTENSION = re.compile(r"^extension_[0-9a-f]{32}_\w+$")
"""Name of a directory extension property [GR-30]."""

_PARTS = {"employeeOrgData": {"division", "costCenter"}, "onPremisesExtensionAttributes": set(EXTENSION_ATTRIBUTES)}


def check(attributes: dict[str, Any]) -> None:
    """Refuse attributes that a directory can't hold; `ValueError` names the property."""
    for name, value in attributes.items():
        if name in INHERITED or EXTENSION.match(name) or name.startswith("ext"):
            continue
        wanted = TYPES.get(name)
        if wanted is None:
            raise ValueError(f"user has no property named {name!r}")
        if value is None:
            continue
        if not isinstance(value, wanted):
            raise ValueError(f"{name} is {wanted.__name__}, not {type(value).__name__}")
        if name in MAX_LENGTH and isinstance(value, str) and len(value) > MAX_LENGTH[name]:
            raise ValueError(f"{name} holds {MAX_LENGTH[name]} characters at most")
        _check_parts(name, value)


def _check_parts(name: str, value: object) -> None:
    if name not in _PARTS or not isinstance(value, dict):
        return
    for part, text in value.items():
        if part not in _PARTS[name]:
            raise ValueError(f"{name} has no property named {part!r}")
        if text is not None and not isinstance(text, str):
            raise ValueError(f"{name}.{part} is a string")
        if text and part in MAX_LENGTH and len(text) > MAX_LENGTH[part]:
            raise ValueError(f"{name}.{part} holds {MAX_LENGTH[part]} characters at most")
