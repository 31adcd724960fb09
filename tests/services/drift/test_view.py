"""The differences and the unreadable people, as page, command line and CSV show them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from tests.support.drifting import DriftWorld
from upa_core.domain.drift.record import Difference, DriftPart, Unread
from upa_core.services.drift.view import Drifted, drifted, drifted_json, some_drifted, unreadable, unreadable_json
from upa_core.state.drift.documents import part_of

SINCE, SEEN = datetime(2026, 11, 20, 8, tzinfo=UTC), datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
FOUND = Difference("different", "T1", "King", SINCE, SEEN, 4, times=3, repairs=2)
GONE = Unread("refused", SINCE, "AccessDenied")


def stored(**parts: DriftPart) -> DriftWorld:
    """Return a tenant with the results of some partitions, by `p` and number."""
    world = DriftWorld()
    for name, part in parts.items():
        document = part_of(world.store, "hr", int(name.removeprefix("p")))
        document.save(document.load(), part)
    return world


def three() -> DriftWorld:
    """Return a tenant with differences in three partitions, one of which is over."""
    over = replace(FOUND, over=SEEN)
    return stored(
        p3=DriftPart(found={"b": {"UpaType": FOUND, "UpaTitle": FOUND}, "a": {"UpaTitle": FOUND, "UpaCode": over}}),
        p9=DriftPart(found={"c": {"UpaTitle": FOUND}}, unread={"y": GONE, "x": GONE}),
        p40=DriftPart(found={"d": {"UpaType": FOUND}}),
    )


def test_differences_are_listed_by_partition_person_and_property() -> None:
    """What is over isn't there; one property, where one is asked for."""
    world = three()

    def listed(target: str = "") -> list[tuple[str, str]]:
        return [(one.person, one.target) for one in drifted(world.ports(), world.connector, target)]

    assert listed() == [("a", "UpaTitle"), ("b", "UpaTitle"), ("b", "UpaType"), ("c", "UpaTitle"), ("d", "UpaType")]
    assert listed("UpaType") == [("b", "UpaType"), ("d", "UpaType")]


def test_a_page_of_differences_is_whole_partitions_and_names_the_next() -> None:
    """It ends once it has enough; the last page names none."""
    world = three()

    def page(first: int, least: int, target: str = "") -> tuple[list[str], int | None]:
        found, following = some_drifted(world.ports(), world.connector, target, first, least)
        return [one.person for one in found], following

    assert page(0, 1) == (["a", "b", "b"], 9)
    assert page(9, 1) == (["c"], 40)
    assert page(9, 2) == (["c", "d"], None)
    assert page(41, 5) == ([], None)
    assert page(0, 1, "UpaType") == (["b"], 9)


def test_a_difference_has_each_part_under_its_own_name() -> None:
    """What was confirmed and what was found, since when, and how often; a redacted property shows neither value."""
    world = DriftWorld()
    hidden = replace(
        world.connector,
        mappings=tuple(replace(one, redact=one.target == "UpaTitle") for one in world.connector.mappings),
    )
    shown = {
        "id": "a",
        "property": "UpaTitle",
        "old": "T1",
        "found": "King",
        "verdict": "different",
        "since": "2026-11-20T08:00:00Z",
        "last_read": "2026-11-22T09:30:00Z",
        "times": 3,
        "repairs": 2,
        "contested": True,
    }

    assert drifted_json(world.connector, Drifted("a", "UpaTitle", FOUND)) == shown
    assert drifted_json(hidden, Drifted("a", "UpaTitle", FOUND)) == {**shown, "old": "***", "found": "***"}


def test_who_cant_be_read_is_listed_with_reason_and_since_when() -> None:
    """In each partition by object id."""
    world = three()

    assert list(unreadable(world.ports(), world.connector)) == [("x", GONE), ("y", GONE)]
    assert unreadable_json("x", GONE) == {
        "id": "x",
        "why": "refused",
        "code": "AccessDenied",
        "since": "2026-11-20T08:00:00Z",
    }
