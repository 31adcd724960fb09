"""A certificate with its private key, in the forms of files and of Key Vault."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import TYPE_CHECKING

from upa_core.domain.errors import ConfigError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes


def split_certificate(content: bytes) -> tuple[str, str]:
    """Return private key and certificate as PEM, from PEM, PKCS#12, or PKCS#12 in base64; neither with a password."""
    from cryptography import x509  # vendor imports are lazy; cryptography comes with msal
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs12

    try:
        if b"-----BEGIN" in content:
            key: PrivateKeyTypes | None = serialization.load_pem_private_key(content, None)
            found: x509.Certificate | None = x509.load_pem_x509_certificate(content)
        else:
            key, found, _ = pkcs12.load_key_and_certificates(_raw(content), None)
    except (ValueError, TypeError) as error:
        raise ConfigError("the certificate can't be read: PEM or PKCS#12 with a private key, no password") from error
    if key is None or found is None:
        raise ConfigError("the certificate file holds no private key or no certificate")
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode(), found.public_bytes(serialization.Encoding.PEM).decode()


def certificate_end(content: bytes) -> datetime:
    """Return when the certificate ends; the forms are those of `split_certificate`."""
    from cryptography import x509  # vendor imports are lazy

    _, public = split_certificate(content)
    return x509.load_pem_x509_certificate(public.encode()).not_valid_after_utc


def _raw(content: bytes) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error:
        return content
