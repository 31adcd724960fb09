"""Access tokens: RS256 JWTs with the claims the resources look at; issued here, checked at every surface."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tenant_sim.login.apps import App
from tenant_sim.login.certificates import b64, signing_key, unb64

LIFETIME_S = 3599


class TokenError(Exception):
    """A bearer token that a resource refuses; `reason` is one of missing, malformed, expired, audience, issuer."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason = reason


@dataclass(frozen=True)
class Token:
    """A checked token."""

    app_id: str
    roles: frozenset[str]
    appidacr: str
    """How the app proved itself: 1 secret, 2 certificate or managed identity."""
    audience: str


class Tokens:
    """Issues and checks the tenant's tokens. Their lifetime is in wall time, because msal caches them by it."""

    def __init__(self, tenant_id: str, wall: Callable[[], float] = time.time) -> None:
        self.tenant_id, self.wall = tenant_id, wall
        self.lifetime_s = LIFETIME_S
        self._good: dict[str, dict[str, Any]] = {}

    @property
    def issuer(self) -> str:
        """Issuer of access tokens, the v1.0 form that Graph and SharePoint get."""
        return f"https://sts.windows.net/{self.tenant_id}/"

    @property
    def key_id(self) -> str:
        """Key id in the header of every token."""
        numbers = signing_key().public_key().public_numbers()
        return b64(hashlib.sha256(str(numbers.n).encode()).digest()[:20])

    def issue(
        self, app: App, audience: str, roles: set[str], appidacr: str = "2", lifetime: float | None = None
    ) -> str:
        """Mint a token."""
        now = int(self.wall())
        claims = {
            "aud": audience,
            "iss": self.issuer,
            "iat": now,
            "nbf": now - 5,
            "exp": now + int(self.lifetime_s if lifetime is None else lifetime),
            "app_displayname": app.name,
            "appid": app.app_id,
            "appidacr": appidacr,
            "idp": self.issuer,
            "idtyp": "app",
            "oid": app.object_id,
            "sub": app.object_id,
            "tid": self.tenant_id,
            "ver": "1.0",
            "roles": sorted(roles),
        }
        if not roles:
            del claims["roles"]
        header = {"typ": "JWT", "alg": "RS256", "x5t": self.key_id, "kid": self.key_id}
        signed = f"{b64(orjson.dumps(header))}.{b64(orjson.dumps(claims))}"
        return f"{signed}.{_signature(signed)}"

    def claims(self, text: str) -> dict[str, Any]:
        """Check signature and issuer of one of our tokens and return its claims, whatever its audience and age."""
        claims = self._good.get(text)
        if claims is None:
            claims = self._verify(text)
            if len(self._good) > 1000:
                self._good.clear()
            self._good[text] = claims
        return claims

    def check(self, authorization: str | None, audiences: set[str]) -> Token:
        """Check a bearer header for a resource; raise `TokenError` with the reason."""
        scheme, _, text = (authorization or "").partition(" ")
        if not text or scheme.lower() != "bearer":
            raise TokenError("missing")
        claims = self.claims(text.strip())
        if claims["exp"] <= self.wall():
            raise TokenError("expired")
        if claims["aud"].rstrip("/").lower() not in audiences:
            raise TokenError("audience", claims["aud"])
        return Token(claims["appid"], frozenset(claims.get("roles", ())), claims["appidacr"], claims["aud"])

    def _verify(self, text: str) -> dict[str, Any]:
        try:
            signed, _, signature = text.rpartition(".")
            _, _, payload = signed.partition(".")
            public = signing_key().public_key()
            public.verify(unb64(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
            claims: dict[str, Any] = orjson.loads(unb64(payload))
        except (InvalidSignature, ValueError) as exc:
            raise TokenError("malformed", str(exc)) from exc
        if claims.get("iss") != self.issuer:
            raise TokenError("issuer", str(claims.get("iss")))
        return claims


@lru_cache(maxsize=64)  # a tenant's apps ask for the same token again and again within a second
def _signature(signed: str) -> str:
    return b64(signing_key().sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))
