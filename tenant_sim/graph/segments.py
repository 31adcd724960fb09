"""Paths that no route takes: segments that Graph doesn't have, and those that only this simulator doesn't have."""

from __future__ import annotations

from tenant_sim.graph import schema
from tenant_sim.graph.errors import bad_request, not_simulated
from tenant_sim.serving.http import HttpError

_ROOT = frozenset(
    [
        "$metadata",
        "admin",
        "agreements",
        "appCatalogs",
        "applicationTemplates",
        "applications",
        "auditLogs",
        "authenticationMethodsPolicy",
        "communications",
        "connections",
        "contacts",
        "contracts",
        "copilot",
        "dataPolicyOperations",
        "deviceManagement",
        "devices",
        "directory",
        "directoryObjects",
        "directoryRoles",
        "domains",
        "drive",
        "drives",
        "education",
        "employeeExperience",
        "external",
        "groups",
        "groupSettings",
        "identity",
        "identityGovernance",
        "identityProtection",
        "informationProtection",
        "invitations",
        "me",
        "oauth2PermissionGrants",
        "organization",
        "permissionGrants",
        "places",
        "planner",
        "policies",
        "print",
        "privacy",
        "reports",
        "roleManagement",
        "schemaExtensions",
        "search",
        "security",
        "servicePrincipals",
        "shares",
        "sites",
        "solutions",
        "storage",
        "subscribedSkus",
        "subscriptions",
        "teams",
        "teamwork",
        "tenantRelationships",
        "users",
    ]
)
_USER = frozenset(
    [
        "activities",
        "agreementAcceptances",
        "appRoleAssignments",
        "assignLicense",
        "authentication",
        "calendar",
        "calendarView",
        "calendars",
        "changePassword",
        "chats",
        "checkMemberGroups",
        "checkMemberObjects",
        "cloudPC",
        "contactFolders",
        "contacts",
        "createdObjects",
        "directReports",
        "drive",
        "drives",
        "employeeExperience",
        "events",
        "extensions",
        "followedSites",
        "getMemberGroups",
        "getMemberObjects",
        "inferenceClassification",
        "insights",
        "joinedTeams",
        "licenseDetails",
        "mailFolders",
        "mailboxSettings",
        "manager",
        "memberOf",
        "messages",
        "oauth2PermissionGrants",
        "onenote",
        "onlineMeetings",
        "outlook",
        "ownedDevices",
        "ownedObjects",
        "people",
        "permissionGrants",
        "photo",
        "photos",
        "planner",
        "presence",
        "registeredDevices",
        "restore",
        "revokeSignInSessions",
        "scopedRoleMemberOf",
        "settings",
        "teamwork",
        "todo",
        "transitiveMemberOf",
        "transitiveReports",
    ]
)


def refusal(method: str, rest: str) -> HttpError:
    """Return the error for a path below `/v1.0/` that has no answer.

    ASSUMED [GR-50]: the text for an unknown segment is as reported by users of Graph.
    """
    parts = [part for part in rest.split("/") if part]
    first = parts[0].split("(")[0] if parts else ""
    if first not in _ROOT and not first.startswith("$"):
        return bad_request(f"Resource not found for the segment '{first}'.")
    if first == "users" and len(parts) > 2:
        step = parts[2].split("(")[0]
        if step in schema.KNOWN or step.startswith("$"):
            return not_simulated(f"{method} /users/{{id}}/{step}")
        if step not in _USER and step != "sendMail" and not step.startswith("microsoft.graph."):
            return bad_request(f"Resource not found for the segment '{step}'.")
    return not_simulated(
        f"{method} /{'/'.join(['users', '{id}', *parts[2:]] if first == 'users' and parts[1:] else parts)}"
    )
