"""What the composition root puts together."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.config.support import APP, document
from tests.fakes import FakeClock
from tests.fakes.events import RecordingEvents
from upa_core import bootstrap


def _certificate(folder: Path, year: int) -> dict[str, str]:
    """Write a certificate that ends with a year; returns how a connector file names it."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "upa-sync")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    dated = builder.not_valid_before(datetime(2026, 1, 1, tzinfo=UTC)).not_valid_after(datetime(year, 1, 1, tzinfo=UTC))
    made = dated.serial_number(year).sign(key, hashes.SHA256())
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path = folder / f"{year}.pem"
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + made.public_bytes(pem))
    return {"client_id": APP, "path": str(path)}


@pytest.mark.parametrize(("graph", "sharepoint"), [(2029, 2031), (2031, 2029)])
def test_of_two_certificates_the_one_that_ends_first_counts(tmp_path: Path, graph: int, sharepoint: int) -> None:
    """A connector that can't sign in to one of the two services delivers nothing."""
    both = {"graph": graph, "sharepoint": sharepoint}
    credentials = {name: {"certificate": _certificate(tmp_path, year)} for name, year in both.items()}
    file = tmp_path / "upa.yaml"
    file.write_text(json.dumps({**document(), "credentials": credentials}), encoding="utf-8")
    environ = {"UPA_CONFIG": str(file), "UPA_STATE": f"folder:{tmp_path / 'state'}"}
    app = bootstrap.build(environ, clock=FakeClock(), events=RecordingEvents())

    connector = app.connectors["contoso"]

    assert app.alerting(connector).certificate_ends() == datetime(2029, 1, 1, tzinfo=UTC)
    assert app.inspection(connector).certificate_ends() == datetime(2029, 1, 1, tzinfo=UTC)
