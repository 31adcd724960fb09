"""The tenant as an ASGI application under uvicorn: bodies in and out, and answers damaged by faults."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tenant_sim.serving.http import Request, Response

if TYPE_CHECKING:
    from tenant_sim.sim import TenantSim

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class BreakableProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1; the application can reach the transport, so that it can break a connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport."""
        super().connection_made(cast("asyncio.Transport", transport))
        self.app_state = {**self.app_state, "transport": transport}


class TenantApp:
    """Passes requests to a tenant. `surface_of(port, host)` returns the surface that is meant."""

    def __init__(self, sim: TenantSim, surface_of: Callable[[int, str], str | None]) -> None:
        self._sim, self._surface_of = sim, surface_of

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "")
        surface = self._surface_of(scope["server"][1], host)
        body = await _read(receive)
        if surface is None:
            text = f"This tenant has no host named {host!r}.\n".encode()
            await _send(send, Response(421, {"Content-Type": "text/plain"}, text))
            return
        request = Request(
            scope["method"],
            unquote(scope["raw_path"].decode("latin-1")),
            scope["query_string"].decode("latin-1"),
            headers,
            body,
            f"{scope['scheme']}://{host}".lower(),
        )
        answer = self._sim.handle(surface, request)
        if answer.latency:
            await asyncio.sleep(answer.latency)
        transport: asyncio.Transport = scope["state"]["transport"]
        if answer.drop:
            transport.abort()
        elif answer.truncate:
            await _send(send, answer, half=True)
            transport.close()
        else:
            await _send(send, answer)
            asyncio.get_running_loop().call_soon(self._sim.read_ahead)
            return
        while (await receive())["type"] != "http.disconnect":
            pass


async def _read(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _send(send: Send, answer: Response, *, half: bool = False) -> None:
    headers = [(b"content-length", str(len(answer.body)).encode())] if answer.status != 204 else []
    headers += [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    body = answer.body[: len(answer.body) // 2] if half else answer.body
    await send({"type": "http.response.body", "body": body, "more_body": half})
