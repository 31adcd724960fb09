"""The surroundings of a connector for `upa doctor`: tokens' claims, certificates, Graph, one profile."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID

from upa_core.adapters.graph import wire as graph_wire
from upa_core.adapters.http.answer import Answer
from upa_core.adapters.http.service import Service
from upa_core.adapters.identity.certificate import certificate_end
from upa_core.adapters.identity.tokens import TokenSource
from upa_core.adapters.sharepoint.library_settings import LibraryRules
from upa_core.domain.errors import AccessDeniedError
from upa_core.ports.inspection import Host, LibrarySettings, RetentionLabel, TokenFacts
from upa_core.ports.profiles import Profiles

MAX_USERS = 5


class CloudInspection:
    """Implements the port `Inspection` for one connector."""

    def __init__(
        self,
        graph: Service,
        tokens: Mapping[Host, tuple[TokenSource, str]],
        profiles: Profiles,
        library: LibraryRules,
        certificates: Sequence[bytes],
    ) -> None:
        """Take Graph's service, token sources with their audiences, and the certificates that sign in."""
        self._graph, self._tokens, self._certificates = graph, tokens, certificates
        self._profiles, self._library = profiles, library

    def token(self, host: Host) -> TokenFacts | None:
        """Sign in for a host and read the token's claims; the signature isn't checked here; the host does that."""
        source, audience = self._tokens[host]
        claims = claims_of(source.token(audience))
        if claims is None:
            return None
        roles = claims.get("roles")
        return TokenFacts(
            app_id=str(claims.get("appid") or claims.get("azp") or ""),
            app_name=str(claims.get("app_displayname") or ""),
            tenant_id=str(claims.get("tid") or ""),
            roles=frozenset(map(str, roles if isinstance(roles, list) else ())),
            with_secret=str(claims.get("appidacr") or claims.get("azpacr") or "") == "1",
        )

    def certificate_ends(self) -> datetime | None:
        """Return when the earliest certificate ends."""
        return min(map(certificate_end, self._certificates), default=None)

    def server_time(self) -> datetime | None:
        """Return the Date header of an answer of Graph."""
        answer = self._graph.request("GET", "/v1.0/users?$top=1&$select=id", "/v1.0/users")
        try:
            return parsedate_to_datetime(answer.headers.get("Date", "")).astimezone(UTC)
        except (TypeError, ValueError):
            return None

    def check_tracked(self, select: Sequence[str]) -> None:
        """Ask for the present position: Graph checks properties and permission, and sends no data [GR-5, GR-17]."""
        url = graph_wire.delta_path(select) + "&$deltatoken=latest"
        answer = self._graph.request("GET", url, "/v1.0/users/delta", json=True)
        if not answer.ok:
            raise graph_wire.delta_error(answer.status, answer.content, answer.label()) or answer.refused()

    def some_users(self) -> Sequence[str]:
        """Return the first members whom Graph lists."""
        url = f"/v1.0/users?$top={MAX_USERS}&$select=userPrincipalName,accountEnabled,userType"
        answer = self._graph.request("GET", url, "/v1.0/users", json=True)
        if not answer.ok:
            raise answer.refused()
        users = _values(answer)
        users.sort(key=lambda user: (user.get("accountEnabled") is False, user.get("userType") == "Guest"))
        return [str(user["userPrincipalName"]) for user in users if user.get("userPrincipalName")]

    def extensions(self, wanted: Sequence[str]) -> Sequence[str] | None:
        """Ask for all directory extension properties, and where there are none their owners one by one.

        It takes Application.Read.All or Directory.Read.All. The list of all is empty in a tenant of more than 1,000
        service principals [GR-31]; an owner that is registered in another tenant can't be asked.
        """
        try:
            url = "/v1.0/directoryObjects/getAvailableExtensionProperties"
            names = self._names("POST", url, url, b"{}")
            if names or names is None:
                return names
            found: list[str] = []
            for app in sorted({UUID(name.split("_")[1]) for name in wanted}, key=str):
                url = f"/v1.0/applications(appId='{app}')/extensionProperties?$select=name"
                owned = self._names("GET", url, "/v1.0/applications/extensionProperties")
                if owned is None:
                    return None
                found += owned
        except AccessDeniedError:
            return None
        return found

    def _names(self, method: str, url: str, call: str, body: bytes | None = None) -> list[str] | None:
        headers = {"Content-Type": "application/json"}
        answer = self._graph.request(method, url, call, headers=headers, body=body, json=True)
        return [str(one["name"]) for one in _values(answer) if "name" in one] if answer.ok else None

    def retention_label(self) -> RetentionLabel | None:
        """Read the label of the target library."""
        return self._library.label()

    def library_settings(self) -> LibrarySettings:
        """Read the settings of the target library."""
        return self._library.settings()

    def profile(self, user_principal_name: str) -> Mapping[str, str] | None:
        """Read a profile."""
        return self._profiles.properties(user_principal_name)


def _values(answer: Answer) -> list[dict[str, Any]]:
    values = answer.document.get("value") if isinstance(answer.document, dict) else None
    if not isinstance(values, list) or not all(isinstance(one, dict) for one in values):
        raise answer.garbled("the body holds no list")
    return values


def claims_of(token: str) -> dict[str, Any] | None:
    """Return the claims of a JWT, None for a token of another kind."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error):
        return None
    return claims if isinstance(claims, dict) else None
