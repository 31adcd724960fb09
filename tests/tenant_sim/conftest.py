"""A tenant that stands still in time, and short ways to ask it things."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
import requests

from tenant_sim import ManualClock, TenantSim

SHARED = Path(__file__).parents[3] / "shared" / "data"
FOLDER = "/sites/upa/Imports"
JSON = {"Accept": "application/json;odata=nometadata"}


class Tenant:
    """A tenant with a session and the default identities' tokens."""

    def __init__(self, sim: TenantSim) -> None:
        self.sim = sim
        self.session = sim.session()

    def bearer(self, resource: str, app: str = "upa-sync") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.sim.token(app, resource)}"}

    def graph(
        self, path: str, method: str = "GET", app: str = "upa-sync-identity", **options: Any
    ) -> requests.Response:
        url = path if path.startswith("http") else f"{self.sim.urls.graph}/v1.0/{path}"
        headers = {**self.bearer("graph", app), **options.pop("headers", {})}
        return self.session.request(method, url, headers=headers, **options)

    def site(self, path: str, method: str = "GET", site: str = "/sites/upa", **options: Any) -> requests.Response:
        headers = {**self.bearer("sharepoint"), **JSON, **options.pop("headers", {})}
        return self.session.request(method, f"{self.sim.urls.sharepoint}{site}/_api/{path}", headers=headers, **options)

    def csom(self, body: str | bytes, host: str = "admin", app: str = "upa-sync") -> list[Any]:
        url = f"{getattr(self.sim.urls, host)}/_vti_bin/client.svc/ProcessQuery"
        headers = {**self.bearer(host, app), "Content-Type": "text/xml"}
        answer = self.session.post(url, data=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def person(self, name: str = "zoe", **attributes: Any) -> str:
        upn = f"{name}@contoso.com"
        return self.sim.directory.add({"displayName": name, "userPrincipalName": upn, "mail": upn, **attributes})

    def upload(self, data: Any, name: str = "import.json", *, bom: bool = True) -> str:
        raw = data if isinstance(data, bytes) else orjson.dumps(data)
        if bom:
            raw = b"\xef\xbb\xbf" + raw
        folder = f"web/getfolderbyserverrelativepath(decodedurl='{FOLDER}')"
        path = f"{folder}/files/addusingpath(decodedurl='{name}',overwrite=true)"
        answer = self.site(path, "POST", data=raw)
        assert answer.status_code == 200, answer.text
        return f"{self.sim.urls.sharepoint}{FOLDER}/{name}"

    def queue(self, uri: str, mapping: dict[str, str], id_type: int = 1, id_property: str = "IdName") -> list[Any]:
        return self.csom(queue_xml(uri, mapping, id_type, id_property))

    def run_import(self, data: Any, mapping: dict[str, str], **options: Any) -> Any:
        """Upload, queue, let hours pass, and return the job."""
        bom = options.pop("bom", True)
        number = len(self.sim.timer_job.jobs)
        answer = self.queue(self.upload(data, f"import-{number}.json", bom=bom), mapping, **options)
        assert answer[0]["ErrorInfo"] is None, answer
        self.sim.advance(4 * 3600)
        return self.sim.jobs[-1]


def queue_xml(uri: str, mapping: dict[str, str], id_type: int = 1, id_property: str = "IdName") -> str:
    """Write the queue request as Microsoft's client does."""
    pairs = "".join(f'<Property Name="{k}" Type="String">{v}</Property>' for k, v in mapping.items())
    return wrap(
        '<ObjectPath Id="2" ObjectPathId="1" /><Method Name="QueueImportProfileProperties" Id="3" ObjectPathId="1">'
        f'<Parameters><Parameter Type="Enum">{id_type}</Parameter><Parameter Type="String">{id_property}</Parameter>'
        f'<Parameter Type="Dictionary">{pairs}</Parameter><Parameter Type="String">{uri}</Parameter>'
        "</Parameters></Method>"
    )


def wrap(actions: str, paths: str = "") -> str:
    """Put actions and object paths into a request."""
    return (
        '<Request AddExpandoFieldTypeSuffix="true" SchemaVersion="15.0.0.0" LibraryVersion="16.0.0.0" '
        'ApplicationName="test" xmlns="http://schemas.microsoft.com/sharepoint/clientquery/2009">'
        f'<Actions>{actions}</Actions><ObjectPaths><Constructor Id="1" '
        f'TypeId="{{e45fd516-a408-4ca4-b6dc-268e2f1f0f83}}" />{paths}</ObjectPaths></Request>'
    )


@pytest.fixture
def tenant() -> Tenant:
    return Tenant(TenantSim(ManualClock()))


@pytest.fixture
def wrapped():
    """Give tests the request wrapper without an import across test modules."""
    return wrap
