"""A trivial tenant as a `requests` transport: pages from a file, a library on disk, import jobs by the clock.

It answers what the pipeline asks and nothing else, so that next to nothing of it is in the figures; the processor time
spent in it is measured and taken off. Faithful behaviour is the simulator's business (`tenant_sim`).
"""

from __future__ import annotations

import io
import random
import re
import tempfile
import time
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import orjson
import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse

from bench.pages import GRAPH, PAGE, Pages, link, person_id

ADMIN = "https://contoso-admin.sharepoint.com"
SITE = "https://contoso.sharepoint.com"
FOLDER = "/sites/upa/Imports"
_NAMED = re.compile(r'Name="(\w+ImportProfile\w+|GetImportProfile\w+)"')
_URI = re.compile(r'<Parameter Type="String">(https://[^<]+)</Parameter>')
_GUID = re.compile(r'<Parameter Type="Guid">\{([^}]+)\}')
_PATH = re.compile(r"ByServerRelativePath\(decodedUrl='((?:[^']|'')*)'\)(.*)")
_ADDED = re.compile(r"/Files/AddUsingPath\(decodedUrl='((?:[^']|'')*)'")
DELAYS = (timedelta(minutes=60), timedelta(minutes=90), timedelta(minutes=150))
"""An import job is Submitted, Processing, Queued until then, and Succeeded after [SP-53]."""


