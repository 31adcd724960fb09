"""Names for the object ids by which the pipeline knows people."""

from __future__ import annotations

from dataclasses import replace

from tests.crash.scenarios import settled
from tests.fakes.change_source import FakeChangeSource
from upa_core.domain.errors import PartlyReadError, UnavailableError, UpaError
from upa_core.ports.bundle import Ports
from upa_core.services.insight.user_names import user_names

ADA, BOB, EVE = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))


def _ports() -> tuple[Ports, FakeChangeSource]:
    source = FakeChangeSource({ADA: {"userPrincipalName": "ada@contoso.com"}, BOB: {"userPrincipalName": None}})
    return replace(settled().ports(), source=source), source


def test_a_person_without_a_name_or_unknown_to_the_directory_is_left_out() -> None:
    """An empty name would be shown in place of the object id."""
    ports, _ = _ports()

    assert user_names(ports, [ADA, BOB, EVE, ADA]) == {ADA: "ada@contoso.com"}


def test_nobody_is_asked_for_without_ids() -> None:
    """An empty list costs no call."""
    ports, source = _ports()
    source.hooks.fail("read", UnavailableError("down"))

    assert user_names(ports, []) == {}


def test_without_the_directory_there_are_no_names_and_the_error_is_told() -> None:
    """What is shown then are object ids; whoever asked may say why."""
    ports, source = _ports()
    down, seen = UnavailableError("down"), list[UpaError]()
    source.hooks.fail("read", down)

    assert user_names(ports, [ADA], unread=seen.append) == {}
    assert seen == [down]


def test_people_who_were_read_keep_their_names_where_others_were_not() -> None:
    """A few people who can't be read don't take the names of all others."""
    ports, source = _ports()
    found = {ADA: {"id": ADA, "userPrincipalName": "ada@contoso.com"}}
    source.hooks.fail("read", PartlyReadError("one of two", found, (EVE,)))

    assert user_names(ports, [ADA, EVE]) == {ADA: "ada@contoso.com"}
