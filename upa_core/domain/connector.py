"""A connector: one source, one target, its mappings, its scope and its limits."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from upa_core.domain.cloud import Cloud
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.runs import INDIVIDUAL
from upa_core.domain.drift_share import DriftShare
from upa_core.domain.objective import Objective
from upa_core.domain.people.mapping import Mapping
from upa_core.domain.people.scope import Scope
from upa_core.domain.people_calls import Budget
from upa_core.domain.sources.joined.rules import DIRECTORY, ROWS, SourceRules
from upa_core.domain.sources.joined.secondary import Secondary

USER_NAME = "userPrincipalName"
ALWAYS_SELECTED = ("accountEnabled", "deletedDateTime", "id", "userPrincipalName", "userType")
"""Selected beside the mapped attributes: a narrow `$select` has hidden restores [GR-15]."""

MAX_ADDRESS = 16_384
"""Characters of an address that Graph takes [GR-48]."""
MAX_USER_NAME = 113
"""Characters of a user principal name; an object id has 36."""


@dataclass(frozen=True, slots=True)
class Source:
    """The directory that people are read from."""

    cloud: Cloud
    tenant_id: str

    @property
    def rules(self) -> SourceRules:
        """The rules of this kind of source."""
        return DIRECTORY


@dataclass(frozen=True, slots=True)
class Target:
    """The SharePoint tenant whose profiles are written."""

    admin_url: str
    """Where import jobs are queued, e.g. https://contoso-admin.sharepoint.com."""
    site_url: str
    """The site of the document library; never the admin site [SP-23]."""
    folder: str
    """Server-relative path of the library folder, e.g. /sites/upa/Imports."""
    renamed_from: str = ""
    """The admin site's address before SharePoint's domain was renamed. Storage knows the tenant by it."""

    @property
    def lane(self) -> str:
        """The tenant's name in storage: host and port of its admin site, as they were before any rename."""
        return urlsplit(self.renamed_from or self.admin_url).netloc.replace(":", "_").lower()


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on sizes, counts and times."""

    max_pairs: int = 500_000
    """Pairs of name and value in one import file [SP-26]; the id isn't counted."""
    max_file_bytes: int = 64 * 1024 * 1024
    import_jobs_per_day: int = 24
    segment_rows: int = 20_000
    segment_age: timedelta = timedelta(minutes=1)
    time_budget: timedelta = timedelta(minutes=25)
    """How long one pull may take before it hands over to the next invocation."""
    people_per_shard: int = 500
    shards_spread_over: int = 128
    token_warn_age: timedelta = timedelta(days=5)
    token_max_age: timedelta = timedelta(days=6)
    """Older watermarks are replaced by a full round; the service's own limit is 7 days [GR-19]."""
    full_round_every: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ChangeThreshold:
    """How much a plan may change before it is held; None: no limit of that kind."""

    updates_absolute: int | None = None
    updates_percent: float | None = 30.0
    clears_absolute: int | None = 50
    clears_percent: float | None = 5.0
    shrink_percent: float | None = 20.0
    """Percent of the known people that a full round may leave out."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long archives are kept."""

    successes: timedelta = timedelta(days=30)
    failures: timedelta = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Connector:
    """Everything that decides what one connector does; two equal values do the same."""

    name: str
    """Lower-case letters, digits and single hyphens, at most 32."""
    source: Source
    target: Target
    mappings: tuple[Mapping, ...]
    scope: Scope = field(default_factory=Scope)
    limits: Limits = field(default_factory=Limits)
    threshold: ChangeThreshold = field(default_factory=ChangeThreshold)
    retention: Retention = field(default_factory=Retention)
    individual: Budget = field(default_factory=Budget)
    """The limits on calls of PeopleManager."""
    staging: bool = False
    """Staging mode: everything but export, until an administrator runs `go`; again after each change of mappings."""
    every: timedelta | None = None
    """A slower rhythm than the timer's tick: the least time between two runs."""
    drift: DriftShare | None = None
    """The share of these calls that reading profiles back may take; None: nothing is read back in the background."""
    objective: Objective | None = None
    """How fresh values should be; None: no objective and no alarm."""
    secondaries: tuple[Secondary, ...] = ()
    """Sources joined to people of the directory by a key. A mapping reads a column as `<name>.<column>`."""

    @property
    def single(self) -> frozenset[str]:
        """The properties that are written one profile at a time."""
        return frozenset(mapping.target for mapping in self.mappings if mapping.route == INDIVIDUAL)

    @property
    def active(self) -> tuple[Mapping, ...]:
        """The mappings that are exported, in order of their target property."""
        return tuple(sorted((m for m in self.mappings if m.state == "active"), key=lambda m: m.target))

    @property
    def targets(self) -> tuple[str, ...]:
        """The profile properties that are written, sorted."""
        return tuple(m.target for m in self.active)

    @property
    def intended(self) -> tuple[str, ...]:
        """The profile properties that are written or proposed to be, sorted."""
        return tuple(sorted({m.target for m in self.mappings if m.state != "retired"}))

    @property
    def proposal(self) -> Connector | None:
        """The connector with its proposed mappings alone; None without any."""
        made = tuple(replace(m, state="active") for m in self.mappings if m.state == "proposed")
        return replace(self, mappings=made) if made else None

    @property
    def inputs(self) -> tuple[str, ...]:
        """The dotted paths that mappings, scope and keys read: the directory's, sorted, then each other source's."""
        named = (one.prefix + column for one in self.secondaries for column in self.columns_of(one))
        primary = self.primary
        return (*self.directory_inputs, *((primary.presence,) if primary is not None else ()), *named)

    @property
    def primary(self) -> Secondary | None:
        """The file or query that is the connector's own source; None where the directory is."""
        return next((one for one in self.secondaries if one.primary), None)

    @property
    def directory_inputs(self) -> tuple[str, ...]:
        """The inputs that come from the directory, sorted: the header of its stored rows."""
        others = tuple(one.prefix for one in self.secondaries)
        matched = {part.to for one in self.secondaries for part in one.match}
        account = {USER_NAME} if any(m.route == INDIVIDUAL for m in self.active) else set()
        return tuple(sorted({path for path in self._read if not path.startswith(others)} | matched | account))

    @property
    def key_paths(self) -> tuple[str, ...]:
        """The attributes of the key index, sorted: the user name, and those that secondary sources match by."""
        return tuple(sorted({part.to for one in self.secondaries for part in one.match} | {USER_NAME}))

    def columns_of(self, secondary: Secondary) -> tuple[str, ...]:
        """Return the columns of a secondary source that mappings and scope read, sorted."""
        found = {path.removeprefix(secondary.prefix) for path in self._read if path.startswith(secondary.prefix)}
        if secondary.kind == "manager":
            found.add("id")  # shows whose rows change with a manager's own attributes
        return tuple(sorted(found))

    def dates_of(self, secondary: Secondary) -> frozenset[str]:
        """Return the columns of a secondary source that a mapping writes as a date."""
        dated = (path for m in self.mappings if m.type in ("date", "datetime") for path in m.inputs)
        return frozenset(path.removeprefix(secondary.prefix) for path in dated if path.startswith(secondary.prefix))

    def description_of(self, secondary: Secondary) -> str:
        """Return the hash of everything that decides the rows of a secondary source: its key and its columns."""
        return _hash({"source": secondary.describe(), "columns": self.columns_of(secondary)})

    def rules_of(self, source: str) -> SourceRules:
        """Return the rules of a secondary source by its name, of the directory for ""."""
        return ROWS if source else self.source.rules

    @property
    def select(self) -> tuple[str, ...]:
        """The attributes to ask Graph for: the top-level attributes of the inputs and `ALWAYS_SELECTED`, sorted."""
        return tuple(sorted({path.partition(".")[0] for path in self.directory_inputs} | set(ALWAYS_SELECTED)))

    @property
    def read_of_graph(self) -> tuple[str, ...]:
        """What is asked of Graph, of managers too, sorted."""
        return tuple(sorted({*self.select, *self._of_managers}))

    @property
    def _of_managers(self) -> set[str]:
        managers = [one for one in self.secondaries if one.kind == "manager"]
        return {path.partition(".")[0] for one in managers for path in self.columns_of(one)}

    @property
    def reads_groups(self) -> bool:
        """Tell whether a secondary source is a group."""
        return any(one.kind == "group" for one in self.secondaries)

    @property
    def _read(self) -> set[str]:
        return {path for m in self.mappings if m.state != "retired" for path in m.inputs} | set(self.scope.inputs)

    @property
    def address_length(self) -> int:
        """Characters of Graph's longest address: the one of a single person, or of their manager, in a batch."""
        people, managers = (
            ",".join(quote(one, safe="") for one in names) for names in (self.select, self._of_managers)
        )
        names = max(len(people), len("/manager") + len(managers))
        return len(self.source.cloud.graph) + len("/v1.0/users/?$select=") + MAX_USER_NAME + names

    @property
    def fingerprint(self) -> str:
        """Hash of everything that decides a person's values: `$select`, mappings, scope and source.

        A watermark or shadow made under another fingerprint calls for an announced full round.
        """
        return _hash({**self._decisions(), **self._joins(), "select": self.select})

    @property
    def export_hash(self) -> str:
        """Hash of everything that decides the values sent: source, active mappings, scope.

        `go` applies to one such hash.
        """
        return _hash({**self._decisions(), **self._joins()})

    @property
    def decided(self) -> str:
        """Hash of the source, the active mappings and the scope: a change of one is expected to change many values."""
        return _hash(self._decisions())

    def in_staging(self, state: ConnectorState) -> bool:
        """Return whether nothing is exported yet: nobody ran `go`, or it applied to other mappings, scope or source."""
        unchanged = state.released_to in ("", self.export_hash)
        return self.staging and not (state.released and unchanged)

    def _joins(self) -> dict[str, Any]:
        return {"with": [one.describe() for one in self.secondaries]} if self.secondaries else {}

    def _decisions(self) -> dict[str, Any]:
        return {
            "source": [self.source.cloud.name, self.source.tenant_id],
            "mappings": [m.describe() for m in self.active],
            "scope": self.scope.describe(),
        }


def _hash(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
