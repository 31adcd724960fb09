"""The token endpoint and the managed identity endpoints: what is accepted, and the error of everything else."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from tenant_sim.login.apps import FederatedCredential
from tenant_sim.login.certificates import make_certificate

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def token_url(tenant, name: str | None = None) -> str:
    return f"{tenant.sim.urls.login}/{name or tenant.sim.tenant_id}/oauth2/v2.0/token"


def assertion(tenant, certificate=None, *, headers=None, algorithm="RS256", **claims) -> str:
    """Sign an assertion as msal does."""
    app = tenant.sim.apps.client
    certificate = certificate or app.certificates[0]
    body = {
        "aud": token_url(tenant),
        "iss": app.app_id,
        "sub": app.app_id,
        "jti": "1",
        "iat": int(time.time()),
        "exp": int(time.time()) + 600,
        **claims,
    }
    header = {"x5t": certificate.x5t} if headers is None else headers
    return jwt.encode(body, certificate.private_key_pem, algorithm=algorithm, headers=header)


def ask(tenant, name: str | None = None, **fields):
    form = {
        "grant_type": "client_credentials",
        "client_id": tenant.sim.apps.client.app_id,
        "scope": f"{tenant.sim.urls.admin}/.default",
        **fields,
    }
    return tenant.session.post(token_url(tenant, name), data={k: v for k, v in form.items() if v is not None})


def with_assertion(tenant, text: str, **fields):
    return ask(tenant, client_assertion=text, client_assertion_type=ASSERTION, **fields)


@pytest.mark.parametrize(
    ("headers", "algorithm"),
    [
        (lambda c: {"x5t": c.x5t}, "RS256"),
        (lambda c: {"x5t#S256": c.x5t_s256}, "PS256"),
        (lambda c: {"x5t": c.x5t, "x5t#S256": c.x5t_s256}, "RS256"),
    ],
)
def test_certificate_assertion_gives_a_token(tenant, headers, algorithm):
    """Thumbprint by SHA-1 or SHA-256, PKCS1 or PSS: a token with roles for the host that was asked for."""
    certificate = tenant.sim.apps.client.certificates[0]
    answer = with_assertion(tenant, assertion(tenant, headers=headers(certificate), algorithm=algorithm)).json()
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})

    assert claims["aud"] == tenant.sim.urls.admin
    assert claims["roles"] == ["Sites.FullControl.All", "User.ReadWrite.All"]
    assert (claims["appidacr"], claims["tid"]) == ("2", tenant.sim.tenant_id)


def test_token_can_be_checked_with_the_published_keys(tenant):
    """The keys of the discovery document verify the tokens."""
    config = tenant.session.get(
        f"{tenant.sim.urls.login}/{tenant.sim.tenant_id}/v2.0/.well-known/openid-configuration"
    ).json()
    keys = tenant.session.get(config["jwks_uri"]).json()
    token = tenant.sim.token("upa-sync", "sharepoint")
    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(token)["kid"]]

    claims = jwt.decode(token, key.key, algorithms=["RS256"], audience=tenant.sim.urls.sharepoint)
    assert claims["appid"] == tenant.sim.apps.client.app_id


@pytest.mark.parametrize(
    ("make", "number"),
    [
        (lambda t: assertion(t, make_certificate("stranger")), 700027),
        (lambda t: assertion(t, headers={}), 700027),
        (lambda t: assertion(t, make_certificate("x"), headers={"x5t": t.sim.apps.client.certificates[0].x5t}), 700027),
        (lambda t: assertion(t, aud="https://login.microsoftonline.com/other/v2.0"), 700023),
        (lambda t: assertion(t, exp=int(time.time()) - 3600), 700024),
        (lambda t: assertion(t, nbf=int(time.time()) + 3600), 700024),
        (lambda t: assertion(t, iss="someone"), 700021),
        (lambda t: assertion(t)[:-8] + "AAAAAAAA", 700027),
        (lambda t: "no.jwt", 50027),
    ],
)
def test_bad_assertions(tenant, make, number):
    """Unknown thumbprint, foreign signature, audience, times, issuer: each its AADSTS number, 401 invalid_client."""
    answer = with_assertion(tenant, make(tenant))

    assert answer.json()["error_codes"] == [number]
    assert answer.json()["error_description"].startswith(f"AADSTS{number}:")
    assert answer.status_code == 401


def test_expired_certificate(tenant):
    """A certificate past its end signs nothing any more."""
    old = make_certificate("old", valid_from=datetime.now(UTC) - timedelta(days=10), valid_days=5)
    tenant.sim.apps.client.certificates.append(old)
    answer = with_assertion(tenant, assertion(tenant, old)).json()

    assert answer["error_codes"] == [700027]
    assert "expired" in answer["error_description"]


@pytest.mark.parametrize(
    ("fields", "status", "number"),
    [
        ({"client_id": "00000000-0000-0000-0000-00000000dead"}, 400, 700016),
        ({"grant_type": "password"}, 400, 70003),
        ({"scope": "https://graph.microsoft.com/User.Read"}, 400, 1002012),
        ({"scope": "https://nowhere.example/.default"}, 400, 500011),
        ({"client_assertion": None}, 401, 7000218),
        ({"client_assertion": None, "client_secret": "wrong"}, 401, 7000215),
        ({"client_assertion_type": "wrong"}, 400, 900144),
    ],
)
def test_bad_requests(tenant, fields, status, number):
    """Unknown app, grant type, scope, resource; no credential or a wrong secret."""
    form = {"client_assertion": assertion(tenant), "client_assertion_type": ASSERTION, **fields}
    answer = ask(tenant, **form)

    assert (answer.status_code, answer.json()["error_codes"]) == (status, [number])


def test_unknown_tenant(tenant):
    """A tenant that doesn't exist: AADSTS90002; the domain name is as good as the id."""
    assert ask(tenant, "fabrikam.onmicrosoft.com").json()["error_codes"] == [90002]
    by_domain = assertion(tenant, aud=token_url(tenant, "contoso.onmicrosoft.com"))
    form = {"client_assertion": by_domain, "client_assertion_type": ASSERTION}
    assert ask(tenant, "contoso.onmicrosoft.com", **form).status_code == 200


