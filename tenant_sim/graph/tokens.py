"""skiptokens and deltatokens: opaque to the client; they hold everything that a round needs [GR-3, GR-4]."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from tenant_sim.graph.errors import bad_request


@dataclass(frozen=True)
class DeltaToken:
    """The position of a round. It holds `$select`, which is set in the first call and kept in the token."""

    kind: str
    """`skip` in the middle of a round, `delta` after it."""
    select: tuple[str, ...]
    since: int
    """Log entries up to here are known to the client; -1 in a full round."""
    upto: int
    """Log entries up to here are part of this round."""
    position: int = 0
    end: int = 0
    """Slots that belong to a full round."""
    issued: float = 0.0
    generation: int = 0
    nonce: int = 0
    only: tuple[str, ...] = ()
    """Ids of a `$filter`."""
    minimal: bool = False

    def encode(self, key: bytes) -> str:
        """Write it as the client sees it."""
        body = orjson.dumps(
            [
                self.kind,
                self.select,
                self.since,
                self.upto,
                self.position,
                self.end,
                self.issued,
                self.generation,
                self.nonce,
                self.only,
            ]
        )
        return base64.urlsafe_b64encode(_mac(body, key) + body).decode().rstrip("=")


def decode(text: str, kind: str, key: bytes) -> DeltaToken:
    """Read a token of the wanted kind; 400 if it was tampered with.

    ASSUMED [GR-39]: code and text for a token that cannot be read.
    """
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if _mac(raw[8:], key) != raw[:8]:
            raise ValueError(text)
        fields: list[Any] = orjson.loads(raw[8:])
        if fields[0] != kind:
            raise ValueError(text)
    except ValueError:
        raise bad_request("Badly formed token.", "Request_BadRequest") from None
    fields[1], fields[9] = tuple(fields[1]), tuple(fields[9])
    return DeltaToken(*fields)


def _mac(body: bytes, key: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=8, key=key).digest()
