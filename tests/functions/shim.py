"""The HTTP triggers of the real function_app.py as an ASGI app: routes and handlers are the app's, the host is ours."""

from __future__ import annotations

import importlib.util
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import azure.functions as func
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ROOT = Path(__file__).parents[2]


class Out:
    """Implements an output binding: keeps what was set."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def set(self, value: list[str]) -> None:
        self.messages += value


def load() -> ModuleType:
    """Load function_app.py as a module of its own."""
    spec = importlib.util.spec_from_file_location("function_app_in_shim", ROOT / "function_app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def shim() -> tuple[Starlette, Out, Out]:
    """Return the app, and the messages that its answers would have queued: pulls and exports."""
    pulls, exports = Out(), Out()
    routes = []
    for function in load().app.get_functions():
        trigger = function.get_trigger()
        if trigger is None or trigger.type != "httpTrigger":
            continue
        bindings = {binding.name for binding in function.get_bindings()}
        outs = {name: out for name, out in {"pulls": pulls, "exports": exports}.items() if name in bindings}
        methods = [getattr(method, "value", method) for method in trigger.methods]
        endpoint = _endpoint(function.get_user_function(), outs)
        routes.append(Route(f"/api/{trigger.route}", endpoint, methods=methods))
    return Starlette(routes=routes), pulls, exports


def _endpoint(handler: Callable[..., Any], outs: dict[str, Out]) -> Callable[[Request], Any]:
    async def serve(request: Request) -> Response:
        asked = func.HttpRequest(
            method=request.method,
            url=str(request.url),
            headers=dict(request.headers),
            params=dict(request.query_params),
            route_params={name: str(value) for name, value in request.path_params.items()},
            body=await request.body(),
        )
        answer = await handler(asked, **outs)
        headers = dict(answer.headers)
        headers.pop("Content-Type", None)
        kind = answer.headers.get("Content-Type") or answer.mimetype
        return Response(answer.get_body(), answer.status_code, headers, media_type=kind)

    return serve


class KeyGate:
    """Lets nobody in without the function key, as the Functions host does; the anonymous health endpoint is open."""

    def __init__(self, app: Starlette, key: str) -> None:
        self._app, self._key = app, key

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] != "/api/health":
            request = Request(scope)
            given = request.headers.get("x-functions-key") or request.query_params.get("code")
            if given != self._key:
                await Response(status_code=401)(scope, receive, send)
                return
        await self._app(scope, receive, send)


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve an ASGI app on loopback; yields its address."""
    config = uvicorn.Config(
        app, ws="none", lifespan="off", log_config=None, log_level="critical", access_log=False, loop="asyncio"
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
