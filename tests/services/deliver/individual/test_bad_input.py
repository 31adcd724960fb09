"""Bad input of single writes: each is an error by name, and nothing else is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.crash.scenarios import quick
from tests.support.single import SingleWorld
from upa_core.domain.health.events import EventName
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.mapping import direct

TEXT = direct("department", "UpaDepartment", route="individual", on_user_edit="overwrite")
LIST = direct("businessPhones", "UpaList", type="strings", route="individual", on_user_edit="overwrite")
TERMS = direct("businessPhones", "UpaTerm", type="terms", route="individual", on_user_edit="overwrite")
MANY = [str(number) for number in range(10_000)]


def _close(world: SingleWorld, _: str) -> None:
    world.sim.profiles.define("UpaTerm", multi_value=True, taxonomic=True)
    world.sim.single_writes.rules.term_rights = "all"
    world.sim.single_writes.closed.add("UpaTerm")
    world.sim.single_writes.terms["UpaTerm"] = {"fine": "fine"}


def _vanish(world: SingleWorld, person: str) -> None:
    name = world.sim.directory.get(person)["userPrincipalName"]

    def gone(account: str) -> None:
        if account.endswith(f"|{name}"):
            world.sim.single_writes.on_read = lambda _: None
            world.sim.directory.remove(person)

    world.sim.single_writes.on_read = gone


def _give_away(world: SingleWorld, person: str) -> None:
    """Let the person's user name lead to somebody else's profile."""
    world.sim.accounts.lag_s = 86_400
    name = world.sim.directory.get(person)["userPrincipalName"]
    stranger = world.join(userPrincipalName="stranger@contoso.com", userType="Guest")
    world.sim.accounts.lag_s = 0
    world.sim.directory.edit(person, userPrincipalName="between@contoso.com")
    world.sim.directory.edit(stranger, userPrincipalName=name)
    world.sim.accounts.lag_s = 86_400
    world.sim.directory.edit(stranger, userPrincipalName="stranger@contoso.com")
    world.sim.directory.edit(person, userPrincipalName=name)


def _nothing(_: SingleWorld, __: str) -> None:
    return None


@dataclass(frozen=True)
class Bad:
    """One kind of bad input."""

    name: str
    mapping: Any
    values: dict[str, Any]
    reason: EscrowReason
    detail: str
    prepare: Callable[[SingleWorld, str], None] = _nothing


TABLE = (
    Bad("a bar in a list value", LIST, {"businessPhones": ["a|b"]}, EscrowReason.INVALID_VALUE, "UpaList"),
    Bad("10,000 list items", LIST, {"businessPhones": MANY}, EscrowReason.INVALID_VALUE, "UpaList"),
    Bad("a control character", TEXT, {"department": "a\x00b"}, EscrowReason.INVALID_VALUE, "UpaDepartment"),
    Bad(
        "over its length",
        TEXT,
        {"department": "x" * 41},
        EscrowReason.REFUSED_BY_SHAREPOINT,
        "PropertyInvalidFormatException",
    ),
    Bad(
        "a term that doesn't exist",
        TERMS,
        {"businessPhones": ["No Such Term"]},
        EscrowReason.REFUSED_BY_SHAREPOINT,
        "TermStoreOperationException",
        _close,
    ),
    Bad(
        "an empty account",
        TEXT,
        {"department": "D", "userPrincipalName": ""},
        EscrowReason.INVALID_VALUE,
        "userPrincipalName",
    ),
    Bad(
        "a profile that vanishes",
        TEXT,
        {"department": "D"},
        EscrowReason.REFUSED_BY_SHAREPOINT,
        "UserNotFoundException",
        _vanish,
    ),
    Bad("an answer for another person", TEXT, {"department": "D"}, EscrowReason.OTHER_PERSON, "", _give_away),
)


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: bad.name)
def test_bad_input_is_an_error_by_name(bad: Bad) -> None:
    """The value waits by its name, the profile keeps what it held, and the next person is delivered."""
    world = quick(SingleWorld(0, mappings=(bad.mapping,)))
    if bad.mapping is LIST:
        world.sim.profiles.define("UpaList", multi_value=True)
    world.prove()
    ann = world.join(**bad.values)
    held = dict(world.sim.profiles.get(ann))
    bad.prepare(world, ann)
    bob = world.join(department="fine", businessPhones=["fine"])
    others = {one: dict(world.sim.profiles.get(one)) for one in world.sim.profiles.dump() if one not in (ann, bob)}
    world.pull()
    world.drain(hours=0.5)
    entry = world.escrow()[ann]
    after = world.sim.profiles.get(ann) if world.sim.profiles.exists(ann) else {}

    assert entry.reason is bad.reason
    assert bad.detail in entry.detail
    assert after.get(bad.mapping.target, "") == held.get(bad.mapping.target, "")
    assert world.sim.profiles.get(bob)[bad.mapping.target] == "fine"
    assert {one: dict(world.sim.profiles.get(one)) for one in others} == others
    assert world.events.named(EventName.RUN_FAILED) == []


def test_values_are_in_no_detail_and_no_event() -> None:
    """What is told of bad input names properties and errors, never a value."""
    world = quick(SingleWorld(0, mappings=(TEXT,)))
    ann = world.join(department="secret" * 8)
    world.pull()
    world.drain(hours=0.5)

    assert "secret" not in repr(world.events.emitted if hasattr(world.events, "emitted") else world.events.__dict__)
    assert "secret" not in world.escrow()[ann].detail
