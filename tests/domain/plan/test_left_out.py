"""What differs and isn't sent all the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from upa_core.domain.people.escrow import Escrow
from upa_core.domain.people.escrow_entry import WHOLE, EscrowEntry, EscrowReason
from upa_core.domain.people.shadow import Shard
from upa_core.domain.plan.left_out import leave_out_declined, leave_out_waiting, leave_unread, let_wait
from upa_core.domain.plan.tally import Tally

NOW = datetime(2026, 11, 27, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(hours=1), NOW + timedelta(days=1)


def escrow(whole: datetime, title: datetime) -> Escrow:
    """Return an escrow in which a person waits until one moment and their title until another."""
    found = Escrow()
    found.put("p", WHOLE, EscrowEntry(EscrowReason.OTHER_PERSON, EARLIER, 1, whole))
    found.put("p", "Title", EscrowEntry(EscrowReason.USER_EDITED, EARLIER, 1, title))
    return found


def sent(waiting: Escrow, new: dict[str, str], unsaid: tuple[str, ...] = ()) -> dict[str, str]:
    return leave_out_waiting(waiting, "p", new, unsaid, Tally(), NOW, full_round=False)


def test_a_due_person_of_whom_only_waiting_properties_differ_waits_no_more() -> None:
    """The person would be due for ever and planned for ever; the property goes on waiting."""
    waiting = escrow(EARLIER, LATER)

    assert sent(waiting, {"Title": "new"}) == {}
    assert set(waiting.of("p")) == {"Title"}
    assert list(waiting.due(NOW)) == []


@pytest.mark.parametrize(
    ("waiting", "new", "unsaid"),
    [
        (escrow(LATER, LATER), {"Title": "new"}, ()),
        (escrow(EARLIER, LATER), {"Title": "new", "Badge": "7"}, ()),
        (escrow(EARLIER, LATER), {"Title": "new"}, ("Badge",)),
    ],
    ids=["not due", "something is sent", "the source says nothing usable"],
)
def test_a_person_goes_on_waiting(waiting: Escrow, new: dict[str, str], unsaid: tuple[str, ...]) -> None:
    """Before the time has come, while the outcome is open, and where nobody knows whether something differs."""
    sent(waiting, new, unsaid)

    assert WHOLE in waiting.of("p")


def test_what_is_left_out_is_told_with_its_reason_and_counted() -> None:
    """A value that waits says why and with what detail, a rejected one that it was rejected; both kinds are counted."""
    tally, waiting = Tally(), Escrow()
    waiting.put("p", "Title", EscrowEntry(EscrowReason.USER_EDITED, EARLIER, 1, LATER, detail="by hand"))
    new = leave_out_waiting(waiting, "p", {"Title": "new", "Badge": "7", "Code": "C"}, (), tally, NOW, full_round=False)
    new = leave_out_declined({"p": {"Badge": "7"}}, "p", {"Badge": "7"}, new, tally)

    assert new == {"Code": "C"}
    assert (tally.held_back, tally.declined) == (1, 1)
    assert tally.left == {"p": {"Title": ("user_edited", "by hand", "new"), "Badge": ("declined", "", "7")}}


@pytest.mark.parametrize(
    ("sent", "due"),
    [((), {"*": LATER, "Title": LATER}), (("Title",), {"*": EARLIER, "Title": EARLIER})],
    ids=["nothing is sent", "it is sent"],
)
def test_what_is_due_and_not_sent_waits_for_a_day(sent: tuple[str, ...], due: dict[str, datetime]) -> None:
    """It would be due for ever; what is sent gets its time from the answer, and the person with it."""
    waiting = escrow(EARLIER, EARLIER)

    assert let_wait(waiting, "p", sent, NOW) is (not sent)
    assert {target: entry.due for target, entry in waiting.of("p").items()} == due
    assert let_wait(waiting, "p", sent, NOW) is False


def test_a_request_that_nothing_came_of_is_served() -> None:
    """Somebody asked for a person, and nothing of theirs can be sent: the person doesn't wait for it."""
    waiting = Escrow()
    waiting.ask("p", EscrowReason.REQUESTED, now=NOW, sequence=1)

    assert (let_wait(waiting, "p", (), NOW), set(waiting)) == (True, set())


def test_everything_of_somebody_who_could_not_be_read_waits_for_the_next_read() -> None:
    """A property whose time had come would make the person due at once."""
    shard = Shard(("Title",))
    shard.escrow.put("p", "Title", EscrowEntry(EscrowReason.USER_EDITED, EARLIER, 1, EARLIER))
    leave_unread(shard, "p", Tally(), NOW)

    assert {entry.due for entry in shard.escrow["p"].values()} == {NOW + timedelta(hours=1)}
