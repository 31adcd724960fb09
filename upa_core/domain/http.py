"""An HTTP request and its answer as plain data."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

_HALF = re.compile("[\ud800-\udfff]")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Request:
    """A request over HTTP, before anything in it is checked."""

    url: str = ""
    """As the caller wrote it, with the host."""
    params: Mapping[str, str] = field(default_factory=dict)
    """The route's parameters."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""
    origin: str = ""
    """The app's own origin, for addresses in answers."""


@dataclass(frozen=True, slots=True)
class Response:
    """Status, body (JSON values, or a finished text) and headers."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The body's media type; JSON where the headers don't say."""
        return self.headers.get("Content-Type", "application/json")

    @property
    def text(self) -> str:
        """The body as text; half of a surrogate pair, which no encoding can carry, is escaped as JSON does."""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body, ensure_ascii=False)
        return _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", text)


def problem(status: int, title: str, detail: str, **headers: str) -> Response:
    """Return an error answer that says what is wrong and what to do, in the form of RFC 9457."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, body, {"Content-Type": "application/problem+json", **named})


class ProblemError(Exception):
    """The request can't be answered; `answer` says why."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.body["detail"])
        self.answer = answer


def own_origin(url: str, hostname: str) -> str:
    """Return the origin for addresses in our answers; "" (relative addresses) where the caller made up a host.

    Args:
        url: the request's address, whose host is whatever the caller wrote.
        hostname: the app's own host name, "" where it isn't known.
    """
    try:
        parts = urlsplit(url)
        ours = parts.hostname in _LOOPBACK or (hostname and parts.netloc.lower() == hostname.lower())
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if ours and parts.scheme in ("http", "https") else ""
