"""Certificates in the forms that files and Key Vault give."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from upa_core.adapters.identity.certificate import split_certificate
from upa_core.domain.errors import ConfigError

KEY = rsa.generate_private_key(65537, 2048)
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "upa-sync")])
CERTIFICATE = (
    x509.CertificateBuilder()
    .subject_name(NAME)
    .issuer_name(NAME)
    .public_key(KEY.public_key())
    .serial_number(1)
    .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
    .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
    .sign(KEY, hashes.SHA256())
)
PRIVATE = KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
PUBLIC = CERTIFICATE.public_bytes(serialization.Encoding.PEM)
NO_PASSWORD, PASSWORD = serialization.NoEncryption(), serialization.BestAvailableEncryption(b"pw")
PFX = pkcs12.serialize_key_and_certificates(b"x", KEY, CERTIFICATE, None, NO_PASSWORD)


def forms() -> Iterator[bytes]:
    """Yield the same certificate in all forms."""
    yield PRIVATE + PUBLIC
    yield PUBLIC + PRIVATE
    yield PFX
    yield base64.b64encode(PFX)


@pytest.mark.parametrize("content", list(forms()))
def test_forms(content: bytes) -> None:
    """PEM in any order, PKCS#12, and PKCS#12 in base64 give the same key and certificate."""
    key, certificate = split_certificate(content)

    assert key.private_numbers() == KEY.private_numbers()
    assert certificate == CERTIFICATE


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nothing",
        PUBLIC,
        PRIVATE,
        PFX[:-20],
        PUBLIC + PRIVATE[:60],
        pkcs12.serialize_key_and_certificates(
            b"x", KEY, CERTIFICATE, None, serialization.BestAvailableEncryption(b"pw")
        ),
        pkcs12.serialize_key_and_certificates(b"x", None, CERTIFICATE, None, NO_PASSWORD),
        KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, PASSWORD) + PUBLIC,
    ],
)
def test_other_content_is_a_config_error(content: bytes) -> None:
    """Half a certificate, or one with a password, is a ConfigError without any of its content."""
    with pytest.raises(ConfigError, match="certificate") as caught:
        split_certificate(content)

    assert "BEGIN" not in str(caught.value)


def test_a_key_of_another_kind_is_a_config_error() -> None:
    """msal signs with RSA alone: an elliptic key is refused before anybody signs in."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, NO_PASSWORD)

    with pytest.raises(ConfigError, match="RSA"):
        split_certificate(private + PUBLIC)
