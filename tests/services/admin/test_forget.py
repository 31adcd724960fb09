"""Forgetting a person leaves nothing of them in our storage."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from tests.crash.scenarios import settled
from tests.support.world import World
from upa_core.domain.bulk.job_log import decode_log
from upa_core.domain.connector import ChangeThreshold
from upa_core.domain.documents.rounds import Link, OpenRound
from upa_core.domain.errors import RefusedError
from upa_core.services.admin import holds
from upa_core.services.admin.forget import forget
from upa_core.services.insight.explain import explain
from upa_core.state.document import state_of


def _holding(world: World, *texts: str) -> list[str]:
    return [key for key, data in world.store.blobs.items() if any(text.encode() in data.lower() for text in texts)]


def test_nothing_of_a_forgotten_person_is_left() -> None:
    """Neither the id nor a value stands in any blob; everybody else's archive stays."""
    world = World(3)
    person = world.join(department="Only-Hers-77", jobTitle="Unique")
    world.sync()
    world.edit(person, department="Only-Hers-78")
    world.sync()
    assert _holding(world, "only-hers-77")
    changed = forget(world.ports(), world.connector, person, "Ann")

    assert changed == 5  # two import files, what the second would replace, and both runs' people
    assert _holding(world, person, "only-hers-7") == []
    assert explain(world.ports(), world.connector, person).timeline == ()
    assert len(explain(world.ports(), world.connector, world.people[0]).timeline) == 1


def test_somebody_in_escrow_is_forgotten_with_the_lines_of_the_log() -> None:
    """Escrow entry and SharePoint's log line go too."""
    world = World(2)
    person = world.join(profile=False, department="Only-Hers-77")
    world.sync()
    assert person in world.escrow()
    forget(world.ports(), world.connector, person, "Ann")

    assert person not in world.escrow()
    assert _holding(world, person, "only-hers-77") == []


def test_another_connectors_archive_stays_as_it_is() -> None:
    """A connector whose name begins like ours may have a run open: its files are none of ours; canaries are."""
    world = World(1)
    person = world.people[0]
    world.sync()
    for name in ("hr-north", "hr-canary"):
        file = f"upa-{name}-20261122T101500Z-zzzz-1.json"
        world.store.put(f"runs/2026/11/20261122T101500Z-zzzz/plan/{file}", f'[["{person}", {{}}, {{}}]]'.encode())
    changed = forget(world.ports(), world.connector, person, "Ann", also=["hr-canary"])

    assert [key for key in _holding(world, person) if "north" not in key] == []
    assert (changed, len(_holding(world, person))) == (3, 1)


def test_nobody_is_forgotten_while_something_is_on_its_way() -> None:
    """What is in flight is settled from the archive: it mustn't change now."""
    world = World(2)
    world.pull()
    world.far()

    with pytest.raises(RefusedError, match="on its way"):
        forget(world.ports(), world.connector, world.people[0], "Ann")


def test_a_text_that_is_no_id_forgets_nobody() -> None:
    """An empty text would be in every blob."""
    world = World(1)
    world.sync()

    with pytest.raises(RefusedError, match="object id"):
        forget(world.ports(), world.connector, "", "Ann")


def test_a_forgotten_person_who_is_still_there_comes_back_with_the_next_full_round() -> None:
    """Forgetting doesn't take anybody out of scope."""
    world = World(2)
    world.sync()
    forget(world.ports(), world.connector, world.people[0], "Ann")
    world.sync(full=True)

    assert world.shadow(world.people[0]) is not None
    assert world.differences() == []


def test_a_plan_that_was_rejected_leaves_nothing_of_a_forgotten_person() -> None:
    """The shards that it read were kept for whoever would have settled it."""
    world = settled(9, threshold=ChangeThreshold(None, None, 1, None))
    for one in world.people[:2]:
        world.edit(one, jobTitle=None)
    world.pull()
    world.far()
    assert world.state.hold is not None
    holds.reject(world.ports(), world.connector, world.state.hold.run.id, "Ann")
    world.settle_down()
    person = world.people[0]
    world.sim.directory.remove(person)
    world.sim.advance(5)
    world.settle_down()
    forget(world.ports(), world.connector, person, "Ann")

    assert _holding(world, person) == []


@pytest.mark.parametrize("text", ['"{}"', '[{{"id":"{}"}}]', '{{"value":"{}"}}', '[["{}"],[]]', "A\t{}\tx"])
@pytest.mark.parametrize("folder", ["files", "plan", "archive"])
def test_what_isnt_what_its_folder_says_loses_the_person_all_the_same(folder: str, text: str) -> None:
    """A log may look like JSON, a damaged file like nothing; what comes after it is scrubbed too."""
    world = World(1)
    person = world.people[0]
    world.sync()
    file = "upa-hr-20201122T101500Z-zzzz-1.json"
    key = f"runs/2020/11/20201122T101500Z-zzzz/{folder}/{file}" + ("/log-001-abc" if folder == "archive" else "")
    world.store.put(key, text.format(person).encode())
    forget(world.ports(), world.connector, person, "Ann")

    assert _holding(world, person) == []


def test_a_log_in_utf_16_loses_the_person_and_keeps_the_others() -> None:
    """As settling reads it."""
    world = World(2)
    person, other = world.people
    world.sync()
    key = "runs/2020/11/20201122T101500Z-zzzz/archive/upa-hr-20201122T101500Z-zzzz-1.json/log-001-abc"
    world.store.put(key, f"GenericError\t{person}\tx\nGenericError\t{other}\ty".encode("utf-16"))
    forget(world.ports(), world.connector, person, "Ann")

    left = decode_log(world.store.blobs[key])
    assert (person in left, other in left) == (False, True)


def test_nobody_is_forgotten_while_a_round_is_being_read() -> None:
    """Its segments may name the person."""
    world = World(2)
    world.sync()
    link = Link("https://graph.microsoft.com/v1.0/users/delta?x", "next")
    reading = OpenRound("20261122T101500Z-aaaa", "delta", "asked for", world.now, link, (), "")
    state_of(world.store, "hr").update(lambda state: replace(state, open_round=reading))

    with pytest.raises(RefusedError, match="a round is being read"):
        forget(world.ports(), world.connector, world.people[0], "Ann")


def test_what_a_plan_would_replace_of_others_is_kept() -> None:
    """Only the forgotten person's old values go; a plan of an earlier release loses the person alone too."""
    world = settled(2)
    person, other = world.people
    for one in world.people:
        world.edit(one, department="new")
    world.sync(hours=1)
    (key,) = [key for key in world.store.blobs if "/plan/" in key and world.state.last_run in key]
    assert set(orjson.loads(world.store.blobs[key])["old"]) == {person, other}
    first = "runs/2020/11/20201122T101500Z-zzzz/plan/upa-hr-20201122T101500Z-zzzz-1.json"
    world.store.put(first, orjson.dumps([[person, {}, {}], [other, {"a": "b"}, {}]]))
    before = orjson.loads(world.store.blobs[key])
    forget(world.ports(), world.connector, person, "Ann")

    assert orjson.loads(world.store.blobs[key]) == before | {"old": {other: before["old"][other]}}
    assert orjson.loads(world.store.blobs[first]) == [[other, {"a": "b"}, {}]]
