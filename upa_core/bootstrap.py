"""The composition root: the only module that knows concrete adapters; built on first use, vendor libraries later."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from upa_core.adapters.clock import RandomIds, clock_from
from upa_core.adapters.graph.mail import GraphMail
from upa_core.adapters.graph.users import GraphUsers
from upa_core.adapters.http.call_log import CallLog
from upa_core.adapters.http.service import Service
from upa_core.adapters.sharepoint.import_jobs import SharePointImportJobs
from upa_core.adapters.sharepoint.library import SharePointLibrary
from upa_core.adapters.sharepoint.people_manager import PeopleManager
from upa_core.adapters.sharepoint.single_profiles import SharePointProfiles
from upa_core.adapters.storage.folder_store import FolderStore, checked_folder
from upa_core.adapters.telemetry.log_events import LogEvents
from upa_core.adapters.telemetry.metric_events import MetricEvents
from upa_core.adapters.waker import SilentWaker
from upa_core.adapters.webhook import Webhook
from upa_core.config.settings import Settings, StatePlace, read_settings
from upa_core.domain.connector import Connector
from upa_core.domain.errors import ConfigError
from upa_core.ports.bundle import Ports
from upa_core.ports.clock import Clock
from upa_core.ports.events import Events
from upa_core.ports.inspection import Host
from upa_core.ports.messenger import Messenger
from upa_core.ports.store import Store
from upa_core.ports.waker import Waker
from upa_core.services.deliver.routes import routes_with
from upa_core.services.health.notify import Alerting
from upa_core.state.individual import CountedProfiles

if TYPE_CHECKING:
    from upa_core.adapters.graph.admin_graph import AdminGraph, SignIn
    from upa_core.adapters.graph.directory_extensions import DirectoryExtensions
    from upa_core.adapters.graph.role_grants import RoleGrants
    from upa_core.adapters.identity.tokens import TokenSource
    from upa_core.adapters.inspection import CloudInspection
    from upa_core.config import Config, Credential
    from upa_core.ports.row_source import RowSource

BLOB_PREFIX = "blob:"
_SILENT = SilentWaker()


@dataclass(frozen=True, slots=True)
class App:
    """The whole app: connectors by name, and the ports that the use cases of each need."""

    settings: Settings
    config: Config
    store: Store
    clock: Clock
    events: Events
    connectors: Mapping[str, Connector]
    calls: CallLog = field(default_factory=CallLog)
    """The last requests to Graph and SharePoint; each invocation stores them at its end."""
    _tokens: dict[tuple[Credential, str], TokenSource] = field(default_factory=dict)

    def ports(self, connector: Connector, waker: Waker = _SILENT) -> Ports:
        """Return the ports of a connector; nothing is called yet."""
        target, services, profiles = connector.target, self.services(connector), self.single_profiles(connector)
        return Ports(
            store=self.store,
            source=GraphUsers(services["graph"]),
            library=SharePointLibrary(services["library"], target.site_url, target.folder),
            import_jobs=SharePointImportJobs(services["admin"]),
            clock=self.clock,
            ids=RandomIds(),
            events=self.events,
            waker=waker,
            routes=routes_with(profiles),
            rows=self._rows(connector),
            connector_file=self.config.text,
            profiles=profiles,
        )

    def _rows(self, connector: Connector) -> dict[str, RowSource]:
        """Return a connector's secondary sources by name; nothing is called yet."""
        sources = self.config.rows.get(connector.name, {})
        if not sources:
            return {}
        from upa_core.adapters.secondaries import secondaries_of  # only where there is one

        identity, services = self.settings.identity_client_id, self.services(connector)
        return secondaries_of(sources, connector, self.clock, identity, services)

    def services(self, connector: Connector) -> Mapping[Host, Service]:
        """Return a connector's three hosts, each with its own token; nothing is called yet."""
        target, sharepoint = connector.target, self._sharepoint_tokens(connector)
        graph, note, name = connector.source.cloud.graph, self.calls.noting, connector.name
        return {
            "graph": Service(graph, self._graph_tokens(connector), self.clock, calls=note(name, "graph")),
            "library": Service(_origin(target.site_url), sharepoint, self.clock, calls=note(name, "library")),
            "admin": Service(_origin(target.admin_url), sharepoint, self.clock, calls=note(name, "admin")),
        }

    def people_manager(self, connector: Connector) -> CountedProfiles:
        """Return the reader of a connector's target profiles; each read takes a call from the budget."""
        reader = PeopleManager(self.services(connector)["admin"])
        return CountedProfiles(reader, self.store, self.clock, connector)

    def inspection(self, connector: Connector) -> CloudInspection:
        """Return the inspection of a connector's surroundings before it runs."""
        from upa_core.adapters.inspection import CloudInspection  # only `upa doctor` needs it
        from upa_core.adapters.sharepoint.library_settings import LibraryRules

        target, graph = connector.target, connector.source.cloud.graph
        services, sharepoint = self.services(connector), self._sharepoint_tokens(connector)
        credentials = self.config.credentials[connector.name]
        used = {credentials.graph, credentials.sharepoint}
        certificates = [content for each in used if (content := _certificate(each, self.settings, self.clock))]
        return CloudInspection(
            services["graph"],
            {
                "graph": (self._graph_tokens(connector), graph),
                "library": (sharepoint, _origin(target.site_url)),
                "admin": (sharepoint, _origin(target.admin_url)),
            },
            self.people_manager(connector),
            LibraryRules(services["library"], target.site_url, target.folder),
            certificates,
        )

    def single_profiles(self, connector: Connector) -> SharePointProfiles:
        """Return the reader and writer of a connector's single target profiles; each attempt is counted as a call."""
        tokens = self._sharepoint_tokens(connector)
        root = _origin(connector.target.admin_url)

        def app_id() -> str:
            from upa_core.adapters.inspection import claims_of  # only where something is written individually

            claims = claims_of(tokens.token(root)) or {}
            return str(claims.get("appid") or claims.get("azp") or "")

        note = self.calls.noting(connector.name, "admin")
        return SharePointProfiles(Service(root, tokens, self.clock, attempts=1, calls=note), app_id)

    def role_grants(self, connector: Connector, way: SignIn, tell: Callable[[str], None]) -> RoleGrants:
        """Return the app roles of a connector's tenant, by this way to sign in; `tell` shows a device code.

        Raises `ConfigError` where the extra `admin` isn't installed.
        """
        from upa_core.adapters.graph.role_grants import RoleGrants  # only `upa grant` needs it

        who = "somebody who may grant app roles (Privileged Role Administrator)"
        return RoleGrants(self._admin_graph(connector, way, tell, who))

    def directory_extensions(
        self, connector: Connector, way: SignIn, tell: Callable[[str], None]
    ) -> DirectoryExtensions:
        """Return the directory extensions of a connector's tenant; as `role_grants`."""
        from upa_core.adapters.graph.directory_extensions import DirectoryExtensions

        who = "somebody who may read applications (Directory Reader)"
        return DirectoryExtensions(self._admin_graph(connector, way, tell, who))

    def _admin_graph(self, connector: Connector, way: SignIn, tell: Callable[[str], None], who: str) -> AdminGraph:
        from upa_core.adapters.graph.admin_graph import AdminGraph, ConnectorCredential, sign_in

        cloud = connector.source.cloud
        if way == "connector":
            credential = ConnectorCredential(self._sharepoint_tokens(connector).token)
        else:
            credential = sign_in(way, connector.source.tenant_id, cloud.authority, tell)
        return AdminGraph(cloud.graph, credential, who)

    def alerting(self, connector: Connector) -> Alerting:
        """Return the channels and occasions of a connector's alarms; nothing is called yet."""
        wanted = self.config.notifications
        messengers: list[Messenger] = []
        if wanted.email:
            messengers.append(GraphMail(self.services(connector)["graph"], wanted.sender, wanted.email))
        if wanted.webhook:
            messengers.append(Webhook(wanted.webhook))
        return Alerting(
            frozenset(wanted.events), wanted.silence_after, messengers, lambda: self._certificate_ends(connector)
        )

    def _certificate_ends(self, connector: Connector) -> datetime | None:
        """Return the earliest end of the certificates in use, None where none is."""
        from upa_core.adapters.identity.certificate import certificate_end  # not while the app is indexed
        from upa_core.adapters.identity.tokens import CertificateTokens

        both = (self._graph_tokens(connector), self._sharepoint_tokens(connector))
        used = {one.certificate for one in both if isinstance(one, CertificateTokens)}
        return min(map(certificate_end, used), default=None)

    def _graph_tokens(self, connector: Connector) -> TokenSource:
        return self._tokens_of(self.config.credentials[connector.name].graph, connector)

    def _sharepoint_tokens(self, connector: Connector) -> TokenSource:
        return self._tokens_of(self.config.credentials[connector.name].sharepoint, connector)

    def _tokens_of(self, credential: Credential, connector: Connector) -> TokenSource:
        authority = connector.source.cloud.authority
        known = self._tokens.get((credential, authority))
        if known is None:
            known = _token_source(credential, authority, self.settings, self.clock)
            self._tokens[credential, authority] = known
        return known