class Clock:
    """Time that only moves when told."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.now().timestamp()

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)

    def until(self, moment: datetime) -> None:
        self.moment = max(self.moment, moment)


class Tokens:
    """One token for everything."""

    def token(self, audience: str) -> str:  # noqa: ARG002 - as the port has it
        return "t" * 1500

    refresh = token


class Tenant(BaseAdapter):
    """Graph's delta, one library, the import service."""

    def __init__(self, pages: Pages, clock: Clock, *, seed: int = 1, latency: dict[str, float] | None = None) -> None:
        super().__init__()
        self.pages, self.clock, self.seed = pages, clock, seed
        self.latency = latency or {}
        self.folder = tempfile.TemporaryDirectory(prefix="upa-bench-library-")
        self.deltas: list[list[bytes]] = []
        self.jobs: dict[str, tuple[str, datetime]] = {}
        self.calls: Counter[str] = Counter()
        self.bytes: Counter[str] = Counter()
        self.cpu = 0.0
        """Processor time spent in here."""
        self.changed: dict[str, dict[str, Any]] = {}

    def session(self) -> requests.Session:
        """Return a session that knows only this tenant."""
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", self)
        return session

    def change(self, count: int, *, bare: int = 0, seed: int = 1) -> None:
        """Let `count` people change department; of `bare` ones Graph tells only the id and the department."""
        rng = random.Random(f"changes {seed} {len(self.deltas)}")
        chosen = rng.sample(range(self.pages.people), count)
        found = []
        for at, number in enumerate(chosen):
            record = self.pages.record(number) | {"department": f"Department {rng.randrange(10**6)}"}
            self.changed[record["id"]] = record
            found.append({k: record[k] for k in ("id", "department")} if at < bare else record)
        chunks = [found[at : at + PAGE] for at in range(0, len(found), PAGE)] or [[]]
        number = len(self.deltas)
        bodies = []
        for at, chunk in enumerate(chunks):
            last = at + 1 == len(chunks)
            onward = (
                {"@odata.deltaLink": link("delta", str(number + 1))}
                if last
                else {"@odata.nextLink": link("delta", f"{number}-{at + 1}")}
            )
            bodies.append(orjson.dumps({**onward, "value": chunk}))
        self.deltas.append(bodies)

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Answer."""
        begin = time.process_time()
        parts = urlsplit(request.url or "")
        graph = parts.netloc == "graph.microsoft.com"
        wait = self.latency.get("graph" if graph else "sharepoint", 0.0)
        if wait:
            time.sleep(wait)
        name, status, body = self._graph(request, parts.query) if graph else self._sharepoint(request, parts.path)
        self.calls[name] += 1
        self.bytes["graph" if graph else "sharepoint"] += len(_body(request)) + len(body)
        response = requests.Response()
        response.status_code = status
        response.headers = CaseInsensitiveDict({"Content-Type": "application/json", "Content-Length": str(len(body))})
        response.raw = HTTPResponse(body=io.BytesIO(body), status=status, preload_content=False)
        response.request, response.url = request, request.url or ""
        self.cpu += time.process_time() - begin
        return response

    def close(self) -> None:
        """Nothing is open."""

    def _graph(self, request: requests.PreparedRequest, query: str) -> tuple[str, int, bytes]:
        if request.method == "POST":
            asked = orjson.loads(_body(request))["requests"]
            inner = []
            for one in asked:
                person = one["url"].split("/")[2].split("?")[0]
                inner.append({"id": one["id"], "status": 200, "body": self.changed[person]})
            return "$batch", 200, orjson.dumps({"responses": inner})
        values = parse_qs(query)
        if "$deltatoken" in values:
            number, _, at = values["$deltatoken"][0].partition(".")[0].partition("-")
            if int(number) < len(self.deltas):
                return "users.delta", 200, self.deltas[int(number)][int(at or 0)]
            return "users.delta", 200, orjson.dumps({"@odata.deltaLink": link("delta", number), "value": []})
        skip = values.get("$skiptoken", ["0"])[0].partition(".")[0]
        return "users.delta", 200, self.pages.body(int(skip))

    def _sharepoint(self, request: requests.PreparedRequest, path: str) -> tuple[str, int, bytes]:
        if path.endswith("/ProcessQuery"):
            return self._csom(_body(request).decode())
        found = _PATH.search(unquote(path))
        if found is None:
            return "unknown", 404, b"{}"
        name, rest = found[1].rpartition("/")[2], found[2]
        file = Path(self.folder.name) / name
        if added := _ADDED.search(rest):
            (Path(self.folder.name) / added[1]).write_bytes(_body(request))
            return "files.add", 200, b"{}"
        if request.headers.get("X-HTTP-Method") == "DELETE":
            file.unlink(missing_ok=True)
            return "file.delete", 200, b"{}"
        if rest.startswith("/Files"):
            return "folder.files", 200, b'{"value":[]}'
        if rest.startswith("/Folders"):
            return "folder.folders", 200, b'{"value":[]}'
        if not file.is_file():
            return "file", 404, b"{}"
        if rest.startswith("/$value"):
            return "file.value", 200, file.read_bytes()
        return "file.size", 200, orjson.dumps({"Length": str(file.stat().st_size)})

    def _csom(self, body: str) -> tuple[str, int, bytes]:
        name = (_NAMED.search(body) or [""] * 2)[1]
        head = {"SchemaVersion": "15.0.0.0", "ErrorInfo": None}
        if name == "QueueImportProfileProperties":
            job = str(uuid.UUID(person_id(len(self.jobs), 99)))
            self.jobs[job] = ((_URI.search(body) or [""] * 2)[1], self.clock.now())
            return name, 200, orjson.dumps([head, 3, f"/Guid({job})/"])
        if name == "GetImportProfilePropertyJob":
            job = (_GUID.search(body) or [""] * 2)[1].lower()
            return name, 200, orjson.dumps([head, 4, {"IsNull": False}, 5, self._job(job)])
        return name, 200, orjson.dumps([head, 5, {"_Child_Items_": [self._job(job) for job in self.jobs]}])

    def _job(self, job: str) -> dict[str, Any]:
        uri, queued = self.jobs[job]
        age = self.clock.now() - queued
        state = 1 + sum(age >= delay for delay in DELAYS)
        return {"JobId": f"/Guid({job})/", "State": state, "Error": 0, "ErrorMessage": "", "SourceUri": uri}


assert GRAPH.endswith("graph.microsoft.com")


def _body(request: requests.PreparedRequest) -> bytes:
    """Return what a request carries; empty without a body."""
    body = request.body or b""
    return body.encode() if isinstance(body, str) else body
