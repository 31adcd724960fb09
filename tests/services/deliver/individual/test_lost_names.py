"""Changed user names of many people: who is still read, and when everybody is read again."""

from __future__ import annotations

from upa_core.domain.individual.answer import Fault, Profile, Reading
from upa_core.domain.individual.batch import Task
from upa_core.services.deliver.individual.lost_names import LOST, READ_AT_ONCE, STILL_READ, LostNames

PEOPLE = [Task(f"p{n}", f"account {n}", {"A": "a"}, known=True) for n in range(20)]
NEWCOMER = Task("new", "account new", {"A": "a"})


def read(task: Task, reading: Reading) -> dict[str, Reading]:
    return {task.account: reading}


def test_everybody_is_read_until_sixty_in_a_row_find_no_profile() -> None:
    """The sixtieth makes the difference."""
    names = LostNames(LOST - 1, begins=True)
    before = names.unread(PEOPLE), names.read_at_once()
    names.count(PEOPLE[:1], read(PEOPLE[0], None))

    assert before == (set(), READ_AT_ONCE)
    assert names.read_at_once() == STILL_READ


def test_a_few_of_a_batch_are_still_read_and_newcomers_always() -> None:
    """Five known people at the batch's beginning, none later; whoever was never delivered is read in any case."""
    first, later = LostNames(LOST, begins=True), LostNames(LOST, begins=False)
    unread = first.unread([NEWCOMER, *PEOPLE])

    assert unread == {task.person for task in PEOPLE[STILL_READ:]}
    assert first.unread(PEOPLE) == later.unread(PEOPLE) == {task.person for task in PEOPLE}


def test_one_that_is_found_ends_it() -> None:
    """A fault tells nothing, and a newcomer without a profile is no lost name."""
    names = LostNames(LOST, begins=False)
    names.count([NEWCOMER], read(NEWCOMER, None))
    names.count(PEOPLE[:1], read(PEOPLE[0], Fault("unclear")))
    unclear = names.in_a_row
    names.count(PEOPLE[:1], read(PEOPLE[0], Profile("p0", {})))

    assert (unclear, names.in_a_row, names.unread(PEOPLE)) == (LOST, 0, set())
