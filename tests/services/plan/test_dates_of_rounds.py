"""The dates of a plan's values, of rounds that are written down: which round showed each value first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.support.joined import JoinedWorld
from tests.support.world import World
from upa_core.config import parse_expression
from upa_core.domain.documents.rounds import SealedRound
from upa_core.domain.people.changes import REMOVED, RoundKind, Row
from upa_core.domain.people.escrow_entry import EscrowEntry, EscrowReason
from upa_core.domain.people.mapping import Mapping
from upa_core.domain.people.shadow import Shard
from upa_core.domain.plan.entry import Entry
from upa_core.domain.plan.planner import ShardPlan
from upa_core.services.plan.dating import Dating

START = datetime(2026, 11, 22, 8, tzinfo=UTC)
NOON = START + timedelta(hours=4)
PERSON = "p"
BULK_ONLY = World().connector
INPUTS = BULK_ONLY.inputs
VALUES = {"department": "new", "jobTitle": "t"}


def sealed(hour: int, kind: RoundKind = "delta", source: str = "") -> SealedRound:
    """Return a round that began so many hours after the start."""
    began = START + timedelta(hours=hour)
    return SealedRound(f"r{hour}", kind, "", began, began, INPUTS, "", (), source=source)


def record(**values: str | None) -> Row:
    """Return a row of the person that names these attributes alone."""
    row: Row = [PERSON, 0, *[None] * len(INPUTS)]
    for at, path in enumerate(INPUTS):
        if path in values:
            row[at + 2] = values[path]
        else:
            row[1] |= 1 << at
    return row


def dated(
    rounds: Sequence[tuple[SealedRound, Sequence[Row]]],
    *,
    old: dict[str, str | None],
    new: dict[str, str],
    shard: Shard | None = None,
    final: Row | None = None,
    unnamed: Sequence[str] = (),
) -> Entry:
    """Return the entry of a plan of these rounds, dated."""
    dating = Dating(BULK_ONLY, [one for one, _ in rounds], NOON)
    dating.begin()
    for one, rows in rounds:
        assert list(dating.noting(one, rows)) == list(rows)
    dating.unnamed = unnamed
    plan = ShardPlan(entries=[Entry(PERSON, new, old)])
    last = final or (rounds[-1][1][-1] if rounds and rounds[-1][1] else record())
    dating.date(plan, shard or Shard(BULK_ONLY.targets), [last])
    (entry,) = plan.entries
    return entry


def hours(entry: Entry) -> dict[str, float]:
    """Return since when each value waits, in hours after the start."""
    assert entry.since is not None
    return {target: (at - START) / timedelta(hours=1) for target, at in entry.since.items()}


def test_of_one_round_nothing_is_dated_but_what_waits_already() -> None:
    """The values of a plan wait since its round began: that needs no date of their own."""
    one = [(sealed(0), [record(department="new")])]
    entry = dated(one, old={"UpaDepartment": "D"}, new={"UpaDepartment": "new"})
    assert (entry.since, entry.waits) == (None, False)

    shard = Shard(BULK_ONLY.targets)
    for target, reason in (("UpaTitle", EscrowReason.NOT_KEPT), ("UpaDepartment", EscrowReason.NOT_KEPT)):
        earlier = EscrowEntry(reason, START - timedelta(hours=2 if target == "UpaTitle" else -2), 1, None)
        shard.escrow.put(PERSON, target, earlier)
    entry = dated(one, old={}, new={"UpaDepartment": "new", "UpaTitle": "t", "UpaCode": "c"}, shard=shard)
    assert (hours(entry), entry.waits) == ({"UpaDepartment": 0, "UpaTitle": -2, "UpaCode": 0}, True)
    entry = dated(one, old={}, new={"UpaDepartment": "new", "UpaCode": "c"}, shard=shard, unnamed=[PERSON])
    assert hours(entry) == {"UpaDepartment": 2, "UpaCode": 4}


def test_a_full_round_says_everything_and_a_delta_only_what_it_names() -> None:
    """What a delta leaves out is as the round before said it; a full round takes back what it doesn't name."""
    old = {"UpaDepartment": "D", "UpaTitle": "T"}
    new = {"UpaDepartment": "new", "UpaTitle": "t"}
    both = record(department="new", jobTitle="t")
    later = record(department="new")
    delta = [(sealed(0), [both]), (sealed(1), [later])]
    assert hours(dated(delta, old=old, new=new, final=both)) == {"UpaDepartment": 0, "UpaTitle": 0}

    full = [(sealed(0), [both]), (sealed(1, "full"), [later]), (sealed(2), [record(jobTitle="t")])]
    assert hours(dated(full, old=old, new=new, final=both)) == {"UpaDepartment": 0, "UpaTitle": 0}
    back = [(sealed(0), [both]), (sealed(1, "full"), [record(department="D", jobTitle="T")]), (sealed(2), [both])]
    assert hours(dated(back, old=old, new=new, final=both)) == {"UpaDepartment": 2, "UpaTitle": 2}


def test_a_round_that_names_no_attribute_of_a_property_says_nothing_of_it() -> None:
    """The title waits since the round that brought it."""
    old = {"UpaDepartment": "D", "UpaTitle": "T"}
    rounds = [(sealed(0), [record(department="new")]), (sealed(1), [record(jobTitle="t")])]
    entry = dated(rounds, old=old, new={"UpaDepartment": "new", "UpaTitle": "t"})

    assert hours(entry) == {"UpaDepartment": 0, "UpaTitle": 1}


