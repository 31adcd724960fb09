"""What moves now: how far it is, and when it should end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.fakes.clock import START
from tests.support.world import World
from upa_core.domain.documents.connector_state import ConnectorState, PeopleIndex
from upa_core.domain.documents.lane import InFlight, Lane
from upa_core.domain.documents.rounds import Link, OpenRound, Segment
from upa_core.domain.documents.runs import Counts, FileState, Run
from upa_core.domain.health.under_way import PHASES, Movement, under_way

HOUR = timedelta(hours=1)
SHAREPOINT = {"unknown", "submitted", "processing", "queued", "succeeded", "error", "wontstart"}
FILES = tuple(FileState(f"upa-{n}.json", n, 10, 10, 100, "", settled=n == 1) for n in (1, 2, 3))
RUN = Run("R1", START - 3 * HOUR, (), FILES, Counts())
FLIGHT = InFlight("hr", "R1", "upa-2.json", 2, "queued", START - 2 * HOUR, queued=START - HOUR)


def test_nothing_moves_where_nothing_is_under_way() -> None:
    """A quiet connector has no line."""
    assert under_way(World(0).connector, ConnectorState(), Lane(), START, 2.0) == ()


def test_an_import_job_is_told_with_its_files_and_its_expected_end() -> None:
    """One of three files is settled; each takes two hours, so two more end four hours after the hand-over."""
    told = under_way(World(0).connector, ConnectorState(run=RUN), Lane(in_flight=FLIGHT), START, 2.0)

    expected = START - HOUR + 4 * HOUR
    assert told == (Movement("SharePoint has the import file", START - HOUR, 1, 3, "import files", expected, "R1"),)


def test_no_end_is_promised_that_has_passed_or_that_nothing_tells() -> None:
    """A late import job has no expected end, and neither has the first one ever."""
    late = replace(FLIGHT, queued=START - 9 * HOUR)
    tellings = [
        under_way(World(0).connector, ConnectorState(run=RUN), Lane(in_flight=flight), START, typical)
        for flight, typical in ((late, 2.0), (FLIGHT, None))
    ]

    assert [told[0].expected for told in tellings] == [None, None]


def test_another_connectors_import_job_is_named() -> None:
    """One lane for a tenant: whoever waits is told for whom."""
    flight = replace(FLIGHT, connector="it")
    told = under_way(World(0).connector, ConnectorState(run=RUN), Lane(in_flight=flight), START, 2.0)

    assert told[0].what == "waiting for the import job of it"


def test_a_full_round_is_measured_by_the_people_known() -> None:
    """A quarter is read after an hour, so the rest takes three."""
    link = Link("https://graph/page", "next")
    opened = OpenRound("r", "full", "first", START - HOUR, link, (), "f", (Segment("s", 250, 9),))
    state = ConnectorState(open_round=opened, people=PeopleIndex(known=1000))
    told = under_way(World(0).connector, state, Lane(), START, None)

    assert told == (Movement("reading the directory, full round", START - HOUR, 250, 1000, "people", START + 3 * HOUR),)


def test_no_word_of_ours_is_a_state_of_sharepoint() -> None:
    """Queued is SharePoint's: late, and validated. How far we are has other words."""
    assert not SHAREPOINT & set(PHASES.values())
