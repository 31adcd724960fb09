"""The HTTP front on 127.0.0.1: routes and keys of HTTP triggers, admin addresses, durable addresses."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from functions_host.errors import InvocationFailedError, PortTakenError
from functions_host.http.keys import Keys
from functions_host.http.routes import Route
from functions_host.http_types import Answer, DurableAddresses, Request, json_answer
from functions_host.worker.function import Function
from functions_host.worker.protos import Message, TypedData

DEFAULT_METHODS = ("GET", "POST")
DEFAULT_BODY_LIMIT = 104_857_600
LOOPBACK_NAME = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?", re.IGNORECASE)
log = logging.getLogger(__name__)


class HttpFront:
    """Everything that this host answers over HTTP."""

    def __init__(
        self,
        functions: list[Function],
        keys: Keys,
        *,
        prefix: str,
        invoke: Callable[[Function, TypedData], TypedData | None],
        admin: Callable[[str, str], None],
        durable: DurableAddresses | None,
        body_limit: int = DEFAULT_BODY_LIMIT,
    ) -> None:
        """Keep them. Seven parameters: the parts of the host that HTTP reaches."""
        self._functions = {function.name: function for function in functions}
        self._keys = keys
        self._invoke = invoke
        self._admin = admin
        self._durable = durable
        self.body_limit = body_limit
        self.base_url = ""
        self.routes: list[Route] = []
        for function in functions:
            if function.kind == "httpTrigger":
                template = "/".join(part for part in (prefix, _route(function)) if part)
                methods = function.trigger.get("methods") or DEFAULT_METHODS
                self.routes.append(Route(template, methods, function.name))
        self.routes.sort(key=lambda route: route.rank)

    def listen(self, port: int) -> None:
        """Begin to answer; 0 takes a free port.

        Raises:
            PortTakenError: another process has it.
        """
        try:
            self._server = _Server(("127.0.0.1", port), _handler(self))
        except OSError as exc:
            msg = f"port {port} is taken ({exc.strerror})"
            raise PortTakenError(msg, "give another --port, or 0 for a free one") from exc
        self.base_url = f"http://127.0.0.1:{self._server.server_port}"

    def serve(self) -> None:
        """Answer requests in a separate thread."""
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True, name="http-front").start()
        self._serving = True

    def stop(self) -> None:
        """Stop answering."""
        if getattr(self, "_serving", False):
            self._server.shutdown()
        if getattr(self, "_server", None) is not None:
            self._server.server_close()

    def url(self, function: str) -> str:
        """Return the address of an HTTP function."""
        route = next(route for route in self.routes if route.function == function)
        return f"{self.base_url}/{route.template}"

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        parts = [unquote(part) for part in request.path.split("/") if part]
        match [part.lower() for part in parts[:3]]:
            case []:
                return Answer(200, b"The functions host is running.\n", {"Content-Type": "text/plain"})
            case ["admin", *_]:
                return self._answer_admin(request, parts[1:])
            case ["runtime", "webhooks", "durabletask"] if self._durable is not None:
                if not self._keys.allows("system", request.key):
                    return Answer(401)
                return self._durable.answer(request, parts[3:], from_client=False)
            case _ if self._comes_from_a_client(request):
                assert self._durable is not None
                return self._durable.answer(request, parts[1:], from_client=True)
        return self._answer_function(request)

    def _comes_from_a_client(self, request: Request) -> bool:
        path = self._durable.rpc_path if self._durable is not None else ""
        return bool(path) and request.path.startswith(path + "/")

    def _answer_function(self, request: Request) -> Answer:
        for route in self.routes:
            if request.method not in route.methods:
                continue
            parameters = route.match(request.path)
            if parameters is None:
                continue
            function = self._functions[route.function]
            level = str(function.trigger.get("authLevel", "function"))
            if not self._keys.allows(level, request.key, function.name):
                return Answer(401)
            try:
                return _response(self._invoke(function, _http_data(request, parameters)))
            except InvocationFailedError:
                return Answer(500)
        return Answer(404)

    def _answer_admin(self, request: Request, parts: list[str]) -> Answer:
        if not self._keys.allows("admin", request.key):
            return Answer(401)
        match [request.method, *parts]:
            case ["GET" | "POST", "host", "ping"]:
                return Answer(200)
            case ["GET", "host", "status"]:
                return json_answer(200, {"state": "Running", "version": "functions_host"})
            case ["GET", "functions"]:
                return json_answer(200, [self._describe(function) for function in self._functions.values()])
            case ["GET", "functions", name] if name in self._functions:
                return json_answer(200, self._describe(self._functions[name]))
            case ["POST", "functions", name] if name in self._functions:
                try:
                    body = json.loads(request.body) if request.body else {}
                    given = body.get("input") if isinstance(body, dict) else None
                except ValueError:
                    return json_answer(400, {"Message": "the body must be JSON with a member 'input'"})
                text = "" if given is None else given if isinstance(given, str) else json.dumps(given)
                self._admin(name, text)
                return Answer(202)
        return Answer(404)

    def _describe(self, function: Function) -> dict[str, Any]:
        config = {"bindings": function.bindings, "language": "python"}
        url = self.url(function.name) if function.kind == "httpTrigger" else None
        return {"name": function.name, "invoke_url_template": url, "config": config}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128


def _handler(front: HttpFront) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "functions_host"
        sys_version = ""

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Log nothing: invocations are logged, requests aren't."""

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (ConnectionError, TimeoutError):
                self.close_connection = True

        def serve(self) -> None:
            """Read the request, answer it."""
            if not LOOPBACK_NAME.fullmatch(self.headers.get("Host") or ""):
                self._send(Answer(400, b"this host answers on loopback only\n"), close=True)
                return
            try:
                body = self._body()
            except OverflowError:
                self._send(Answer(413), close=True)
                return
            except ValueError:
                self._send(Answer(400), close=True)
                return
            target = urlsplit(self.path)
            request = Request(
                method=self.command,
                path=target.path,
                query=dict(parse_qsl(target.query, keep_blank_values=True)),
                headers={name.lower(): value for name, value in self.headers.items()},
                body=body,
                base_url=front.base_url,
                raw_target=self.path,
            )
            try:
                answer = front.answer(request)
            except Exception:
                log.exception("%s %s", self.command, target.path)
                answer = Answer(500)
            self._send(answer)

        def _body(self) -> bytes:
            """Read the body; OverflowError: over the limit, ValueError: can't be read."""
            if (self.headers.get("Transfer-Encoding") or "").lower() == "chunked":
                body = b""
                while size := int(self.rfile.readline(100).split(b";")[0], 16):
                    if size < 0 or len(body) + size > front.body_limit:
                        raise OverflowError
                    body += self.rfile.read(size)
                    self.rfile.readline(100)
                while self.rfile.readline(65536).strip():
                    pass  # trailers
                return body
            length = int(self.headers.get("Content-Length") or "0")
            if length > front.body_limit:
                raise OverflowError
            return self.rfile.read(length) if length > 0 else b""

        def _send(self, answer: Answer, *, close: bool = False) -> None:
            self.send_response(answer.status, _phrase(answer.status))
            for name, value in answer.headers.items():
                if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                    self.send_header(name, str(value))
            for cookie in answer.cookies:
                self.send_header("Set-Cookie", cookie)
            if close:
                self.send_header("Connection", "close")
                self.close_connection = True
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = serve  # noqa: N815

    return Handler


