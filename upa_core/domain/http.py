"""An HTTP request and its answer as plain data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asked over HTTP, before anything of it is believed."""

    url: str = ""
    """As the caller wrote it; only its origin is used, for addresses in answers."""
    params: Mapping[str, str] = field(default_factory=dict)
    """Of the route."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """Status, body (JSON values, or a finished text) and headers."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The body as it is sent."""
        return self.body if isinstance(self.body, str) else json.dumps(self.body, ensure_ascii=False)


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
