"""Answers written down beforehand, in place of a network: mounted into a real requests session."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

Reply = Callable[[requests.PreparedRequest], requests.Response] | Exception


def reply(
    status: int = 200, document: Any = None, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Callable[[requests.PreparedRequest], requests.Response]:
    """Write an answer down: a JSON document, or bytes."""
    content = json.dumps(document).encode() if body is None else body
    kind = {} if body is not None else {"Content-Type": "application/json"}

    def answer(request: requests.PreparedRequest) -> requests.Response:
        response = requests.Response()
        response.status_code = status
        response.headers.update({**kind, **(headers or {})})
        response.raw = HTTPResponse(io.BytesIO(content), preload_content=False)
        response.request, response.url = request, request.url or ""
        return response

    return answer


class ScriptedTransport(BaseAdapter):
    """Gives its replies in order (an exception is raised), and keeps the requests."""

    def __init__(self, *replies: Reply) -> None:
        super().__init__()
        self.replies = list(replies)
        self.requests: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Give the next reply."""
        self.requests.append(request)
        if not self.replies:
            raise AssertionError(f"nothing was written down for {request.method} {request.url}")
        following = self.replies.pop(0)
        if isinstance(following, Exception):
            raise following
        return following(request)

    def close(self) -> None:
        """Nothing is open."""

    def session(self) -> requests.Session:
        """Return a session whose whole network this is."""
        session = requests.Session()
        for scheme in ("https://", "http://"):
            session.mount(scheme, self)
        return session
