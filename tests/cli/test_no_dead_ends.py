"""Each "what to do" leads somewhere: to a command that exists, a button that is there, the one cause."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.test_doctor_checks import Surroundings
from tests.domain.health.test_health import LINES
from tests.fakes.clock import START
from tests.support.world import World
from upa_cli.main import commands
from upa_core.domain.documents.connector_state import RefusedProperty
from upa_core.domain.documents.lane import Lane
from upa_core.domain.documents.quarantine import Quarantine, QuarantineReason
from upa_core.domain.documents.runs import Retry
from upa_core.domain.errors import AccessDeniedError
from upa_core.domain.health.health import health
from upa_core.domain.health.notification_log import NotificationLog
from upa_core.services.doctor.examine import examine
from upa_core.services.doctor.finding import Finding
from upa_core.state.document import state_of

ROOT = Path(__file__).parents[2]
PAGE = "".join(path.read_text("utf-8") for path in (ROOT / "upa_core" / "assets" / "page").glob("*.js"))


def findings(world: World, around: Surroundings) -> list[Finding]:
    """Run the doctor."""
    return examine(world.ports(), world.connector, around, done=lambda _: None)


@pytest.mark.parametrize("case", LINES)
def test_every_command_that_is_named_exists(case: str) -> None:
    """What to do in a terminal can be typed."""
    state, lane, _ = LINES[case]
    todo = health(World(0).connector, state, lane, START, NotificationLog()).todo
    named = re.findall(r"upa ([a-z][a-z-]*(?: (?:show|approve|reject|list))?)", todo)

    assert not [name for name in named if name not in commands()]


@pytest.mark.parametrize("case", LINES)
def test_every_button_that_is_named_is_on_the_page(case: str) -> None:
    """What to do on the page can be pressed."""
    state, lane, _ = LINES[case]
    here = health(World(0).connector, state, lane, START, NotificationLog()).on_page
    named = re.findall(r"press ([A-Z][a-z]+(?: on)?)(?: or ([A-Z][a-z]+))?|by (Try now)", here)

    assert not [name for found in named for name in found if name and f'"{name}"' not in PAGE]


def test_a_mapping_that_sharepoint_refused_leads_to_the_probe() -> None:
    """The line on top, in a terminal and on the page."""
    one = Quarantine(QuarantineReason.MAPPING, START, "Property Names [Badge] are editable by user", "export")
    state = replace(LINES["healthy"][0], quarantine=one)
    told = health(World(0).connector, state, Lane(), START, NotificationLog())

    assert "upa doctor --probe" in told.todo
    assert "upa doctor --probe" in told.on_page


def test_a_plain_doctor_shows_the_stored_refusal() -> None:
    """From storage, with the way to the probe; a property that was refused for everybody too."""
    world = World(1)
    refused = RefusedProperty("Badge", "hash", START, "20261122T101500Z-7f3k", 3, "InvalidValue")
    retry = Retry(2, START + timedelta(hours=1), "Property Names [Badge] are editable by user")
    mapping = world.connector.mappings[0]
    known = replace(refused, target=mapping.target)
    state_of(world.store, world.connector.name).update(lambda state: replace(state, retry=retry, refused=(known,)))
    told = [one for one in findings(world, Surroundings(None)) if one.check == "last run"]

    assert told[0] == Finding("last run", "warning", retry.why, "upa doctor --probe has SharePoint judge each property")


def test_one_cause_is_told_once() -> None:
    """Nobody can sign in: one error that names the three hosts, and what can't be judged is said not to be checked."""
    denied = AccessDeniedError("AADSTS700016: no such application. Trace ID: 1")
    told = findings(World(1), Surroundings(denied))
    errors = [one for one in told if one.severity == "error"]
    unchecked = {one.check for one in told if one.evidence.startswith("not checked: nobody could sign in")}

    assert [one.check for one in errors] == ["sign-in"]
    assert errors[0].evidence.count(",") == 2
    assert unchecked == {"source", "library", "properties", "clock"}


def test_tutorial_and_init_name_the_probe() -> None:
    """The first check is the one that asks SharePoint about the properties."""
    assert "$ upa doctor --probe" in (ROOT / "docs" / "tutorial" / "first-property.md").read_text("utf-8")
    assert "upa doctor --probe" in (ROOT / "upa_cli" / "commands" / "init.py").read_text("utf-8")