def test_whoever_left_and_came_back_waits_since_they_came_back() -> None:
    """What was said before they left is of a profile that is gone."""
    rounds = [
        (sealed(0), [record(department="new")]),
        (sealed(1), [[PERSON, REMOVED]]),
        (sealed(2), [record(department="new")]),
    ]
    assert hours(dated(rounds, old={}, new={"UpaDepartment": "new"})) == {"UpaDepartment": 2}


def test_whom_only_one_of_several_rounds_names_waits_since_that_one() -> None:
    """And whom none names, since now: they are due from escrow, without an entry of that property."""
    rounds = [(sealed(0), []), (sealed(1), [record(department="new")]), (sealed(2), [])]
    assert hours(dated(rounds, old={}, new={"UpaDepartment": "new"})) == {"UpaDepartment": 1}
    nobody = [(sealed(0), []), (sealed(1), [])]
    assert hours(dated(nobody, old={}, new={"UpaDepartment": "new"})) == {"UpaDepartment": 4}


def test_a_value_that_no_round_shows_waits_since_the_first() -> None:
    """One that is cleared with the scope, for instance."""
    rounds = [(sealed(0), [record(department="D")]), (sealed(1), [record(department="D")])]
    entry = dated(rounds, old={"UpaDepartment": "D"}, new={"UpaDepartment": ""})

    assert hours(entry) == {"UpaDepartment": 0}


def test_the_pieces_of_a_plan_forget_each_other() -> None:
    """Rows of one partition don't date a person of the next."""
    dating = Dating(BULK_ONLY, [sealed(0), sealed(1)], NOON)
    list(dating.noting(sealed(0), [record(department="new")]))
    dating.unnamed = [PERSON]
    dating.begin()
    assert dating.unnamed == ()
    plan = ShardPlan(entries=[Entry(PERSON, {"UpaDepartment": "new"}, {})])
    dating.date(plan, Shard(BULK_ONLY.targets), [])

    assert hours(plan.entries[0]) == {"UpaDepartment": 4}


def test_only_what_this_plan_has_put_into_escrow_is_dated_back() -> None:
    """An entry of before keeps its start; one of now waits since the round that showed its value."""
    shard = Shard(BULK_ONLY.targets)
    for target, since, sequence in (("UpaCode", START, 0), ("UpaTitle", NOON, 5), ("UpaDepartment", NOON, 0)):
        shard.escrow.put(PERSON, target, EscrowEntry(EscrowReason.INVALID_VALUE, since, 0, None, sequence=sequence))
    rounds = [(sealed(1), [record(department="new", jobTitle="t")]), (sealed(2), [record(department="newer")])]
    dated(rounds, old={}, new={"UpaType": "x"}, shard=shard)
    entries = {target: entry.since for _, target, entry in shard.escrow.entries()}

    assert entries == {"UpaCode": START, "UpaTitle": NOON, "UpaDepartment": START + timedelta(hours=1)}


def test_rows_of_another_source_date_only_what_reads_them() -> None:
    """Its round began earlier than the directory's, or later: the directory's properties keep their own date."""
    connector = JoinedWorld(0).connector
    inputs = connector.inputs
    directory, other = sealed(2), sealed(1, source="hr")
    row_of_person: Row = [PERSON, 0, *["new"] * len(inputs)]
    dating = Dating(connector, [replace(directory, inputs=inputs), other], NOON)
    dating.begin()
    list(dating.noting(replace(directory, inputs=inputs), [row_of_person]))
    list(dating.noting(other, [[PERSON, 0]]))
    list(dating.noting(sealed(3, source="hr"), [[PERSON, 0]]))
    plan = ShardPlan(entries=[Entry(PERSON, {"UpaDepartment": "new", "UpaCost": "1"}, {})])
    dating.date(plan, Shard(connector.targets), [row_of_person])

    assert hours(plan.entries[0]) == {"UpaDepartment": 2, "UpaCost": 1}


def test_an_attribute_that_a_round_leaves_out_counts_as_it_is_now_and_after_a_full_round_as_gone() -> None:
    """Of a property that reads two: a delta is completed by today's record, a full round keeps nothing of before."""
    mapping = Mapping("UpaDepartment", parse_expression('Join("-", [department], [jobTitle])'))
    connector = replace(BULK_ONLY, mappings=(mapping, *BULK_ONLY.mappings[1:]))

    def since(rounds: list[tuple[SealedRound, Row]], old: str, final: Row) -> datetime:
        dating = Dating(connector, [one for one, _ in rounds], NOON)
        dating.begin()
        for one, row in rounds:
            list(dating.noting(replace(one, inputs=connector.inputs), [row]))
        plan = ShardPlan(entries=[Entry(PERSON, {"UpaDepartment": "now"}, {"UpaDepartment": old})])
        dating.date(plan, Shard(connector.targets), [final])
        assert plan.entries[0].since is not None
        return plan.entries[0].since["UpaDepartment"]

    assert connector.inputs == INPUTS
    delta = [(sealed(0), record(department="D")), (sealed(1), record(jobTitle="t"))]
    assert since(delta, "D", record(department="D", jobTitle="t")) == START
    full = [(sealed(0), record(department="D", jobTitle="t")), (sealed(1, "full"), record(department="D"))]
    assert since(full, "D-t", record(department="D")) == START + timedelta(hours=1)
