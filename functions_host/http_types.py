"""An HTTP request and an answer, independent of any server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Request:
    """An HTTP request."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    base_url: str
    raw_target: str = ""

    @property
    def key(self) -> str | None:
        """The function key in the request."""
        return self.headers.get("x-functions-key") or self.query.get("code")


@dataclass(frozen=True)
class Answer:
    """An HTTP response."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()


class DurableAddresses(Protocol):
    """Answers requests to the addresses of the durable extension."""

    rpc_path: str
    """Where durable clients send their requests; empty where they use another way."""

    def answer(self, request: Request, path: list[str], *, from_client: bool) -> Answer:
        """Answer a request to a durable address; `from_client`: it comes from the client of 1.x."""
        ...


def json_answer(status: int, document: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """Return an answer with a JSON body."""
    return Answer(status, json.dumps(document).encode(), {"Content-Type": "application/json", **(headers or {})})
