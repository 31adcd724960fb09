"""The contracts of `ChangeSource`, `Library` and `ImportJobs` on the fakes and on the simulated tenant."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.change_source_contract import ChangeSourceContract
from tests.contracts.import_jobs_contract import ImportJobsContract
from tests.contracts.library_contract import LibraryContract
from tests.contracts.profiles_contract import ProfilesContract
from tests.contracts.tenant import AdminWorld, GraphWorld, ProfilesOfTheTenant, SiteWorld
from tests.fakes import FakeChangeSource, FakeImportJobs, FakeLibrary
from tests.fakes.hooks import Call, Hooks
from tests.fakes.profiles import FakeProfiles
from upa_core.domain.bulk.import_job import JobState
from upa_core.domain.errors import AccessDeniedError, ThrottledError, UnansweredError, UnavailableError


class FakeWorld:
    """What all fakes can be told."""

    hooks: Hooks

    def fail(self) -> None:
        self.hooks.before = _raise(UnavailableError("down"))

    def deny(self) -> None:
        self.hooks.before = _raise(AccessDeniedError("no"))


def _raise(error: Exception) -> Any:
    def hook(_: Call) -> None:
        raise error

    return hook


class FakeSourceWorld(FakeWorld):
    untracked = "signInActivity"

    def __init__(self) -> None:
        self.source = FakeChangeSource()
        self.source.untracked = {self.untracked}
        self.hooks = self.source.hooks
        self._people = 0

    def add(self, **attributes: Any) -> str:
        self._people += 1
        self.source.set(f"p{self._people}", **attributes)
        return f"p{self._people}"

    def edit(self, person: str, **attributes: Any) -> None:
        self.source.set(person, **attributes)

    def remove(self, person: str) -> None:
        self.source.remove(person)

    def expire(self) -> None:
        self.source.expire()

    def throttle(self, seconds: int) -> None:
        self.hooks.fail("page", ThrottledError("slow", retry_after=seconds))


class FakeLibraryWorld(FakeWorld):
    def __init__(self) -> None:
        self.library = FakeLibrary()
        self.hooks = self.library.hooks

    def add_log(self, folder: str, name: str, content: bytes) -> str:
        url = self.library.url_of(folder)
        self.library.add_file(f"{url}/{name}", content)
        return url

    def lock(self, name: str) -> None:
        self.library.locked.add(self.library.url_of(name))

    def binned(self) -> int:
        return 0

    def require_check_out(self, *, column: str = "") -> None:
        self.library.check_in_refused = bool(column)

    def keep_minor_versions(self) -> None:
        """The fake has no drafts."""

    def is_seen(self, name: str) -> bool:
        url = self.library.url_of(name)
        return url in self.library.files and url not in self.library.hidden


class FakeJobsWorld(FakeWorld):
    uri = "https://contoso.sharepoint.com/sites/upa/Imports/a.json"
    editable = "AboutMe"

    def __init__(self) -> None:
        self.jobs = FakeImportJobs()
        self.hooks = self.jobs.hooks

    def start(self) -> None:
        for job_id in self.jobs.jobs:
            self.jobs.move(job_id, JobState.PROCESSING)

    def finish(self) -> None:
        for job_id in self.jobs.jobs:
            self.jobs.move(job_id, JobState.SUCCEEDED)

    def nameless(self) -> None:
        self.jobs.nameless = 1

    def lose(self) -> None:
        self.hooks.fail("queue", UnansweredError("lost"), late=True)


class FakeProfilesWorld(FakeWorld):
    zoe, yan = "1a", "2b"

    def __init__(self) -> None:
        self.profiles = FakeProfiles()
        self.profiles.add("zoe@contoso.com", self.zoe)
        self.profiles.add("o'neil&co@contoso.com", self.yan)
        self.hooks = self.profiles.hooks

    def swap(self) -> None:
        people = self.profiles.people
        people["i:0#.f|membership|zoe@contoso.com"] = people.pop("i:0#.f|membership|o'neil&co@contoso.com")

    def make_uneditable(self) -> None:
        self.profiles.refused = dict.fromkeys(("Desk", "Teams"), "PropertyNotEditableException")

    def lose(self) -> None:
        self.hooks.fail("write", UnansweredError("lost"), late=True)

    def throttle(self, seconds: int) -> None:
        for operation in ("read", "write"):
            self.hooks.fail(operation, ThrottledError("slow", retry_after=seconds))


class TestFakeProfiles(ProfilesContract):
    @pytest.fixture
    def world(self) -> FakeProfilesWorld:
        return FakeProfilesWorld()


class TestSharePointProfiles(ProfilesContract):
    @pytest.fixture
    def world(self) -> ProfilesOfTheTenant:
        return ProfilesOfTheTenant()


class TestFakeChangeSource(ChangeSourceContract):
    @pytest.fixture
    def world(self) -> FakeSourceWorld:
        return FakeSourceWorld()


class TestGraphUsers(ChangeSourceContract):
    @pytest.fixture
    def world(self) -> GraphWorld:
        return GraphWorld()


class TestFakeLibrary(LibraryContract):
    @pytest.fixture
    def world(self) -> FakeLibraryWorld:
        return FakeLibraryWorld()


class TestSharePointLibrary(LibraryContract):
    @pytest.fixture
    def world(self) -> SiteWorld:
        return SiteWorld()


class TestFakeImportJobs(ImportJobsContract):
    @pytest.fixture
    def world(self) -> FakeJobsWorld:
        return FakeJobsWorld()


class TestSharePointImportJobs(ImportJobsContract):
    @pytest.fixture
    def world(self) -> AdminWorld:
        return AdminWorld()
