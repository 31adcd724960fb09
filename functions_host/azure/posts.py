"""The loopback server to which Microsoft's triggers post each invocation."""

from __future__ import annotations

import json
import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from functions_host.errors import HostError, InvocationFailedError

log = logging.getLogger(__name__)
Run = Callable[[str, str, bytes, Mapping[str, str]], str]
"""Runs an invocation: kind, function, body, headers (names in lower case); returns JSON, or nothing."""


class InvocationServer:
    """Answers one invocation a request, each in a thread of its own."""

    def __init__(self, run: Run) -> None:
        self._path = f"/{secrets.token_urlsafe(16)}"
        """Only the program knows it."""
        self._server = _Server(("127.0.0.1", 0), _handler(self._path, run))

    @property
    def address(self) -> str:
        """The address to which invocations are posted."""
        return f"http://127.0.0.1:{self._server.server_port}{self._path}"

    def start(self) -> None:
        """Answer requests in a separate thread."""
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True, name="azure-posts").start()

    def stop(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def _handler(base: str, run: Run) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Log nothing: the invoker logs invocations."""

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (ConnectionError, TimeoutError):
                self.close_connection = True  # the program was killed; the invocation went on to its end

        def do_POST(self) -> None:
            body = self._body()
            kind, _, name = self.path.removeprefix(base + "/").partition("/")
            if not self.path.startswith(base + "/"):
                self._send(404, "")
                return
            headers = {key.lower(): value for key, value in self.headers.items()}
            try:
                self._send(200, run(kind, unquote(name), body, headers))
            except InvocationFailedError as exc:
                self._send(500, json.dumps({"message": str(exc), "stack": exc.stack}))
            except HostError as exc:
                log.warning("%s", exc.one_line())
                self._send(500, json.dumps({"message": exc.one_line(), "stack": ""}))

        def _body(self) -> bytes:
            if (self.headers.get("Transfer-Encoding") or "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or "0"))
            body = b""
            while size := int(self.rfile.readline(100).split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline(100)
            self.rfile.readline(100)
            return body

        def _send(self, status: int, text: str) -> None:
            data = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    return Handler
