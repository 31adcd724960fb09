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
    """What somebody asked over HTTP, before anything of it is believed."""

    url: str = ""
    """As the caller wrote it, host included."""
    params: Mapping[str, str] = field(default_factory=dict)
    """Of the route."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""
    origin: str = ""
    """Of this app, for addresses in answers."""


@dataclass(frozen=True, slots=True)
class Response:
    """Status, body (JSON values, or a finished text) and headers."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The body as it is sent; half a character, which no encoding can carry, is escaped as JSON does."""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body, ensure_ascii=False)
        return _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", text)


def problem(status: int, title: str, detail: str, **headers: str) -> Response:
    """Say what is wrong and what to do, in the form of RFC 9457."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, body, {"Content-Type": "application/problem+json", **named})


class ProblemError(Exception):
    """The request can't be answered as it was asked; `answer` says why."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.body["detail"])
        self.answer = answer


def own_origin(url: str, hostname: str) -> str:
    """Return the origin for addresses in our answers, "" (so that they are relative) where the caller invented one.

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