def build(environ: Mapping[str, str], *, clock: Clock | None = None, events: Events | None = None) -> App:
    """Build the app from an environment.

    Raises:
        ConfigError: a setting or the connector file is wrong; the text says what to write.

    """
    settings = read_settings(environ)
    store = _store(settings.state, settings)
    config = _config(settings.config, store, environ)
    own_clock = clock or clock_from(settings.clock)
    return App(
        settings=settings,
        config=config,
        store=store,
        clock=own_clock,
        events=events or MetricEvents(LogEvents(), own_clock),
        connectors={connector.name: connector for connector in config.connectors},
    )


@cache
def app() -> App:
    """Return the app of this process, built from its environment on the first call."""
    return build(os.environ)


def _config(place: str, store: Store, environ: Mapping[str, str]) -> Config:
    from upa_core.config import load_config  # pydantic, yaml and lark: not while the app is indexed

    if not place.startswith(BLOB_PREFIX):
        return load_config(Path(place), environ)
    key = place.removeprefix(BLOB_PREFIX)
    blob = store.get(key)
    if blob is None:
        raise ConfigError(f"UPA_CONFIG names {place}, and the state container holds no {key}: upload the file there")
    return load_config(blob.data, environ, name=place)


def _store(place: StatePlace, settings: Settings) -> Store:
    if place.folder:
        return FolderStore(checked_folder(place.folder))
    from upa_core.adapters.storage import blob_store  # the SDK is slow to import, and not needed for a folder

    if place.connection_string:
        return blob_store.blob_store_from_connection_string(place.connection_string, place.container)
    from azure.identity import DefaultAzureCredential

    credential = DefaultAzureCredential(managed_identity_client_id=settings.identity_client_id)
    account, _, container = place.container_url.rpartition("/")
    return blob_store.blob_store(account, container, credential)


def _token_source(credential: Credential, authority: str, settings: Settings, clock: Clock) -> TokenSource:
    from upa_core.adapters.identity import (
        key_vault,
        tokens,
    )
    from upa_core.config import Certificate

    identity = tokens.managed_identity(settings.identity_client_id)
    if not isinstance(credential, Certificate):
        return tokens.managed_identity(credential.client_id) if credential.client_id else identity
    keyvault = credential.keyvault or ""
    pem = credential.path or (lambda: key_vault.read_certificate(keyvault, identity, clock))
    return tokens.certificate(credential.tenant, credential.client_id, pem, authority=authority)


def _certificate(credential: Credential, settings: Settings, clock: Clock) -> bytes:
    """Read the certificate that a credential names, b"" for a managed identity."""
    from upa_core.adapters.identity import (
        key_vault,
        tokens,
    )
    from upa_core.config import Certificate

    if not isinstance(credential, Certificate):
        return b""
    if credential.path:
        return Path(credential.path).read_bytes()
    return key_vault.read_certificate(
        credential.keyvault or "", tokens.managed_identity(settings.identity_client_id), clock
    )


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])
