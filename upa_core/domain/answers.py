"""An HTTP answer as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, JSON body and headers."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


def problem(status: int, title: str, detail: str) -> Answer:
    """Say what is wrong and what to do, in the form of RFC 9457."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Answer(status, body, {"Content-Type": "application/problem+json"})
