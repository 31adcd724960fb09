"""Requests and responses without a transport: what every surface reads and returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

JSON = "application/json"


@dataclass
class Request:
    """One HTTP request, already cut into parts; header names are lower case."""

    method: str
    path: str
    """Decoded path, starting with a slash."""
    query: str = ""
    """Raw query string without the question mark."""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    base_url: str = ""
    """Scheme and authority of the surface; links in answers start with it."""

    @classmethod
    def of(cls, method: str, url: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Request:
        """Build a request from a whole URL."""
        parts = urlsplit(url)
        lower = {name.lower(): value for name, value in (headers or {}).items()}
        base = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
        return cls(method.upper(), unquote(parts.path) or "/", parts.query, lower, body, base)

    @cached_property
    def params(self) -> dict[str, str]:
        """Query parameters, last one wins, names as sent."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @cached_property
    def form(self) -> dict[str, str]:
        """Fields of a form body."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @cached_property
    def doubled(self) -> str:
        """The first query option (`$…`) that is given twice, "" for none."""
        names = [name.lower() for name, _ in parse_qsl(self.query, keep_blank_values=True) if name.startswith("$")]
        return next((name for at, name in enumerate(names) if name in names[:at]), "")

    def param(self, name: str) -> str | None:
        """Read a query parameter whatever its case: `$deltatoken` and `$deltaToken` both occur [GR-2]."""
        return self._folded.get(name.lower())

    @cached_property
    def _folded(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.params.items()}

    def json(self) -> Any:
        """Parse the body as JSON; `HttpError` 400 when it isn't."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as exc:
            raise HttpError(json_response({"error": {"code": "BadRequest", "message": str(exc)}}, 400)) from exc

    @property
    def host(self) -> str:
        """Authority of the URL the client used."""
        return urlsplit(self.base_url).netloc


@dataclass
class Response:
    """One HTTP response, and the damage that the transport does to it."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    latency: float = 0.0
    """Seconds by which the answer is delayed."""
    drop: bool = False
    """Close the connection instead of answering."""
    truncate: bool = False
    """Announce the whole length and send half."""

    def json(self) -> Any:
        """Parse the body."""
        return orjson.loads(self.body)


class HttpError(Exception):
    """Ends a handler with this response."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"HTTP {response.status}")
        self.response = response


def json_response(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer with a JSON document."""
    return Response(status, {"Content-Type": JSON, **(headers or {})}, orjson.dumps(value))
