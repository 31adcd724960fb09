"""Client certificates: made once per process: an RSA key takes a tenth of a second."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class ClientCertificate:
    """A certificate with which an app signs its assertions."""

    certificate_pem: bytes
    private_key_pem: bytes = b""
    """Empty when only the public half was registered."""

    @property
    def certificate(self) -> x509.Certificate:
        """The parsed certificate."""
        return x509.load_pem_x509_certificate(self.certificate_pem)

    @property
    def der(self) -> bytes:
        """DER bytes, over which thumbprints are taken."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def thumbprint(self) -> str:
        """SHA-1 in upper-case hex, as the portal shows it and msal asks for it."""
        return hashlib.sha1(self.der, usedforsecurity=False).hexdigest().upper()

    @property
    def x5t(self) -> str:
        """SHA-1 thumbprint as in a JWT header."""
        return b64(hashlib.sha1(self.der, usedforsecurity=False).digest())

    @property
    def x5t_s256(self) -> str:
        """SHA-256 thumbprint as in a JWT header."""
        return b64(hashlib.sha256(self.der).digest())

    @property
    def pem(self) -> bytes:
        """Key and certificate in one PEM, as azure-identity reads it."""
        return self.private_key_pem + self.certificate_pem


def b64(data: bytes) -> str:
    """Encode base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Decode base64url with or without padding; `ValueError` if it isn't."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@cache
def signing_key() -> rsa.RSAPrivateKey:
    """The key that signs tokens, one per process."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def shared_certificate() -> ClientCertificate:
    """The certificate of the default app, one per process."""
    return make_certificate("upa-sync")


def make_certificate(name: str, *, valid_from: datetime | None = None, valid_days: float = 365) -> ClientCertificate:
    """Make a self-signed certificate."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = valid_from or datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=valid_days))
        .sign(key, hashes.SHA256())
    )
    return ClientCertificate(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