def test_app_without_consent(tenant):
    """Registered, but without a service principal in the tenant: AADSTS7000229."""
    tenant.sim.apps.client.in_tenant = False

    assert with_assertion(tenant, assertion(tenant)).json()["error_codes"] == [7000229]


def test_app_without_roles_gets_a_token_without_roles(tenant):
    """Client credentials without app roles give a token; the resource refuses it."""
    for role in list(tenant.sim.apps.client.roles["sharepoint"]):
        tenant.sim.apps.client.revoke("sharepoint", role)
    answer = with_assertion(tenant, assertion(tenant)).json()

    assert "roles" not in jwt.decode(answer["access_token"], options={"verify_signature": False})


def test_secret_gives_a_token_that_sharepoint_refuses(tenant):
    """A right secret is accepted here, and marked in the token."""
    tenant.sim.apps.client.secrets.append("s3cret")
    answer = ask(tenant, client_secret="s3cret").json()

    refused = tenant.site("web", headers={"Authorization": f"Bearer {answer['access_token']}"})
    assert jwt.decode(answer["access_token"], options={"verify_signature": False})["appidacr"] == "1"
    assert refused.status_code == 401


def identity_token(tenant, resource: str = "api://AzureADTokenExchange") -> str:
    answer = tenant.session.get(
        f"{tenant.sim.urls.managed_identity}/msi/token",
        params={"api-version": "2019-08-01", "resource": resource},
        headers={"X-IDENTITY-HEADER": tenant.sim.identity_header},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["access_token"]


def test_managed_identity_as_federated_credential(tenant):
    """The identity's token for api://AzureADTokenExchange stands in for a certificate."""
    trust = FederatedCredential(tenant.sim.tokens.issuer, tenant.sim.apps.identity.object_id)
    tenant.sim.apps.client.federated.append(trust)
    answer = with_assertion(tenant, identity_token(tenant))

    assert answer.status_code == 200
    token = answer.json()["access_token"]
    url = f"{tenant.sim.urls.admin}/_vti_bin/client.svc/ProcessQuery"
    assert tenant.session.post(url, data="<x/>", headers={"Authorization": f"Bearer {token}"}).status_code == 200


@pytest.mark.parametrize(
    ("trust", "number"),
    [
        (None, 700211),
        (lambda t: FederatedCredential(t.sim.tokens.issuer, "somebody else"), 700213),
        (lambda t: FederatedCredential(t.sim.tokens.issuer, t.sim.apps.identity.object_id, "other"), 700212),
    ],
)
def test_federated_credential_that_does_not_match(tenant, trust, number):
    """Issuer, subject and audience each have their error."""
    if trust:
        tenant.sim.apps.client.federated.append(trust(tenant))

    assert with_assertion(tenant, identity_token(tenant)).json()["error_codes"] == [number]


def test_app_service_endpoint(tenant):
    """The answer has the fields of App Service; expires_on is a Unix time as text."""
    answer = tenant.session.get(
        f"{tenant.sim.urls.managed_identity}/msi/token",
        params={"api-version": "2019-08-01", "resource": tenant.sim.urls.graph},
        headers={"X-IDENTITY-HEADER": tenant.sim.identity_header},
    ).json()

    assert set(answer) == {"access_token", "client_id", "expires_on", "resource", "token_type"}
    assert int(answer["expires_on"]) > time.time() + 3000


@pytest.mark.parametrize(
    ("header", "params", "status"),
    [
        ("wrong", {"api-version": "2019-08-01", "resource": "https://graph.microsoft.com"}, 401),
        (None, {"api-version": "2017-09-01", "resource": "https://graph.microsoft.com"}, 400),
        (None, {"api-version": "2019-08-01"}, 400),
        (None, {"api-version": "2019-08-01", "resource": "https://nowhere.example"}, 400),
        (None, {"api-version": "2019-08-01", "resource": "https://graph.microsoft.com", "client_id": "x"}, 400),
    ],
)
def test_app_service_refusals(tenant, header, params, status):
    """Wrong header, version, resource or identity."""
    answer = tenant.session.get(
        f"{tenant.sim.urls.managed_identity}/msi/token",
        params=params,
        headers={"X-IDENTITY-HEADER": header or tenant.sim.identity_header},
    )

    assert answer.status_code == status


def test_imds_form(tenant):
    """On a virtual machine the header is Metadata: true; without it 400."""
    url = f"{tenant.sim.urls.managed_identity}/metadata/identity/oauth2/token"
    params = {
        "api-version": "2018-02-01",
        "resource": tenant.sim.urls.graph,
        "client_id": tenant.sim.apps.identity.app_id,
    }
    good = tenant.session.get(url, params=params, headers={"Metadata": "true"}).json()
    bad = tenant.session.get(url, params=params)

    assert {"access_token", "expires_in", "not_before"} <= set(good)
    assert (bad.status_code, bad.json()["error"]) == (400, "invalid_request")


def test_storage_tokens_are_issued(tenant):
    """The identity gets tokens for storage as well."""
    claims = jwt.decode(identity_token(tenant, "https://storage.azure.com"), options={"verify_signature": False})

    assert claims["aud"] == "https://storage.azure.com"


def test_instance_discovery_names_this_authority(tenant):
    """discovery/instance answers with this host as an authority of its own."""
    url = f"{tenant.sim.urls.login}/common/discovery/instance"
    answer = tenant.session.get(url, params={"api-version": "1.1", "authorization_endpoint": "x"}).json()

    assert answer["metadata"][0]["aliases"] == ["login.microsoftonline.com"]
