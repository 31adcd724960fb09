"""Read a certificate with its private key from Key Vault, as the secret behind the certificate [AZ-4]."""

from __future__ import annotations

from urllib.parse import urlsplit

from upa_core.adapters.http.service import Service
from upa_core.adapters.identity.tokens import TokenSource
from upa_core.domain.errors import ConfigError
from upa_core.ports.clock import Clock

_API = "7.4"


def read_certificate(address: str, tokens: TokenSource, clock: Clock) -> bytes:
    """Return the secret's value: PEM, or PKCS#12 in base64.

    Args:
        address: `https://<vault>.vault.azure.net/secrets/<name>`; for `/certificates/<name>` its secret is read.
        tokens: the managed identity's tokens; it needs the role Key Vault Secrets User.
        clock: slept on between attempts.

    Raises:
        ConfigError: the address isn't one, or the vault holds no such secret.

    """
    parts = urlsplit(address)
    kind, _, name = parts.path.strip("/").partition("/")
    if parts.scheme != "https" or kind not in ("secrets", "certificates") or not name or parts.hostname is None:
        raise ConfigError(
            f"not a Key Vault address: {address[:120]}; write https://<vault>.vault.azure.net/secrets/<name>"
        )
    audience = f"https://{parts.hostname.partition('.')[2]}"
    service = Service(f"https://{parts.netloc}", tokens, clock, audience=audience)
    answer = service.request("GET", f"/secrets/{name}?api-version={_API}", "Key Vault secret", json=True)
    if answer.status == 404:
        raise ConfigError(f"Key Vault {parts.hostname} holds no {kind}/{name}")
    if not answer.ok:
        raise answer.refused()
    value = answer.document.get("value") if isinstance(answer.document, dict) else None
    if not isinstance(value, str) or not value.isascii():
        raise answer.garbled("no value in it")
    return value.encode()
