"""The meaning of Graph's delta and $batch answers, apart from HTTP [GR-1, GR-13, GR-29]."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any
from urllib.parse import quote

from upa_core.adapters.http.wire_errors import error_codes, error_message
from upa_core.domain.documents.rounds import Link
from upa_core.domain.errors import RefusedError, ResyncRequiredError, UpaError
from upa_core.ports.change_source import Page

BATCH_SIZE = 20
"""Graph's own limit [GR-29]."""
_RESYNC = {
    "syncstatenotfound",
    "resyncrequired",
    "resyncapplydifferences",
    "resyncuploaddifferences",
    "directory_expiredpagetoken",
}
_STEADY_STATE = "sync must reach steady state"
"""Only this text was ever seen, never a code with its meaning [GR-21]."""
_PROPERTIES = re.compile(r"not supported for the following properties:\s*([\w.,/ ]+)", re.IGNORECASE)


def delta_path(select: Sequence[str]) -> str:
    """Return the path that starts a full round; sorted, so that equal selections have equal links."""
    return "/v1.0/users/delta?$select=" + ",".join(quote(name, safe="") for name in sorted(set(select)))


def decode_page(document: Any, asked: Link) -> Page:
    """Read a delta page; raise ValueError naming what is wrong with it.

    A page without a link would end the round in silence, one that repeats the link just followed would never end it.
    """
    records = document.get("value") if isinstance(document, dict) else None
    if not isinstance(records, list) or not _are_objects(records):
        raise ValueError("not a page of objects")
    following, final = document.get("@odata.nextLink"), document.get("@odata.deltaLink")
    if following is not None and following == asked.url:
        raise ValueError("its nextLink is the link just followed")
    if isinstance(following, str) and following:
        return Page(records, Link(following, "next"))
    if isinstance(final, str) and final:
        return Page(records, Link(final, "delta"))
    raise ValueError("a page with neither nextLink nor deltaLink")


def _are_objects(records: list[Any]) -> bool:
    """Return whether all are objects with a text as id (decoded JSON: no subclasses)."""
    try:
        return {*map(type, map(itemgetter("id"), records))} <= {str}
    except (KeyError, TypeError):  # only an object has a value by that name
        return False


def delta_error(status: int, content: bytes, label: str) -> UpaError | None:
    """Return the error of a refused delta call: by code, in any case and at any depth, not by status alone."""
    codes, message = error_codes(content), error_message(content)
    resync = next((code for code in reversed(codes) if code.lower() in _RESYNC), None)
    if resync is None and _STEADY_STATE in message.lower():
        resync = "steadyState"
    if resync is not None or status == 410:
        code = resync or next(iter(codes), "gone")
        return ResyncRequiredError(f"{label}: the position is void ({code})", code=code)
    if status == 400 and (found := _PROPERTIES.search(message)):
        names = tuple(name.strip(" .") for name in found[1].split(",") if name.strip(" ."))
        text = f"{label}: changes of these attributes can't be tracked: {', '.join(names)}"
        return RefusedError(text, code=next(iter(codes), ""), details=names)
    return None


def encode_batch(ids: Sequence[str], select: Sequence[str], below: str = "") -> dict[str, Any]:
    """Return a $batch of reads of people, or of what is `below` them; the request ids are positions in `ids`."""
    query = "?$select=" + ",".join(quote(name, safe="") for name in sorted(set(select)))
    return {
        "requests": [
            {"id": str(position), "method": "GET", "url": f"/users/{quote(person, safe='')}{below}{query}"}
            for position, person in enumerate(ids)
        ]
    }


def decode_batch(document: Any, ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    """Return the inner answers by person; raise ValueError where they don't match the requests."""
    responses = document.get("responses") if isinstance(document, dict) else None
    if not isinstance(responses, list):
        raise ValueError("not an answer of $batch")
    try:
        by_position = {int(response["id"]): response for response in responses if int(response["status"])}
        return {person: by_position[position] for position, person in enumerate(ids)}
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("the answers of $batch don't pair with its requests") from error
