"""The tenant: every surface and store, put together around one lock, one clock and one seed."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tenant_sim.clock import Clock, MovableClock
from tenant_sim.control.calls import Call, Calls
from tenant_sim.control.faults import Fault, Faults
from tenant_sim.control.surface import Control
from tenant_sim.graph.admin import new_extension
from tenant_sim.graph.delta import Delta
from tenant_sim.graph.directory import Directory, purging
from tenant_sim.graph.relations.groups import Groups
from tenant_sim.graph.relations.managers import Managers
from tenant_sim.graph.replica import Replica
from tenant_sim.graph.routes import GraphRoutes
from tenant_sim.graph.throttle import Throttle
from tenant_sim.library import Library
from tenant_sim.live import Live
from tenant_sim.login.apps import App, Apps
from tenant_sim.login.issuing import issue
from tenant_sim.login.managed_identity import ManagedIdentityRoutes
from tenant_sim.login.routes import LoginRoutes
from tenant_sim.login.tokens import TokenError, Tokens
from tenant_sim.schedule import Schedule
from tenant_sim.serving.http import HttpError, Request, Response, json_response
from tenant_sim.serving.route import Surface
from tenant_sim.serving.urls import Urls, real_urls
from tenant_sim.sharepoint.routes import SharePointRoutes
from tenant_sim.sharepoint.uploads import Uploads
from tenant_sim.upa.accounts import Accounts
from tenant_sim.upa.jobs import ImportJob
from tenant_sim.upa.people_throttle import PeopleThrottle
from tenant_sim.upa.profiles import Profiles
from tenant_sim.upa.single_writes import SingleWrites
from tenant_sim.upa.timer_job import TimerJob

if TYPE_CHECKING:
    import requests

    from tenant_sim.loopback import Served

DEFAULT_SITES = {"": ["Shared Documents"], "/sites/upa": ["Shared Documents", "Imports"]}


class TenantSim:
    """A Microsoft 365 tenant. `handle` answers requests; they come by `adapter`, `session` or `serve`.

    As a context manager it is served on free ports: `with TenantSim() as tenant: tenant.urls.graph`.
    """

    directory = Live[Directory]()
    profiles = Live[Profiles]()
    library = Live[Library]()
    timer_job = Live[TimerJob]()

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        seed: int | str = 1,
        domain: str = "contoso",
        hosts: list[str] | None = None,
        profile_delay: float | None = None,
        sites: dict[str, list[str]] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Make a tenant. Seven parameters: the choices about a tenant, all with defaults."""
        self.clock = clock or MovableClock()
        self.seed, self.domain, self.hosts, self.sleep = seed, domain, hosts, sleep
        self.lock = threading.RLock()
        self._sites = sites or DEFAULT_SITES
        self._profile_delay = profile_delay
        self.served: Served | None = None
        """Its addresses, CA file and environment while it is served as a context manager."""
        self._set_up()

    def _set_up(self) -> None:
        """Build everything that a reset throws away."""
        self.rng = random.Random(str(self.seed))
        self.tenant_id = self.new_guid()
        self.tenant_domain = f"{self.domain}.onmicrosoft.com"
        self.identity_header = self.new_guid().upper()
        self.schedule = Schedule(self.time)
        self.calls = Calls()
        self.faults = Faults(random.Random(f"faults {self.seed}"), self.time)
        self.apps = Apps(self.rng)
        self.tokens = Tokens(self.tenant_id)
        directory = self._directory = Directory(self.rng, self.time, self.lock)
        directory.listeners.append(purging(self._directory, self.schedule))
        self.delta = Delta(directory, self.rng, self.time)
        self.groups = Groups(directory, self.new_guid)
        self.managers = Managers(directory)
        self.delta.with_manager = self.managers.add_to
        self.replica = Replica(directory, self.time)
        self.mails: list[dict[str, Any]] = []
        """Messages that sendMail accepted, with their sender."""
        self.max_address = 16_384
        """The longest address that Graph accepts, in characters."""
        self.graph_throttle = Throttle(self.time, lambda: len(directory), self.tenant_id)
        self._profiles = Profiles(directory, self.schedule, self.time, self._profile_delay)
        self.accounts = Accounts(directory, self.schedule)
        self.single_writes = SingleWrites(self._profiles, self.accounts, self.time)
        self.people_throttle = PeopleThrottle(self.time, lambda: len(directory))
        self.geos: list[str] = []
        """Data locations beside the first, such as EUR: each has an admin host of its own."""
        self._library = Library(self.rng, self.time, self._sites)
        self._timer_job = TimerJob(
            self.rng, self.time, self.schedule, directory, self._profiles, self._library, self._site_bases
        )
        self.real_urls = real_urls(self.domain)
        if not hasattr(self, "urls"):
            self.urls: Urls = self.real_urls
        uploads = Uploads(self._library, self.time)
        self._surfaces: dict[str, Surface] = {
            "login": LoginRoutes(self),
            "managed_identity": ManagedIdentityRoutes(self),
            "graph": GraphRoutes(self),
            "sharepoint": SharePointRoutes(self, "sharepoint", uploads),
            "admin": SharePointRoutes(self, "admin", uploads),
        }
        self._control = Control(self)

    def reset(self, seed: int | str | None = None) -> None:
        """Empty the tenant and begin again from the seed (or another one)."""
        with self.lock:
            self.seed = self.seed if seed is None else seed
            self._set_up()

    # -- time --------------------------------------------------------------------------------------------------------

    def time(self) -> float:
        """Now, as a Unix time of the tenant's clock."""
        return self.clock.now().timestamp()

    def advance(self, seconds: float) -> None:
        """Move a movable clock forward and run what became due."""
        move = getattr(self.clock, "advance", None)
        if move is None:
            raise ValueError("this clock cannot be moved: it follows a formula that other processes share")
        with self.lock:
            move(seconds)
            self.tick()

    def tick(self) -> None:
        """Run what is due on the clock; called before every request and reading."""
        with self.lock:
            self.schedule.run_due()

    # -- requests ----------------------------------------------------------------------------------------------------

    def handle(self, surface: str, request: Request) -> Response:
        """Answer one request to a surface. The transport does latency, drops and truncation."""
        with self.lock:
            self.tick()
            if request.path == "/_sim" or request.path.startswith("/_sim/"):
                return self._control.answer(request)
            return self.dispatch(surface, request)

    def read_ahead(self) -> None:
        """Use the time in which nobody waits for an answer."""
        with self.lock:
            self.delta.read_ahead()

    def dispatch(self, surface: str, request: Request) -> Response:
        """Answer one request, or a part of a $batch, with faults, and note it in the call log."""
        route = self._surfaces[surface].resolve(request)
        app = self._caller(request)
        fault = self.faults.pick(surface, route.operation, app)
        response = self._act(route.act, fault)
        status = 0 if response.drop else response.status
        self.calls.record(Call(datetime.fromtimestamp(self.time(), UTC), surface, route.operation, status, app))
        return response

    def _act(self, act: Callable[[], Response], fault: Fault | None) -> Response:
        if fault is not None and fault.drop == "before":
            return Response(0, drop=True, latency=fault.latency)
        if fault is not None and fault.status is not None and fault.drop != "after":
            response = fault.answer()
        else:
            try:
                response = act()
            except HttpError as exc:
                response = exc.response
        if fault is not None:
            response.latency, response.truncate = fault.latency, fault.truncate
            response.drop = fault.drop == "after"
            if fault.status is None:
                response.headers.update(fault.headers)
                if fault.body is not None:
                    response.body = fault.answer().body
        return response

    def _caller(self, request: Request) -> str:
        text = request.headers.get("authorization", "").partition(" ")[2]
        try:
            return self.tokens.claims(text)["appid"] if text else ""
        except TokenError:
            return ""

    # -- tokens ------------------------------------------------------------------------------------------------------

    def issue(self, app: App, resource: str, appidacr: str = "2", lifetime: float | None = None) -> str | None:
        """Mint a token of `app` for a resource URL; None if the tenant has no such resource."""
        return issue(self, app, resource, appidacr, lifetime)

    def token(self, app: App | str, resource: str, *, lifetime: float | None = None, with_secret: bool = False) -> str:
        """Mint a valid token for a test: app or its name; resource `graph`, `sharepoint`, `admin` or a URL."""
        chosen = self.apps.named(app) if isinstance(app, str) else app
        url = getattr(self.urls, resource, resource) if "/" not in resource else resource
        text = self.issue(chosen, url, "1" if with_secret else "2", lifetime)
        if text is None:
            raise ValueError(f"the tenant has no resource {resource}")
        return text

    # -- pieces ------------------------------------------------------------------------------------------------------

    @property
    def jobs(self) -> list[ImportJob]:
        """All import jobs, oldest first, as of now."""
        return self.timer_job.jobs

    def define_extension(
        self, app: App, name: str, data_type: str = "String", *, multi_value: bool = False
    ) -> dict[str, Any]:
        """Define a directory extension property of an app; its full name is `extension_<appid>_<name>`."""
        extension = new_extension(app, name, data_type, multi_value=multi_value, object_id=self.new_guid())
        if extension["name"] in self.delta.extension_types:
            raise ValueError(f"cannot define {extension['name']}")
        app.extensions.append(extension)
        self.delta.extension_types[extension["name"]] = data_type
        return extension

    def new_guid(self) -> str:
        """Make a GUID from the seed."""
        return str(UUID(int=self.rng.getrandbits(128), version=4))

    def geo_hosts(self) -> dict[str, str]:
        """Return the admin hosts of further geos, and the geo of each; they answer in process only."""
        return {f"https://{self.domain}{geo.lower()}-admin.sharepoint.com": geo for geo in self.geos}

    def site_host(self, slot: int) -> str:
        """Return `PersonalSiteHostUrl`, which shows a person's geo.

        ASSUMED [SP-126]: every geo shows the host of the person's own.
        """
        geo = self._profiles.geos.get(slot, "")
        return f"https://{self.domain}{geo.lower()}-my.sharepoint.com:443/"

    def _site_bases(self) -> set[str]:
        return {self.urls.sharepoint.lower(), self.real_urls.sharepoint}

    # -- transports --------------------------------------------------------------------------------------------------

    def adapter(self) -> requests.adapters.BaseAdapter:
        """Return a `requests` transport adapter that answers in process, without sockets."""
        from tenant_sim.serving.adapter import SimAdapter  # a tenant that is served doesn't need requests

        return SimAdapter(self)

    def session(self) -> requests.Session:
        """Return a `requests` session whose every call goes to this tenant, by host name."""
        from tenant_sim.serving.adapter import session_for

        return session_for(self)

    def serve(self, **options: Any) -> Served:
        """Put the tenant on loopback: `with sim.serve() as served: served.urls…`."""
        from tenant_sim.loopback import Served  # a tenant in process needs no server

        return Served(self, **options)

    def __enter__(self) -> TenantSim:
        if self.served is not None:
            raise RuntimeError("this tenant is served already")
        self.served = self.serve().start()
        return self

    def __exit__(self, *_exc: object) -> None:
        if self.served is not None:
            self.served.stop()
            self.served = None


__all__ = ["DEFAULT_SITES", "TenantSim", "json_response"]
