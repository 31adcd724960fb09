"""Tokens: certificate and managed identity, by the real msal and azure-identity against the simulated login."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tenant_sim import Fault, TenantSim
from tenant_sim.login.certificates import make_certificate
from tenant_sim.loopback import Served
from tests.fakes import FakeClock, ScriptedTransport, reply
from upa_core.adapters.http.service import Service
from upa_core.adapters.identity import tokens as tokens_module
from upa_core.adapters.identity.tokens import CertificateTokens, ManagedIdentityTokens, certificate, managed_identity
from upa_core.adapters.sharepoint.library import SharePointLibrary
from upa_core.domain.errors import AccessDeniedError, ConfigError, UnavailableError, UpaError


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A tenant that listens on loopback, over TLS."""
    with TenantSim().serve() as served:
        yield served


@pytest.fixture(autouse=True)
def calm(served: Served) -> Iterator[None]:
    """Let every test begin and end without faults."""
    served.sim.faults.clear()
    yield
    served.sim.faults.clear()


@pytest.fixture
def session(served: Served) -> Iterator[requests.Session]:
    """A session that trusts the tenant."""
    with requests.Session() as session:
        session.verify = str(served.ca_file)
        session.trust_env = False
        yield session


@pytest.fixture
def by_certificate(served: Served, session: requests.Session) -> CertificateTokens:
    """The client app's tokens."""
    return certificate(
        served.tenant_id,
        served.client_id,
        served.private_key_pem + served.certificate_pem,
        authority=served.urls.login,
        http_client=session,
    )


@pytest.fixture
def by_identity(served: Served, monkeypatch: pytest.MonkeyPatch) -> ManagedIdentityTokens:
    """The managed identity's tokens, found as on App Service."""
    for name, value in served.environment().items():
        monkeypatch.setenv(name, value)
    return managed_identity()


def claims(token: str) -> dict[str, Any]:
    """Read a token's claims."""
    part = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def asked(served: Served) -> int:
    """Count the tokens that were asked for."""
    return sum(call.operation == "token" for call in served.sim.calls)


def test_one_token_for_each_audience(served: Served, by_certificate: CertificateTokens) -> None:
    """Each host has a token of its own, asked for once, with the app's roles and proved by a certificate."""
    before = asked(served)
    first = [by_certificate.token(url) for url in (served.urls.sharepoint, served.urls.admin)]
    again = [by_certificate.token(url) for url in (served.urls.sharepoint, served.urls.admin)]

    assert [claims(token)["aud"] for token in first] == [served.urls.sharepoint, served.urls.admin]
    assert claims(first[0])["appidacr"] == "2"
    assert "Sites.FullControl.All" in claims(first[0])["roles"]
    assert (first == again, asked(served) - before) == (True, 2)


def test_certificate_from_a_file(served: Served, session: requests.Session) -> None:
    """The certificate may be named by its path."""
    source = certificate(
        served.tenant_id,
        served.client_id,
        str(served.certificate_file),
        authority=served.urls.login,
        http_client=session,
    )

    assert claims(source.token(served.urls.admin))["appid"] == served.client_id


def test_missing_certificate_file(tmp_path: Path) -> None:
    """A certificate file that can't be read is a ConfigError."""
    with pytest.raises(ConfigError, match=r"none\.pem"):
        certificate("t", "c", str(tmp_path / "none.pem"), authority="https://login.example")


def test_a_refused_certificate_is_read_again_once(served: Served, session: requests.Session) -> None:
    """The file was replaced: the one in use is told until it is refused, then the new one is used."""
    good = served.private_key_pem + served.certificate_pem
    stranger = make_certificate("stranger")
    old = stranger.private_key_pem + stranger.certificate_pem
    kept = [old, good]
    reads: list[int] = []

    def read() -> bytes:
        reads.append(1)
        return kept[min(len(reads), 2) - 1]

    source = certificate(served.tenant_id, served.client_id, read, authority=served.urls.login, http_client=session)
    in_use = source.certificate
    token = source.token(served.urls.admin)

    assert (in_use, source.certificate, len(reads)) == (old, good, 2)
    assert claims(token)["appid"] == served.client_id


