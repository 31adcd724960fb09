"""A certificate with its private key, in the forms of files and of Key Vault."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from upa_core.domain.errors import ConfigError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.x509 import Certificate


@lru_cache(maxsize=4)  # to check the primes of an RSA key takes longer than everything else that a command does
def split_certificate(content: bytes) -> tuple[RSAPrivateKey, Certificate]:
    """Return private key and certificate, from PEM, PKCS#12, or PKCS#12 in base64; neither with a password.

    Raises `ConfigError` for anything else, and for a key that isn't RSA: msal signs with no other.
    """
    from cryptography import x509  # vendor imports are lazy; cryptography comes with msal
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import pkcs12

    try:
        if b"-----BEGIN" in content:
            key: PrivateKeyTypes | None = serialization.load_pem_private_key(content, None)
            found: Certificate | None = x509.load_pem_x509_certificate(content)
        else:
            key, found, _ = pkcs12.load_key_and_certificates(_raw(content), None)
    except (ValueError, TypeError) as error:
        raise ConfigError("the certificate can't be read: PEM or PKCS#12 with a private key, no password") from error
    if key is None or found is None:
        raise ConfigError("the certificate file holds no private key or no certificate")
    if not isinstance(key, RSAPrivateKey):
        raise ConfigError("the certificate's key isn't an RSA key: make one of 2048 bits or more")
    return key, found


def certificate_end(content: bytes) -> datetime:
    """Return when the certificate ends; the forms are those of `split_certificate`."""
    return split_certificate(content)[1].not_valid_after_utc


def _raw(content: bytes) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error:
        return content