def _route(function: Function) -> str:
    route = function.trigger.get("route")
    return function.name if route is None else str(route)


def _http_data(request: Request, parameters: dict[str, str]) -> TypedData:
    message = Message(
        method=request.method,
        url=request.base_url + request.raw_target,
        headers=dict(request.headers),
        params=parameters,
        query=dict(request.query),
        body=TypedData(bytes=request.body),
    )
    return TypedData(http=message)


def _response(value: TypedData | None) -> Answer:
    """Return the HTTP response for a function's return value."""
    if value is None or value.value is None:
        return Answer(204)
    if value.kind != "http":
        body = value.value if isinstance(value.value, bytes) else str(value.value).encode()
        kind = "application/json" if value.kind == "json" else "text/plain; charset=utf-8"
        return Answer(200, body, {"Content-Type": kind})
    http = value.value
    content = http.body.value if http.body is not None else None
    body = content if isinstance(content, bytes) else str(content or "").encode()
    cookies = tuple(_cookie(cookie) for cookie in http.cookies or ())
    return Answer(int(http.status_code), body, dict(http.headers or {}), cookies)


def _cookie(cookie: Any) -> str:
    text = f"{cookie.name}={cookie.value}"
    for name, field in (("Path", cookie.path), ("Domain", cookie.domain), ("Max-Age", cookie.max_age)):
        value = getattr(field, "value", None)
        if value is not None and value != "":
            text += f"; {name}={value:g}" if isinstance(value, float) else f"; {name}={value}"
    for name, field in (("Secure", cookie.secure), ("HttpOnly", cookie.http_only)):
        text += f"; {name}" if getattr(field, "value", False) else ""
    return text


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
