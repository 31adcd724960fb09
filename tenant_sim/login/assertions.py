"""Client assertions: certificate-signed JWTs and federated credentials, verified as by the token endpoint."""

from __future__ import annotations

from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from tenant_sim.clock import iso
from tenant_sim.login.apps import App
from tenant_sim.login.certificates import ClientCertificate, unb64
from tenant_sim.login.tokens import TokenError, Tokens


class RefusedAssertionError(Exception):
    """An assertion that isn't accepted: AADSTS number, OAuth error and text."""

    def __init__(self, number: int, text: str, error: str = "invalid_client") -> None:
        super().__init__(text)
        self.number, self.text, self.error = number, text, error


def split(assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read header and claims of a JWT without trusting them."""
    try:
        header, claims, _ = assertion.split(".")
        parsed = orjson.loads(unb64(header)), orjson.loads(unb64(claims))
    except ValueError:
        raise RefusedAssertionError(50027, "JWT token is invalid or malformed.", "invalid_request") from None
    if not all(isinstance(part, dict) for part in parsed):
        raise RefusedAssertionError(50027, "JWT token is invalid or malformed.", "invalid_request")
    return parsed


def verify(assertion: str, app: App, audiences: set[str], tokens: Tokens) -> str:
    """Check an assertion of `app`; return the `appidacr` that its tokens will carry."""
    header, claims = split(assertion)
    if claims.get("iss") == tokens.issuer or (claims.get("iss") != app.app_id and "oid" in claims):
        _federated(assertion, claims, app, tokens)
        return "2"
    certificate = _find(header, app)
    _signature(assertion, header, certificate)
    _times(claims, tokens.wall())
    if str(claims.get("aud", "")).rstrip("/").lower() not in audiences:
        raise RefusedAssertionError(
            700023, f"Client assertion audience claim does not match Realm issuer. Audience: {claims.get('aud')}."
        )
    if claims.get("iss") != app.app_id or claims.get("sub") != app.app_id:
        raise RefusedAssertionError(
            700021, "Client assertion application identifier doesn't match 'client_id' parameter."
        )
    valid = certificate.certificate
    if not valid.not_valid_before_utc.timestamp() <= tokens.wall() <= valid.not_valid_after_utc.timestamp():
        raise RefusedAssertionError(
            700027,
            "The certificate with identifier used to sign the client assertion is expired on application. "
            f"[Reason - The key used is expired., Thumbprint of key used by client: '{certificate.thumbprint}'].",
        )
    return "2"


def _find(header: dict[str, Any], app: App) -> ClientCertificate:
    if header.get("alg") not in ("RS256", "PS256"):
        raise RefusedAssertionError(5002738, f"Invalid JWT token. Unsupported algorithm '{header.get('alg')}'.")
    x5t, x5t_s256 = header.get("x5t"), header.get("x5t#S256")
    for certificate in app.certificates:
        if (x5t_s256 or x5t) and (
            (x5t_s256 is None or x5t_s256.rstrip("=") == certificate.x5t_s256)
            and (x5t is None or x5t.rstrip("=") == certificate.x5t)
        ):
            return certificate
    try:
        shown = unb64(x5t or x5t_s256 or "").hex().upper()
    except ValueError:
        shown = ""
    raise RefusedAssertionError(
        700027,
        "The certificate with identifier used to sign the client assertion is not registered on application. "
        f"[Reason - The key was not found., Thumbprint of key used by client: '{shown}'].",
    )


def _signature(assertion: str, header: dict[str, Any], certificate: ClientCertificate) -> None:
    signed, _, signature = assertion.rpartition(".")
    scheme = (
        padding.PKCS1v15()
        if header["alg"] == "RS256"
        else padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.AUTO)
    )
    try:
        key = certificate.certificate.public_key()
        if not isinstance(key, RSAPublicKey):
            raise ValueError("not an RSA key")
        key.verify(unb64(signature), signed.encode(), scheme, hashes.SHA256())
    except (InvalidSignature, ValueError):
        raise RefusedAssertionError(
            700027,
            "Client assertion failed signature validation. [Reason - The provided signature value did not match the "
            f"expected signature value., Thumbprint of key used by client: '{certificate.thumbprint}'].",
        ) from None


def _times(claims: dict[str, Any], now: float) -> None:
    start, end = claims.get("nbf", claims.get("iat", now)), claims.get("exp", 0)
    if not start - 300 <= now < end + 300:  # five minutes of clock skew
        raise RefusedAssertionError(
            700024,
            f"Client assertion is not within its valid time range. Current time: {iso(now)}, assertion valid from "
            f"{iso(start)}, expiry time of assertion {iso(end)}.",
        )


def _federated(assertion: str, claims: dict[str, Any], app: App, tokens: Tokens) -> None:
    """Accept a managed identity's token in place of a certificate [AZ-7]."""
    issuers = [c for c in app.federated if c.issuer.rstrip("/") == str(claims.get("iss", "")).rstrip("/")]
    if not issuers:
        raise RefusedAssertionError(
            700211, f"No matching federated identity record found for presented assertion issuer '{claims.get('iss')}'."
        )
    subjects = [c for c in issuers if c.subject == claims.get("sub")]
    if not subjects:
        raise RefusedAssertionError(
            700213,
            f"No matching federated identity record found for presented assertion subject '{claims.get('sub')}'.",
        )
    if claims.get("aud") not in {c.audience for c in subjects}:
        raise RefusedAssertionError(
            700212,
            f"No matching federated identity record found for presented assertion audience '{claims.get('aud')}'.",
        )
    try:
        tokens.claims(assertion)
    except TokenError:
        raise RefusedAssertionError(700027, "Client assertion failed signature validation.") from None
    _times(claims, tokens.wall())
