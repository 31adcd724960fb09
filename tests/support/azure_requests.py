"""What storage was asked, by Azurite's log: who asks (the engine's parts, or our own state) and of which service."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from tests.support.azurite import ACCOUNT

_LINE = re.compile(rf'"(?P<method>[A-Z]+) /{ACCOUNT}/?(?P<path>[^ ?"]*)\S* HTTP/1\.1" (?P<status>\d+)')
_KINDS = (
    (re.compile(r"upa-control-\d+(/|$)"), "control queue"),
    (re.compile(r"upa-workitems(/|$)"), "work items"),
    (re.compile(r"upa-(pull|export)(-poison)?(/|$)"), "the app's queues"),
    (re.compile(r"(upaPartitions|upa-leases)\b"), "partition leases"),
    (re.compile(r"upa-applease\b"), "app lease"),
    (re.compile(r"azure-webjobs-hosts\b"), "locks of the timers"),
    (re.compile(r"(upaHistory|upaInstances|upa-largemessages|upa-taskhub)\b|\$batch"), "history"),
    (re.compile(r"upa(/|$)"), "the app's state"),
    (re.compile(r"(\$logs|Tables|)(\(|/|$)"), "set-up"),
)
KINDS = tuple(dict.fromkeys(kind for _, kind in _KINDS))


def service_of(method: str, path: str) -> str:
    """Return what is billed: queue, table, or a blob's read or write."""
    if re.match(r"upa-(control|workitems|pull|export)", path):
        return "queue"
    if re.match(r"upa(Partitions|History|Instances)|Tables|\$batch", path):
        return "table"
    return "blob read" if method in ("GET", "HEAD") else "blob write"


def kind_of(path: str) -> str:
    """Return for whom a request was made; "unknown" where no rule names it."""
    return next((kind for pattern, kind in _KINDS if pattern.match(path)), "unknown")


def requests_in(log: Path) -> Counter[tuple[str, str]]:
    """Count the requests so far by (kind, service)."""
    text = log.read_text(encoding="utf-8", errors="replace")
    found = (match.groupdict() for match in _LINE.finditer(text))
    return Counter((kind_of(one["path"]), service_of(one["method"], one["path"])) for one in found)
