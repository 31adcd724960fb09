"""The ages of a batch's changes: counted once when it is settled, and noted in escrow where they wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import islice

import orjson

from upa_core.domain.connector import Connector
from upa_core.domain.documents.lane import Outcome
from upa_core.domain.freshness.date_back import date_back
from upa_core.domain.people.shadow import Shard
from upa_core.domain.people.verdict import Verdict
from upa_core.domain.plan.batch import BatchForm
from upa_core.ports.bundle import Ports
from upa_core.state.document import freshness_of


class BatchAges:
    """Since when the values of one batch wait, as its plan counted them."""

    def __init__(self, ports: Ports, connector: Connector, outcome: Outcome) -> None:
        """Read it; a batch that no plan counted, such as one of an ad hoc run, has no ages."""
        self._document = freshness_of(ports.store, connector.name)
        self._read = self._document.load()
        self._outcome = outcome
        self._batch = self._read.value.batch(outcome.run, outcome.file)
        self._of: dict[str, dict[str, datetime]] = {}
        self._group_of: dict[str, int] = {}
        """Number of the group of each person whom other batches of the run name too."""
        self._now: dict[str, tuple[bool, bool]] = {}
        """Of each of them, whether they are in escrow now, and whether SharePoint holds something."""

    def look(self, form: BatchForm, people: Mapping[str, bytes], failed: Collection[str]) -> None:
        """Look up since when each value of some people waits: of those whom the answer names."""
        if self._batch is None:
            return
        if self._batch.groups:
            everyone = list(people)
            self._group_of = {everyone[at]: group for at, group in self._batch.grouped() if at < len(everyone)}
        if not failed:
            return
        if len(self._batch.moments) == 1:
            values = form.read([people[person] for person in failed], orjson.loads)
            self._of = {person: dict.fromkeys(held, self._batch.moments[0]) for person, held in values.items()}
            return
        each, everybody = iter(self._batch.each()), form.read(people.values(), orjson.loads)
        exact = sum(map(len, everybody.values())) == sum(self._batch.values)
        for person, held in everybody.items():
            moments = list(islice(each, len(held))) if exact else [min(self._batch.moments)] * len(held)
            if person in failed:
                self._of[person] = dict(zip(sorted(held), moments, strict=True))

    def date_back(self, shard: Shard, person: str) -> None:
        """Date the person's new escrow entries from the round that first showed each change."""
        if person in self._of:
            date_back(shard.escrow, person, self._of[person], self._outcome.sequence)

    def note(self, shard: Shard, people: Iterable[str]) -> None:
        """Note who of some people is in escrow now that the batch is settled."""
        for person in self._group_of.keys() & set(people) if self._group_of else ():
            self._now[person] = (person in shard.escrow, person in shard.rows)

    def count(self, verdict: Verdict) -> None:
        """Count the accepted values; repeating it changes nothing."""
        if self._batch is None or self._batch.state != "planned":
            return
        accepted: Counter[datetime] = Counter()
        if verdict.confirmed:
            accepted = self._batch.counted()
            for person, moments in self._of.items():
                confirmed = verdict.failed[person].confirmed
                accepted.subtract(at for target, at in moments.items() if target not in confirmed)
        groups = dict.fromkeys(self._group_of.values(), (0, 0))
        for person, (in_escrow, held) in self._now.items():
            waiting, new = groups[self._group_of[person]]
            if not in_escrow:
                groups[self._group_of[person]] = (waiting + 1, new + (not held))
        outcome = self._outcome
        self._document.update(
            lambda known: known.settled(
                outcome.run,
                outcome.file,
                confirmed=verdict.confirmed,
                accepted=accepted,
                ended=outcome.ended,
                groups=groups,
            ),
            self._read,
        )
