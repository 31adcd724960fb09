"""users/delta: rounds, pages and links [GR-1]. Works on the directory; knows links only by a prefix."""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from tenant_sim.graph import schema
from tenant_sim.graph import select as selecting
from tenant_sim.graph.directory import CHUNK, HARD, LIVE, SOFT, Directory
from tenant_sim.graph.errors import bad_request, graph_error
from tenant_sim.graph.log import Kind
from tenant_sim.graph.tokens import DeltaToken, decode

PAGE_CAP = CHUNK
"""Higher page sizes are capped at 200 users [GR-9]."""


@dataclass
class DeltaOptions:
    """How difficult the service is, within what is documented or was reported."""

    page_size: int = PAGE_CAP
    token_lifetime_s: float = 7 * 86_400
    """Directory tokens live 7 days [GR-19]."""
    steady_state_s: float = 30 * 86_400
    """A skiptoken older than this is refused: "Sync must reach steady state within 30 days." [GR-21]"""
    expired_status: int = 400
    """400 syncStateNotFound as announced in 2020, or 410 [GR-19, GR-20]."""
    expired_code: str = "syncStateNotFound"
    first_round_tombstones: bool = True
    """5 users, 199 records [GR-13]."""
    duplicates: float = 0.0
    """Chance that a page repeats a user of an earlier page [GR-16]."""
    empty_pages: float = 0.0
    """Chance of an empty page with a nextLink, and of an empty page at the end of a round [GR-1]."""
    short_pages: float = 0.0
    """Chance of a page cut short by an internal timeout [GR-9]."""
    replays: float = 0.0
    """Chance, per page of an incremental round, that an unchanged user comes again [GR-16]."""
    farewells: float = 0.0
    """Chance, per deleted user of an incremental round, that an update comes before @removed [GR-16]."""
    lag_s: float = 0.0
    """Replication lag: changes younger than this aren't seen yet [GR-16]."""
    withheld: float = 0.0
    """Share of the users that a full round leaves out silently, always the same: a lost right looks like it."""
    bad_link: str | None = None
    """The fault of the next nextLink, once: `loop` (the URL just fetched), `foreign` (another host), `missing`."""
    page_token_lifetime_s: float | None = None
    """After it a skiptoken answers Directory_ExpiredPageToken [GR-22]."""


@dataclass(frozen=True)
class Page:
    """One page: JSON of its members, and the token of the link to what follows."""

    members: bytes
    token: DeltaToken
    count: int


