"""The doctor's look at the library, with everything that may be wrong with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.cli.test_doctor_checks import Surroundings
from tests.fakes.library import FakeLibrary
from tests.support.world import FOLDER, World
from tests.support.wrapped import Wrapped
from upa_core.domain.errors import AccessDeniedError, RefusedError
from upa_core.ports.inspection import LibrarySettings, RetentionLabel
from upa_core.services.doctor.finding import PROBE
from upa_core.services.doctor.library import check_library

LABEL = ("library", "ok", f"{FOLDER} has no retention label", "")
FINE = ("library", "ok", f"{FOLDER} can be written and cleaned; it holds 0 item(s)", "")
Told = list[tuple[str, str, str, str]]


def told(library: Any, **around: Any) -> Told:
    """Return what is found: check, severity, evidence and fix."""
    world = World()
    ports = replace(world.ports(), library=library)
    found = check_library(ports, world.connector, Surroundings(None, **around))
    return [(one.check, one.severity, one.evidence, one.fix) for one in found]


def test_a_library_that_is_well_is_told_with_its_size_and_left_as_it_was() -> None:
    """The small file is gone again."""
    library = FakeLibrary()
    library.add_file(library.url_of("somebody's.txt"), b"x")

    assert told(library) == [("library", "ok", f"{FOLDER} can be written and cleaned; it holds 1 item(s)", ""), LABEL]
    assert list(library.files) == [library.url_of("somebody's.txt")]
    assert library.hooks.count("upload") == 1


def test_a_site_on_the_admin_host_is_told_alone() -> None:
    """Import files there aren't found; nothing else is tried."""
    world = World()
    target = replace(world.connector.target, site_url=f"{world.connector.target.admin_url}/sites/upa")
    connector = replace(world.connector, target=target)
    (found,) = check_library(world.ports(), connector, Surroundings(None))

    assert (found.check, found.severity) == ("library", "error")
    assert found.evidence == f"{target.site_url} is on the admin site"
    assert found.fix.startswith("name a site of the tenant")


@pytest.mark.parametrize("error", [AccessDeniedError("HTTP 403"), RefusedError("HTTP 400")])
def test_a_library_that_cant_be_listed_or_isnt_there_is_told_alone(error: Exception) -> None:
    """Whether it is refused or missing, and what to make."""
    closed = FakeLibrary()
    closed.hooks.fail("items", error)
    missing = Wrapped(FakeLibrary(), items=lambda: None)

    assert told(closed) == [("library", "error", f"{FOLDER} can't be listed: {error}", "see roles; check site_url")]
    (found,) = told(missing)
    assert found[:3] == ("library", "error", f"there is no library folder {FOLDER}")
    assert found[3].startswith("make the document library 'Imports' on ")


def test_a_library_that_cant_be_written_is_told() -> None:
    """A file that was hidden is deleted again, or named."""
    closed, hidden, stuck = FakeLibrary(), FakeLibrary(), FakeLibrary()
    closed.hooks.fail("upload", AccessDeniedError("HTTP 403"))
    hidden.check_in_refused = stuck.check_in_refused = True

    def locked(url: str) -> bool:
        return False

    assert told(closed) == [("library", "error", f"{FOLDER} can't be written: HTTP 403", "see roles")]
    assert told(hidden) == [("library", "error", f"{FOLDER} can't be written: not checked in", "see above")]
    assert hidden.files == {}
    (found,) = told(Wrapped(stuck, delete_file=locked))
    assert found[:3] == ("library", "error", f"{FOLDER} can't be written: not checked in")
    assert found[3].startswith("see above; delete upa-doctor-")
    assert found[3].endswith(".txt by hand")


@pytest.mark.parametrize(("size", "gone"), [(7, True), (None, True), (len(PROBE), False), (7, False)])
def test_a_file_that_changes_or_stays_is_told(size: int | None, gone: bool) -> None:
    """Another size is an error, one that can't be deleted a warning; the label is looked at all the same."""
    library = Wrapped(FakeLibrary(), size=lambda _: size, delete_file=lambda _: gone)
    found = told(library)
    changed = [("library", "error", f"a file of {len(PROBE)} bytes was stored as {size}")] * (size != len(PROBE))
    stays = [("library", "warning")] * (not gone)

    assert [one[:3] for one in found if one[1] == "error"] == changed
    assert [one[:2] for one in found if one[1] == "warning"] == stays
    assert found[-1] == LABEL
    assert FINE not in found
    assert all(one[3] for one in found[:-1])


@pytest.mark.parametrize(
    ("settings", "severity", "words"),
    [
        ({"check_out": True}, "warning", "each upload does that"),
        ({"check_out": True, "required": ("Owner", "Area")}, "error", "the empty columns Owner, Area forbid"),
        ({"required": ("Owner",)}, "warning", "import files leave them empty"),
        ({"approval": True}, "warning", "import files stay drafts"),
        ({"approval": True, "drafts_hidden": True}, "error", "DataFileNotExist"),
        ({"minor_versions": True, "drafts_hidden": True}, "warning", "each upload does that"),
        ({"minor_versions": True, "drafts_hidden": True, "check_out": True}, "warning", "until they are checked in"),
    ],
)
def test_a_setting_that_hides_files_is_one_finding_of_the_library(
    settings: dict[str, Any], severity: str, words: str
) -> None:
    """An error only where no import job would find its file; the rest of the look goes on."""
    found = told(FakeLibrary(), settings=LibrarySettings(**settings))

    assert [one[:2] for one in found] == [("library", severity), FINE[:2], LABEL[:2]]
    assert words in found[0][2]
    assert found[0][3]


@pytest.mark.parametrize("error", [AccessDeniedError("HTTP 403"), RefusedError("HTTP 404")])
def test_settings_and_a_label_that_cant_be_asked_are_told_where_to_look(error: Exception) -> None:
    """They are no fault of the library."""
    found = told(FakeLibrary(), settings=error, label=error)

    assert [one[:2] for one in found] == [("library", "info"), ("library", "ok"), ("library", "info")]
    assert found[0][2] == f"the settings of {FOLDER} couldn't be asked: {error}"
    assert found[2][2] == f"whether {FOLDER} has a retention label couldn't be asked: {error}"
    assert all("look by hand" in one[3] for one in (found[0], found[2]))


@pytest.mark.parametrize(("keeps", "severity"), [(True, "warning"), (False, "info")])
def test_a_label_is_a_finding_of_the_library(keeps: bool, severity: str) -> None:
    """A warning where it keeps deleted files, with the way to take it off."""
    found = told(FakeLibrary(), label=RetentionLabel("L", keeps=keeps))[-1]

    assert found[:2] == ("library", severity)
    assert bool(found[3]) is keeps
