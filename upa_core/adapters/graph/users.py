"""Changed people from Microsoft Graph: users/delta, and $batch for reading single people again [GR-1, GR-16, GR-29]."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from upa_core.adapters.graph import wire as graph_wire
from upa_core.adapters.graph.following import BACKGROUND, follow
from upa_core.adapters.http.answer import Answer
from upa_core.adapters.http.service import Service
from upa_core.adapters.http.wire_errors import node_of
from upa_core.domain.documents.rounds import Link
from upa_core.domain.errors import (
    AccessDeniedError,
    PartlyReadError,
    RefusedError,
    RetryLaterError,
    ThrottledError,
    UnavailableError,
)
from upa_core.ports.change_source import Page

_MAX_UNREAD = 20
"""With more unreadable people than this, the cause isn't the people."""


class GraphUsers:
    """Implements the port `ChangeSource` on Microsoft Graph v1.0.

    Never asks for `return=minimal`: absent would then mean unchanged [GR-11].
    """

    def __init__(self, service: Service) -> None:
        """Use the service of Graph's host, https://graph.microsoft.com in the global cloud."""
        self._service = service

    def begin(self, select: Sequence[str]) -> Link:
        """Return the link that starts a full round; no call is made."""
        return Link(self._service.root + graph_wire.delta_path(select), "initial")

    def page(self, link: Link) -> Page:
        """Follow a link; the link in its answer is checked too, so that no foreign link is ever stored."""
        return follow(self._service, link, "/v1.0/users/delta")

    def read(self, ids: Sequence[str], select: Sequence[str], below: str = "") -> Mapping[str, dict[str, Any] | None]:
        """Return each person's present record by id, None for a person whom Graph doesn't know.

        `below`: what is read of each person instead, such as `/manager`; None where there is none.

        Raises `PartlyReadError` for a few people whom Graph fails to read, again and again, among others that it reads.
        """
        found: dict[str, dict[str, Any] | None] = {}
        unread: list[str] = []
        unique = list(dict.fromkeys(ids))
        for start in range(0, len(unique), graph_wire.BATCH_SIZE):
            batch = unique[start : start + graph_wire.BATCH_SIZE]
            try:
                found.update(self._read_batch(batch, select, below))
            except PartlyReadError as error:
                found.update(error.found)
                unread += error.unread
                if len(unread) > _MAX_UNREAD:
                    raise UnavailableError(f"{error}: {len(unread)} of {start + len(batch)}") from error
        if unread:
            raise PartlyReadError(f"{len(unread)} of {len(unique)} people can't be read", found, tuple(unread))
        return found

    def _read_batch(self, ids: Sequence[str], select: Sequence[str], below: str) -> Mapping[str, dict[str, Any] | None]:
        """Read up to 20 people; people who are throttled inside a successful batch are asked for again."""
        import orjson  # vendor imports are lazy

        found: dict[str, dict[str, Any] | None] = {}
        todo, attempt = list(ids), 0
        while True:
            attempt += 1
            body = orjson.dumps(graph_wire.encode_batch(todo, select, below))
            answer = self._service.request(
                "POST",
                "/v1.0/$batch",
                "/v1.0/$batch",
                headers=BACKGROUND | {"Content-Type": "application/json"},
                body=body,
                json=True,
            )
            if not answer.ok:
                raise answer.refused()
            try:
                inner = graph_wire.decode_batch(answer.document, todo)
            except ValueError as error:
                raise UnavailableError(f"{answer.label()}: {error}", status=answer.status) from error
            again: list[Mapping[str, Any]] = []
            todo = []
            for person, response in inner.items():
                try:
                    found[person] = _record(response, answer)
                except RetryLaterError:
                    todo.append(person)
                    again.append(response)
                except AccessDeniedError:
                    if attempt > 1 or int(response["status"]) != 401:
                        raise
                    # The token ended while the batch was read: the service gets a fresh one for the next.
                    todo.append(person)
                    again.append(response)
            if not todo:
                return found
            try:
                self._service.pause(attempt, self._longest(again))
            except ThrottledError as error:
                throttled = any(int(response["status"]) == 429 for response in again)
                if throttled or (not found and len(ids) > 1):
                    raise
                raise PartlyReadError(f"{answer.label()}: people can't be read", found, tuple(todo)) from error

    def _longest(self, responses: Iterable[Mapping[str, Any]]) -> float | None:
        """Return the longest pause that the inner answers ask for."""
        headers = (response.get("headers") for response in responses)
        folded = ({str(k).title(): str(v) for k, v in h.items()} for h in headers if isinstance(h, dict))
        pauses = [pause for h in folded if (pause := self._service.retry_after(h)) is not None]
        return max(pauses, default=None)


def _record(response: Mapping[str, Any], answer: Answer) -> dict[str, Any] | None:
    """Read one inner answer of a batch."""
    status, body = int(response["status"]), response.get("body")
    if status == 200 and isinstance(body, dict) and "id" in body:
        return {key: value for key, value in body.items() if key == "@odata.type" or not key.startswith("@odata.")}
    if status == 404:
        return None
    code = str((node_of(body) or {}).get("code") or "")
    label = f"{answer.call} → GET /users/{{id}}: HTTP {status} {code}".rstrip()
    label += f" (request {answer.request_id})" if answer.request_id else ""
    if status in (401, 403):
        raise AccessDeniedError(label)
    if status in (200, 408, 424, 429) or status >= 500:
        raise RetryLaterError(label)
    raise RefusedError(label, code=code)