@pytest.mark.parametrize(
    "trouble",
    [UnavailableError("the vault doesn't answer"), AccessDeniedError("no role"), ConfigError("no such secret")],
    ids=["silent", "no role", "gone"],
)
def test_a_vault_that_fails_hides_no_refusal(served: Served, session: requests.Session, trouble: UpaError) -> None:
    """The certificate is refused and can't be read anew: the refusal is told with its code, not the vault's trouble.

    Once the vault answers again, the replaced certificate is used.
    """
    stranger = make_certificate("stranger")
    answers: list[Any] = [stranger.private_key_pem + stranger.certificate_pem, trouble, trouble]

    def read() -> bytes:
        if isinstance(answer := answers.pop(0), UpaError):
            raise answer
        return bytes(answer)

    source = certificate(served.tenant_id, served.client_id, read, authority=served.urls.login, http_client=session)
    for ask in (source.token, source.refresh):
        with pytest.raises(AccessDeniedError, match="AADSTS700027"):
            ask(served.urls.admin)
    answers.append(served.private_key_pem + served.certificate_pem)

    assert claims(source.token(served.urls.admin))["appid"] == served.client_id


def test_refresh_skips_the_cache(served: Served, by_certificate: CertificateTokens) -> None:
    """A refresh asks the login service although a token is cached, and its answer is cached instead."""
    by_certificate.token(served.urls.admin)
    before = asked(served)
    fresh = by_certificate.refresh(served.urls.admin)

    assert (asked(served) - before, by_certificate.token(served.urls.admin)) == (1, fresh)
    assert asked(served) - before == 1


def test_refused_tokens_tell_the_code_only(served: Served, session: requests.Session) -> None:
    """A refused token is access denied, with the AADSTS code and nothing else of the login service's text."""
    source = certificate(
        served.tenant_id,
        "00000000-0000-4000-8000-000000000001",
        served.private_key_pem + served.certificate_pem,
        authority=served.urls.login,
        http_client=session,
    )
    with pytest.raises(AccessDeniedError) as caught:
        source.token(served.urls.admin)

    assert str(caught.value) == f"certificate: no token for {served.urls.admin} AADSTS700016"


def test_unknown_audience(by_certificate: CertificateTokens) -> None:
    """An audience that the tenant doesn't know is access denied."""
    with pytest.raises(AccessDeniedError, match="AADSTS500011"):
        by_certificate.token("https://nothing.example")


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503, "body": {"error": "temporarily_unavailable", "error_description": "AADSTS90033: transient"}},
        {"status": 500, "body": {"error": "server_error", "error_description": "x"}},
        {"drop": "before"},
        {"status": 503, "body": "<html>"},
    ],
)
def test_login_in_trouble(served: Served, by_certificate: CertificateTokens, fault: dict[str, Any]) -> None:
    """A login service in trouble is unavailable, not a reason to call the administrator."""
    by_certificate.token(served.urls.sharepoint)
    served.sim.faults.add(Fault(surface="login", operation="token", **fault))
    with pytest.raises(UnavailableError):
        by_certificate.token(served.urls.admin)


def test_unknown_tenant(served: Served, session: requests.Session) -> None:
    """A tenant that the login service doesn't know is access denied."""
    source = certificate(
        "00000000-0000-4000-8000-000000000001",
        served.client_id,
        served.private_key_pem + served.certificate_pem,
        authority=served.urls.login,
        http_client=session,
    )
    with pytest.raises(AccessDeniedError, match="AADSTS90002"):
        source.token(served.urls.admin)


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"status": 429}, {"status": 200, "body": "<html>"}, {"drop": "before"}]
)
def test_metadata_in_trouble(served: Served, by_certificate: CertificateTokens, fault: dict[str, Any]) -> None:
    """A login service whose metadata can't be read now is unavailable."""
    served.sim.faults.add(Fault(surface="login", operation="openid", **fault))
    with pytest.raises(UnavailableError):
        by_certificate.token(served.urls.admin)


def test_managed_identity(served: Served, by_identity: ManagedIdentityTokens) -> None:
    """The managed identity gives a token for Graph with its roles, asked for once."""
    before = asked(served)
    token = by_identity.token(served.urls.graph)

    assert (claims(token)["aud"], claims(token)["roles"]) == (served.urls.graph, ["User.Read.All"])
    assert (by_identity.token(served.urls.graph) == token, asked(served) - before) == (True, 1)


def test_managed_identity_refresh(served: Served, by_identity: ManagedIdentityTokens) -> None:
    """A refresh asks the identity's endpoint although a token is cached."""
    by_identity.token(served.urls.graph)
    before = asked(served)
    by_identity.refresh(served.urls.graph)

    assert asked(served) - before == 1


