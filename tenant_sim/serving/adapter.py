"""The tenant as a `requests` transport: no sockets, for thousands of short test schedules."""

from __future__ import annotations

import io
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse

from tenant_sim.serving.http import Request
from tenant_sim.serving.urls import SURFACES

if TYPE_CHECKING:
    from tenant_sim.sim import TenantSim


class SimAdapter(BaseAdapter):
    """Routes by scheme and authority to a surface; a fault becomes the error or answer that `requests` would give."""

    def __init__(self, sim: TenantSim) -> None:
        super().__init__()
        self._sim = sim

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,  # noqa: ARG002 - the signature is that of requests
        cert: Any = None,  # noqa: ARG002
        proxies: Any = None,  # noqa: ARG002
    ) -> requests.Response:
        """Answer a prepared request.

        Six parameters: the signature is that of requests.
        """
        parts = urlsplit(request.url or "")
        base = f"{parts.scheme}://{parts.netloc}".lower()
        surface = self._surface(base)
        if surface is None:
            raise requests.ConnectionError(f"no such host in the simulated tenant: {parts.netloc}", request=request)
        asked = Request.of(request.method or "GET", request.url or "", dict(request.headers), _bytes(request.body))
        asked.base_url = base
        answer = self._sim.handle(surface, asked)
        limit = timeout[1] if isinstance(timeout, tuple) else timeout
        if answer.latency:
            self._sim.sleep(min(answer.latency, limit) if limit else answer.latency)
            if limit and answer.latency > limit:
                raise requests.ReadTimeout(f"no answer within {limit} s", request=request)
        if answer.drop:
            raise requests.ConnectionError("('Connection aborted.', RemoteDisconnected())", request=request)
        body = answer.body if asked.method != "HEAD" else b""
        if answer.truncate:
            if not stream:
                raise requests.exceptions.ChunkedEncodingError("Connection broken: IncompleteRead", request=request)
            body = body[: len(body) // 2]
        return self._response(request, answer.status, answer.headers, body, len(answer.body))

    def close(self) -> None:
        """Do nothing: no connection is open."""

    def _surface(self, base: str) -> str | None:
        for urls in (self._sim.urls, self._sim.real_urls):
            for name in SURFACES:
                if getattr(urls, name).lower() == base:
                    return name
        if base in self._sim.geo_hosts():
            return "admin"
        return "managed_identity" if base == "http://localhost:4141" else None

    def _response(
        self, request: requests.PreparedRequest, status: int, headers: dict[str, str], body: bytes, length: int
    ) -> requests.Response:
        response = requests.Response()
        response.status_code = status
        response.headers = CaseInsensitiveDict({**headers, "Content-Length": str(length)})
        response.encoding = requests.utils.get_encoding_from_headers(response.headers)
        response.reason = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
        response.raw = HTTPResponse(
            body=io.BytesIO(body),
            headers=response.headers,
            status=status,
            preload_content=False,
            enforce_content_length=True,
            request_method=request.method,
        )
        response.request, response.url = request, request.url or ""
        response.connection = self  # type: ignore[assignment]  # the stubs want the adapter of sockets
        return response


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    if hasattr(body, "read"):
        return bytes(body.read())
    return b"".join(body)


def session_for(sim: TenantSim) -> requests.Session:
    """Build a session that knows no other network."""
    session = requests.Session()
    session.trust_env = False
    adapter = SimAdapter(sim)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