class Delta:
    """Rounds over the directory."""

    def __init__(self, directory: Directory, rng: random.Random, now: Callable[[], float]) -> None:
        self._directory, self._rng, self._now = directory, rng, now
        self.options = DeltaOptions()
        self.with_manager: Callable[[tuple[str, ...], bytes, str], bytes] = lambda _names, shown, _person: shown
        """Adds somebody's `manager@delta` to their record, where it is among the names."""
        self.extension_types: dict[str, str] = {}
        """Data type of each directory extension, by full name."""
        self.generation, self.key = 0, rng.randbytes(16)
        self._pages: OrderedDict[tuple[Any, ...], tuple[int, bytes, int]] = OrderedDict()
        self._cached_bytes = 0
        self.cache_limit = 512 * 1024**2
        self._ahead: tuple[int, int, DeltaToken] | None = None
        self._plans: OrderedDict[tuple[Any, ...], list[tuple[int, frozenset[str] | None]]] = OrderedDict()

    def spellings(self) -> dict[str, str]:
        """Return the names that `$select` may mean, by their lower case: Graph matches them whatever their case."""
        return {name.lower(): name for name in (*self._directory.rows.names, *self.extension_types, *schema.KNOWN)}

    def resync(self) -> None:
        """Forget all tokens, as after maintenance or migration: 410 with a Location [GR-20]."""
        self.generation += 1

    # -- rounds ------------------------------------------------------------------------------------------------------

    def start(
        self, names: tuple[str, ...], only: tuple[str, ...] = (), *, latest: bool = False, size: int | None = None
    ) -> Page | DeltaToken:
        """Begin a full round, or with `latest` just hand out a token for now [GR-5]."""
        selecting.check_delta(names)
        upto = self._visible()
        token = DeltaToken("skip", names, -1, upto, 0, len(self._directory.ids), self._now(), self.generation, 0, only)
        if latest:
            return replace(token, kind="delta", since=upto, nonce=self._nonce())
        return self.page(token, size)

    def resume(self, text: str, kind: str) -> DeltaToken:
        """Read a token that came back, and refuse it when it is too old or from before a resync."""
        token = decode(text, kind, self.key)
        options, age = self.options, self._now() - token.issued
        if token.generation != self.generation:
            raise graph_error(
                410, "resyncRequired", "Resync required. Replace any local items with the server's version."
            )
        if kind == "delta":
            if age > options.token_lifetime_s:
                raise graph_error(
                    options.expired_status,
                    options.expired_code,
                    "The sync state generation is not found. The delta token is expired and data must be synchronized "
                    "again.",
                )
            return replace(token, kind="skip", upto=max(self._visible(), token.since), position=0, issued=self._now())
        if options.page_token_lifetime_s is not None and age > options.page_token_lifetime_s:
            raise bad_request(
                "The specified page token value has expired and can no longer be included in your request.",
                "Directory_ExpiredPageToken",
            )
        if age > options.steady_state_s:
            raise bad_request("Sync must reach steady state within 30 days.")
        return token

    def page(self, token: DeltaToken, size: int | None = None, *, minimal: bool = False) -> Page:
        """Render the page at a token and say what follows it: a skip token, or a delta token at the end."""
        size = max(1, min(PAGE_CAP, size or self.options.page_size))
        if self._chance(self.options.empty_pages):
            return Page(b"", replace(token, nonce=self._nonce()), 0)
        if self._chance(self.options.short_pages):
            size = max(1, size // 3)
        if self.options.duplicates or self.options.replays:
            size = max(1, size - 1)  # a repeated user counts too
        if token.since < 0:
            members, count, position, last = self._full_page(token, size)
        else:
            members, count, position, last = self._changes_page(token, size, minimal)
        members, count = self._disturb(token, members, count)
        if last and count and not token.only and self._chance(self.options.empty_pages):
            last = False
        if last:
            following = replace(
                token, kind="delta", since=token.upto, position=0, issued=self._now(), nonce=self._nonce()
            )
        else:
            following = replace(token, position=position, nonce=self._nonce())
        return Page(members, following, count)

    def read_ahead(self) -> None:
        """Render the page that a reader of a full round will ask for next, while the reader processes the last one."""
        if self._ahead is not None:
            self._cached(*self._ahead)
            self._ahead = None

    # -- pages -------------------------------------------------------------------------------------------------------

    def _full_page(self, token: DeltaToken, size: int) -> tuple[bytes, int, int, bool]:
        if token.only:
            slots = [slot for one in token.only if (slot := self._directory.slot_of(one)) is not None]
            return *self._render(slots, token), 0, True
        start, end = token.position, min(token.position + size, token.end)
        if self.options.lag_s:
            return *self._render(range(start, end), token), end, end >= token.end
        rendered = self._cached(start, end, token)
        self._ahead = (end, min(end + size, token.end), token) if end < token.end else None
        return *rendered, end, end >= token.end

    def _cached(self, start: int, end: int, token: DeltaToken) -> tuple[bytes, int]:
        """Render slots, or take the page rendered before if none of its users changed since."""
        key = (start, end, token.select, self.options.first_round_tombstones, self.options.withheld)
        chunks = self._directory.chunk_seq[start // CHUNK : (end - 1) // CHUNK + 1] if end > start else ()
        changed = max(chunks, default=0)
        known = self._pages.get(key)
        if known is not None and known[0] >= changed:
            self._pages.move_to_end(key)
            return known[1], known[2]
        members, count = self._render(range(start, end), token)
        if known is not None:
            self._cached_bytes -= len(known[1])
        self._pages[key] = (len(self._directory.log) - 1, members, count)
        self._cached_bytes += len(members)
        while self._cached_bytes > self.cache_limit and self._pages:
            _, old = self._pages.popitem(last=False)
            self._cached_bytes -= len(old[1])
        return members, count

    def _render(self, slots: Iterable[int], token: DeltaToken) -> tuple[bytes, int]:
        """Write users as a full round shows them: without what was cleared.

        ASSUMED [GR-42]: in a full round nothing counts as cleared.
        """
        show, ids, out = self._directory.rows.view(token.select).show, self._directory.ids, []
        for slot, status, row in self._states(slots, token.upto):
            if self.options.withheld and _place(slot) < self.options.withheld:
                continue
            if status == LIVE:
                out.append(self.with_manager(token.select, show(row, ids[slot]), ids[slot]))
            elif self.options.first_round_tombstones:
                out.append(self._tombstone(slot, status))
        return b",".join(out), len(out)

    def _states(self, slots: Iterable[int], upto: int) -> Iterator[tuple[int, int, bytes]]:
        """Look users up, with replication lag as they were at the end of the round's part of the log."""
        status, records, log = self._directory.status, self._directory.records, self._directory.log
        if not self.options.lag_s:
            return ((slot, status[slot], records[slot]) for slot in slots)
        found = ((slot, log.last(slot, upto)) for slot in slots)
        gone: dict[int, int] = {Kind.REMOVE: SOFT, Kind.PURGE: HARD}
        return ((s, gone.get(log.kinds[n], LIVE), log.records[n] or records[s]) for s, n in found if n is not None)

    def _tombstone(self, slot: int, status: int) -> bytes:
        reason = "changed" if status == SOFT else "deleted"
        return f'{{"id":"{self._directory.ids[slot]}","@removed":{{"reason":"{reason}"}}}}'.encode()

    def _changes_page(self, token: DeltaToken, size: int, minimal: bool) -> tuple[bytes, int, int, bool]:
        directory, plan = self._directory, self._plan(token)
        if self.options.farewells:
            size = max(1, size // 2)
        part = dict(plan[token.position : token.position + size])
        out = []
        for slot, status, row in self._states(part, token.upto):
            names, changed = token.select, part[slot]
            if status != LIVE:
                if self._chance(self.options.farewells):
                    out.append(directory.rows.view(names).show(row, directory.ids[slot]))
                out.append(self._tombstone(slot, status))
                continue
            if minimal and changed is not None:
                names = tuple(name for name in names if name in changed)
            view = directory.rows.view(names, frozenset(names) if changed is None else changed)
            names = token.select if changed is None or "manager" in changed else ()  # not repeated otherwise [GR-58]
            out.append(self.with_manager(names, view.show(row, directory.ids[slot]), directory.ids[slot]))
        position = token.position + len(part)
        return b",".join(out), len(out), position, position >= len(plan)

    def _plan(self, token: DeltaToken) -> list[tuple[int, frozenset[str] | None]]:
        """Return the users of a round: everybody with a tracked change in its part of the log.

        Each has the names of what changed; None: everything, because the user was created or restored.
        """
        key = (token.since, token.upto, token.select, token.only)
        if key in self._plans:
            return self._plans[key]
        log, wanted = self._directory.log, selecting.tracked(token.select, tuple(sorted(self.extension_types.items())))
        only = {self._directory.slot_of(one) for one in token.only}
        changed: dict[int, frozenset[str] | None] = {}
        order: dict[int, None] = {}
        for n in range(token.since, token.upto):
            touched, slot = log.touched[n], log.slots[n]
            if only and slot not in only:
                continue
            before = changed.get(slot, frozenset())
            changed[slot] = None if touched is None or before is None else before | self._same_type(touched)
            if touched is None or touched & wanted:
                order.pop(slot, None)
                order[slot] = None
        self._plans[key] = [(slot, changed[slot]) for slot in order]
        if len(self._plans) > 8:
            self._plans.popitem(last=False)
        return self._plans[key]

    def _same_type(self, touched: frozenset[str]) -> frozenset[str]:
        """Add the directory extensions of the same data type [GR-12].

        ASSUMED [GR-41]: only those that were selected are shown.
        """
        kinds = {self.extension_types[name] for name in touched if name in self.extension_types}
        if not kinds:
            return touched
        return touched | {name for name, kind in self.extension_types.items() if kind in kinds}

    def _disturb(self, token: DeltaToken, members: bytes, count: int) -> tuple[bytes, int]:
        if not self._chance(self.options.duplicates if token.since < 0 else self.options.replays):
            return members, count
        known = token.position if token.since < 0 else len(self._directory.ids)
        if not known:
            return members, count
        again, more = self._render([self._rng.randrange(known)], token)
        return b",".join(part for part in (members, again) if part), count + more

    def _chance(self, share: float) -> bool:
        """Draw at random, but only for a share above 0: a switch that is off doesn't change the random sequence."""
        return share > 0 and self._rng.random() < share

    def _visible(self) -> int:
        if not self.options.lag_s:
            return len(self._directory.log)
        return self._directory.log.visible_at(self._now() - self.options.lag_s)

    def _nonce(self) -> int:
        return self._rng.getrandbits(48)


def _place(slot: int) -> float:
    """Return a user's fixed place between 0 and 1."""
    return slot * 0.6180339887498949 % 1
