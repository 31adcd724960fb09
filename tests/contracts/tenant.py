"""The real adapters on the tenant simulator, without sockets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tenant_sim import Fault, ManualClock, TenantSim
from tenant_sim.library_items import LibraryError
from upa_core.adapters.graph.users import GraphUsers
from upa_core.adapters.http.service import ATTEMPTS, Service
from upa_core.adapters.sharepoint.import_jobs import SharePointImportJobs
from upa_core.adapters.sharepoint.library import SharePointLibrary
from upa_core.adapters.sharepoint.single_profiles import SharePointProfiles

SITE, FOLDER = "/sites/upa", "/sites/upa/Imports"


class TenantClock:
    """The tenant's own time; a sleep moves it."""

    def __init__(self, sim: TenantSim) -> None:
        self._sim = sim

    def now(self) -> datetime:
        return self._sim.clock.now()

    def monotonic(self) -> float:
        return self.now().timestamp()

    def sleep(self, seconds: float) -> None:
        self._sim.advance(seconds)


class TenantTokens:
    """Valid tokens of one app, minted by the tenant without its login."""

    def __init__(self, sim: TenantSim, app: str) -> None:
        self._sim, self._app = sim, app

    def token(self, audience: str) -> str:
        return self._sim.token(self._app, audience)

    def refresh(self, audience: str) -> str:
        return self.token(audience)


class Tenant:
    """A fresh tenant with the three services that the adapters use."""

    def __init__(self) -> None:
        self.sim = TenantSim(ManualClock(), sleep=lambda _: None)
        self.session = self.sim.session()
        self.urls = self.sim.urls

    def service(self, root: str, app: str, attempts: int = ATTEMPTS) -> Service:
        tokens, clock = TenantTokens(self.sim, app), TenantClock(self.sim)
        return Service(root, tokens, clock, session=self.session, jitter=lambda: 0.5, attempts=attempts)

    def fault(self, surface: str, **fields: Any) -> None:
        self.sim.faults.add(Fault(surface=surface, **fields))


class GraphWorld(Tenant):
    untracked = "signInActivity"

    def __init__(self) -> None:
        super().__init__()
        self.sim.delta.options.page_size = 3
        self.source = GraphUsers(self.service(self.urls.graph, "upa-sync-identity"))

    def add(self, **attributes: Any) -> str:
        upn = f"u{len(self.sim.directory)}@contoso.onmicrosoft.com"
        return self.sim.directory.add({"userPrincipalName": upn, "displayName": "U", **attributes})

    def edit(self, person: str, **attributes: Any) -> None:
        self.sim.directory.edit(person, **attributes)

    def remove(self, person: str) -> None:
        self.sim.directory.remove(person)

    def expire(self) -> None:
        self.sim.delta.resync()

    def throttle(self, seconds: int) -> None:
        self.fault("graph", status=429, headers={"Retry-After": str(seconds)}, times=1)

    def fail(self) -> None:
        self.fault("graph", status=500)

    def deny(self) -> None:
        self.sim.apps.identity.revoke("graph", "User.Read.All")


class SiteWorld(Tenant):
    def __init__(self) -> None:
        super().__init__()
        service = self.service(self.urls.sharepoint, "upa-sync")
        self.library = SharePointLibrary(service, self.urls.sharepoint + SITE, FOLDER)

    def add_log(self, folder: str, name: str, content: bytes) -> str:
        self.sim.library.add_folder(f"{FOLDER}/{folder}")
        self.sim.library.add_file(f"{FOLDER}/{folder}", name, content, overwrite=True)
        return f"{self.urls.sharepoint}{FOLDER}/{folder}"

    def lock(self, name: str) -> None:
        self.sim.library.lock(f"{FOLDER}/{name}")

    def binned(self) -> int:
        return len(self.sim.library.recycle_bin)

    def require_check_out(self, *, column: str = "") -> None:
        required = (column,) if column else ()
        self.sim.library.change_settings(FOLDER, force_checkout=True, required=required)

    def keep_minor_versions(self) -> None:
        self.sim.library.change_settings(FOLDER, minor_versions=True, draft_visibility=1)

    def is_seen(self, name: str) -> bool:
        try:
            return self.sim.library.seen_by_system(f"{FOLDER}/{name}").size > 0
        except LibraryError:
            return False

    def fail(self) -> None:
        self.fault("sharepoint", status=500)

    def deny(self) -> None:
        self.sim.apps.client.revoke("sharepoint", "Sites.FullControl.All")


class AdminWorld(Tenant):
    editable = "AboutMe"

    def __init__(self) -> None:
        super().__init__()
        self.sim.library.add_file(FOLDER, "a.json", b'{"value":[]}', overwrite=True)
        self.sim.profiles.define("CostCenter")
        self.jobs = SharePointImportJobs(self.service(self.urls.admin, "upa-sync"))
        self.uri = f"{self.urls.sharepoint}{FOLDER}/a.json"

    def start(self) -> None:
        self.sim.advance(3700)

    def finish(self) -> None:
        self.sim.advance(4 * 3600)

    def nameless(self) -> None:
        self.sim.timer_job.plan("next", "empty_job_id")

    def lose(self) -> None:
        self.fault("admin", drop="after", times=1)

    def fail(self) -> None:
        self.fault("admin", status=500)

    def deny(self) -> None:
        self.sim.apps.client.revoke("sharepoint", "User.ReadWrite.All")


class ProfilesOfTheTenant(Tenant):
    def __init__(self) -> None:
        super().__init__()
        directory = self.sim.directory
        self.zoe = directory.add({"userPrincipalName": "zoe@contoso.com", "displayName": "Zoe"})
        self.yan = directory.add({"userPrincipalName": "o'neil&co@contoso.com", "displayName": "Yan"})
        self.sim.profiles.define("Desk")
        self.sim.profiles.define("Floor", editable=True)
        self.sim.profiles.define("Teams", multi_value=True)
        self.profiles = SharePointProfiles(self.service(self.urls.admin, "upa-sync", attempts=1))

    def swap(self) -> None:
        self.sim.directory.edit(self.zoe, userPrincipalName="zoe2@contoso.com")
        self.sim.directory.edit(self.yan, userPrincipalName="zoe@contoso.com")

    def make_uneditable(self) -> None:
        self.sim.single_writes.rules.app_writes = "editable_only"

    def lose(self) -> None:
        self.fault("admin", drop="after", times=1)

    def throttle(self, seconds: int) -> None:
        self.sim.faults.clear()
        self.fault("admin", status=429, headers={"Retry-After": str(seconds)}, times=1)

    def fail(self) -> None:
        self.fault("admin", status=500)

    def deny(self) -> None:
        self.sim.apps.client.revoke("sharepoint", "User.ReadWrite.All")