def test_named_identity(served: Served, by_identity: ManagedIdentityTokens) -> None:
    """A client id names one of the app's identities; one that doesn't exist is access denied."""
    named = managed_identity(served.identity_client_id)

    assert claims(named.token(served.urls.graph))["appid"] == served.identity_client_id
    with pytest.raises(AccessDeniedError, match="managed identity"):
        managed_identity("00000000-0000-4000-8000-000000000001").token(served.urls.graph)


def test_identity_without_an_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing answers as an identity endpoint, the message names managed identity and the audience."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:1/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "x")
    with pytest.raises(UnavailableError, match=r"managed identity: .*https://graph\.example"):
        managed_identity(retry_total=0).token("https://graph.example")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"status": 500}, UnavailableError),
        ({"status": 429}, UnavailableError),
        ({"drop": "before"}, UnavailableError),
        ({"status": 200, "body": "<html>"}, UnavailableError),
        ({"status": 403}, AccessDeniedError),
        ({"status": 400}, AccessDeniedError),
    ],
)
@pytest.mark.usefixtures("by_identity")
def test_identity_endpoint_in_trouble(served: Served, fault: dict[str, Any], expected: type[Exception]) -> None:
    """An endpoint in trouble is unavailable, one that refuses is access denied; azure-identity calls both the same."""
    served.sim.faults.add(Fault(surface="managed_identity", **fault))
    with pytest.raises(expected, match=served.urls.graph):
        managed_identity(retry_total=0).token(served.urls.graph)


def test_whole_way(served: Served, session: requests.Session, by_certificate: CertificateTokens) -> None:
    """A token of the real login opens the library over TLS; after it expired, a 401 fetches a new one."""
    url, urls = f"{served.urls.sharepoint}/sites/upa", served.urls
    library = SharePointLibrary(
        Service(urls.sharepoint, by_certificate, FakeClock(), session=session), url, "/sites/upa/Imports"
    )
    served.sim.tokens.lifetime_s, usual = 400, served.sim.tokens.lifetime_s
    try:
        library.upload("a.json", b"x")
        served.sim.tokens.wall, wall = (lambda: wall() + 401), served.sim.tokens.wall
        assert library.size(library.url_of("a.json")) == 1
    finally:
        served.sim.tokens.wall, served.sim.tokens.lifetime_s = wall, usual

    assert library.delete_file(library.url_of("a.json"))


@pytest.mark.parametrize(
    ("host", "asked_hosts"),
    [
        ("https://login.microsoftonline.com", {"login.microsoftonline.com"}),
        ("https://login.chinacloudapi.cn", {"login.chinacloudapi.cn"}),
        ("https://login.example", {"login.example"}),
    ],
)
def test_only_the_authority_is_asked(host: str, asked_hosts: set[str]) -> None:
    """No other login service learns of our authority: a private one isn't looked up among Microsoft's."""
    tenant = "00000000-0000-4000-8000-000000000001"

    def answer(request: requests.PreparedRequest) -> requests.Response:
        openid = {name: f"{host}/{tenant}/{name}" for name in ("token_endpoint", "authorization_endpoint", "issuer")}
        return reply(200, openid | {"access_token": "T", "expires_in": 900})(request)

    net = ScriptedTransport(*[answer] * 5)
    pair = TenantSim().apps.client.certificates[0]
    pem = pair.private_key_pem + pair.certificate_pem
    source = certificate(tenant, "c", pem, authority=host, http_client=net.session())

    assert source.token("https://graph.example") == "T"
    assert {urlsplit(str(request.url)).netloc for request in net.requests} == asked_hosts


def test_authority_must_be_https() -> None:
    """A login service without encryption is a ConfigError."""
    with pytest.raises(ConfigError, match="https"):
        certificate("t", "c", b"", authority="http://login.example")


def test_there_is_no_secret() -> None:
    """No function of the module takes a client secret."""
    names = [name for name in vars(tokens_module) if "secret" in name.lower()]

    assert names == []


@pytest.mark.parametrize("way", ["login", "managed_identity"])
def test_an_answer_about_a_token_has_a_size(
    served: Served, by_identity: ManagedIdentityTokens, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """What msal and azure-identity would read whole is left at a megabyte: to be asked again later."""
    served.sim.faults.add(Fault(surface=way, status=200, body="x" * (3 << 20)))
    pem = served.private_key_pem + served.certificate_pem
    signed = certificate(served.tenant_id, served.client_id, pem, authority=served.urls.login)
    with pytest.raises(UnavailableError):
        (signed if way == "login" else by_identity).token(served.urls.sharepoint)
