"""What a connector that uses nothing new stores is read by the first release: held against what that release wrote.

The schema is taken from the fixtures, never from code: the fields of each document with the types they were seen with,
and how segments and shards lie in their bytes. The same tenants are made again by today's code.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.fixtures.make import EXPORTED, with_a_hold, with_a_run

FIXTURES = Path(__file__).parents[1] / "fixtures" / "c22f51c"
TENANTS = {"run": with_a_run, "hold": with_a_hold}
DOCUMENTS = {
    "state": r"connectors/[^/]+/state\.json",
    "index of escrow": r"connectors/[^/]+/escrow-due\.json",
    "told": r"connectors/[^/]+/told\.json",
    "lane": r"tenants/[^/]+/lane\.json",
    "report": r"runs/.+/report\.json",
    "round end": r"runs/.+/round\.json",
    "intent": r"runs/.+/intent\.json",
    "decision": r"runs/.+/decision\.json",
    "outcome": r"runs/.+/outcome\.json",
    "plan": r"runs/.+/plan/.+",
    "import file": r"runs/.+/files/.+",
    "request": r"requests/.+",
}
LEFT_OUT = {(DOCUMENTS["report"], ".counts.waiting: int")}
"""A report of a run all of whose people have no profile yet: the first release leaves it out of its list."""
SEGMENT = r"connectors/[^/]+/rounds/.+"
SHARD = r"connectors/[^/]+/people/.+"
NAMED_BY_DATA = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+|Upa\w+|[a-z]+(_[a-z]+)+@|.*[-:].*")
"""Keys that are ids, numbers, properties: one stands for all."""
PARTITIONS, MAGIC, DIGITS = 64, b"UPA1\n", 10

Fields = dict[str, set[str]]


@cache
def stored(tenant: str, release: str) -> dict[str, bytes]:
    """Return the blobs of a tenant, as the first release left them or as today's code makes them."""
    if release == "now":
        return dict(TENANTS[tenant]().store.blobs)
    folder = FIXTURES / tenant
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != EXPORTED)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def blobs(form: str, release: str) -> Iterator[tuple[str, bytes]]:
    for tenant in TENANTS:
        yield from ((key, data) for key, data in stored(tenant, release).items() if re.fullmatch(form, key))


def walk(value: Any, path: str, fields: Fields, whole: dict[str, set[str]]) -> None:
    """Note the type at each path, and which fields each record has in every case."""
    fields[path].add(type(value).__name__)
    if isinstance(value, list):
        for item in value:
            walk(item, f"{path}[]", fields, whole)
    if not isinstance(value, dict):
        return
    free = path.endswith("reasons") or any(NAMED_BY_DATA.fullmatch(key) for key in value)
    if not free:
        whole[path] = whole.get(path, set(value)) & set(value)
    for key, item in value.items():
        walk(item, f"{path}.{'*' if free else key}", fields, whole)


def schema(form: str, release: str, decode: Callable[[bytes], Any]) -> tuple[Fields, dict[str, set[str]]]:
    """Return the types by path, and the fields that each record always has."""
    fields: Fields = defaultdict(set)
    whole: dict[str, set[str]] = {}
    for _, data in blobs(form, release):
        walk(decode(data), "", fields, whole)
    assert fields, f"no blob is like {form}"
    return fields, whole


def unreadable(
    form: str, decode: Callable[[bytes], Any] = lambda data: orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
) -> list[str]:
    """Return what today's documents have that the first release's don't, or lack that those always have."""
    (known, always), (fresh, has) = schema(form, "c22f51c", decode), schema(form, "now", decode)
    strange = [f"{path}: {kind}" for path, kinds in fresh.items() for kind in kinds - known.get(path, set())]
    return strange + [
        f"{path}.{name} is missing" for path in has.keys() & always.keys() for name in always[path] - has[path]
    ]


@pytest.mark.parametrize("form", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_document_has_the_fields_and_types_that_the_first_release_wrote(form: str) -> None:
    """No other, and none of those that it always wrote is missing; blanks behind a document are JSON's."""
    assert [one for one in unreadable(form) if (form, one) not in LEFT_OUT] == []


def head_of(data: bytes) -> Any:
    return orjson.loads(data.partition(b"\n")[0])


def rows_of(data: bytes) -> Any:
    return orjson.loads(data.partition(b"\n")[2])


ADDED_TO_A_SHARD = {".count: int", ".check: str", ".allowed: dict", ".allowed.*: dict", ".allowed.*.*: str"}
"""The first release takes what it knows of a shard's line, by name."""


def test_a_shard_is_a_line_and_rows_as_the_first_release_wrote_them() -> None:
    """Its line says more, under names that nobody looked for; version and rows are as they were."""
    assert set(unreadable(SHARD, head_of)) <= ADDED_TO_A_SHARD
    assert unreadable(SHARD, rows_of) == []
    versions = {
        release: {head_of(data)["version"] for _, data in blobs(SHARD, release)} for release in ("now", "c22f51c")
    }
    assert versions["now"] == versions["c22f51c"]


def partitions(data: bytes) -> list[bytes]:
    """Cut a segment by the offsets behind its first line, as the fixtures lie: wherever the first partition begins."""
    assert data.startswith(MAGIC)
    end = len(MAGIC) + (PARTITIONS + 1) * DIGITS
    offsets = [int(data[at : at + DIGITS]) for at in range(len(MAGIC), end, DIGITS)]
    assert offsets[0] >= end
    assert offsets == sorted(offsets)
    assert offsets[-1] == len(data)
    return [data[offsets[n] : offsets[n + 1]] for n in range(PARTITIONS)]


def rows_in(data: bytes) -> list[Any]:
    return [row for body in partitions(data) if body for row in orjson.loads(body)]


@pytest.mark.slow
def test_a_segments_offsets_lead_to_rows_as_the_first_release_wrote_them() -> None:
    """What lies between the offsets and the first partition is passed over."""
    assert unreadable(SEGMENT, rows_in) == []
    rows = {release: [len(rows_in(data)) for _, data in blobs(SEGMENT, release)] for release in ("now", "c22f51c")}
    assert sorted(rows["now"]) == sorted(rows["c22f51c"])


def test_every_kind_of_the_first_release_is_held_against_its_schema() -> None:
    """But logs and the shortcut of a run's shards, which are bytes of others."""
    forms = [*DOCUMENTS.values(), SEGMENT, SHARD, r"runs/.+/archive/.+/log-.+", r"runs/.+/shards"]
    keys = {key for tenant in TENANTS for key in stored(tenant, "c22f51c")}

    assert [key for key in sorted(keys) if not any(re.fullmatch(form, key) for form in forms)] == []
