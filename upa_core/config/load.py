"""Load the connector file: text → tree → references → version → shape → meaning; report all problems at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from upa_core.config.build import limits
from upa_core.config.build.hosts import build_credentials, build_source, build_target
from upa_core.config.build.mapping import build_mapping, check_drift, example_inputs
from upa_core.config.build.scope import build_scope
from upa_core.config.kept_text import kept_text
from upa_core.config.migrations import migrate
from upa_core.config.models import (
    ConnectorModel,
    CredentialsModel,
    FileModel,
    NotificationsModel,
    SourceModel,
    TargetModel,
)
from upa_core.config.models_mapping import MappingModel, ScopeModel
from upa_core.config.problems import ConfigFileError, ConfigProblem, path_text
from upa_core.config.references import Path as KeyPath
from upa_core.config.references import fill_references
from upa_core.config.result import Config, Credentials, Example, Notifications, RowsOf
from upa_core.config.sources.build import (
    Surroundings,
    build_primary,
    build_secondaries,
    check_proof,
    kinds_of,
    names_of,
    primary_of,
)
from upa_core.config.sources.models import SecondaryModel
from upa_core.config.sources.names import Names
from upa_core.config.validation import structure_problems
from upa_core.config.yaml_tree import Items, Record, Text, load_tree, place_of
from upa_core.domain.connector import MAX_ADDRESS, Connector
from upa_core.domain.errors import ConfigError
from upa_core.domain.people.mapping import Mapping as DomainMapping
from upa_core.domain.people_calls import Budget

Model = TypeVar("Model", bound=BaseModel)


def load_config(source: str | bytes | Path, environ: Mapping[str, str], *, name: str = "upa.yaml") -> Config:
    """Read a connector file; a `Path` is read from disk, a text or bytes are the file itself.

    Raises:
        ConfigFileError: (a ConfigError) its text lists every problem with file, line, value and suggestion.
    """
    if isinstance(source, Path):
        name = source.name
    content = _read(source) if isinstance(source, Path) else source
    tree = load_tree(content, name)
    loader = _Loader(name, tree, kept_text(content, tree))
    loader.problems += fill_references(tree, environ)
    loader.settled = {(problem.line, problem.column) for problem in loader.problems}
    if problem := migrate(tree):
        raise ConfigFileError(name, [*loader.problems, problem])
    loader.problems += [p for p in structure_problems(FileModel, tree) if (p.line, p.column) not in loader.settled]
    return loader.build()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        text = f"{path}: there is no such file. Name one with UPA_CONFIG or --config; upa init writes one"
        raise ConfigError(text) from error
    except OSError as error:
        raise ConfigError(f"{path}: can't be read ({error.strerror or type(error).__name__})") from error


@dataclass
class _Loader:
    """Collects the contents of the file and its problems."""

    name: str
    tree: Record
    text: str
    problems: list[ConfigProblem] = field(default_factory=list)
    warnings: list[ConfigProblem] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    files: dict[str, dict[str, RowsOf]] = field(default_factory=dict)
    settled: set[tuple[int, int]] = field(default_factory=set)
    """Places whose value can't be used or shown: one problem is enough for each."""

    def add(self, path: KeyPath, message: str, suggestion: str = "", *, warning: bool = False) -> None:
        taken, line, column, node = place_of(self.tree, path)
        if (line, column) in self.settled:
            return
        if isinstance(node, Text) and node.raw != node and node:
            message = message.replace(str(node), node.raw)  # what comes from the environment isn't shown
        (self.warnings if warning else self.problems).append(
            ConfigProblem(line, column, path_text(taken), message, suggestion)
        )

    def under(self, base: KeyPath) -> Any:
        """Return `add` for paths below a base."""

        def add(path: KeyPath, message: str, suggestion: str = "", *, warning: bool = False) -> None:
            self.add((*base, *path), message, suggestion, warning=warning)

        return add

    def build(self) -> Config:
        """Build the parts that have the right shape, so that problems of meaning are reported with those of shape."""
        connectors: list[Connector] = []
        credentials: dict[str, Credentials] = {}
        shared = (
            _part(CredentialsModel, self.tree.get("credentials")) if "credentials" in self.tree else CredentialsModel()
        )
        listed = self.tree.get("connectors")
        for number, raw in enumerate(listed if isinstance(listed, Items) else ()):
            if isinstance(raw, Record) and (built := self._connector(raw, ("connectors", number), shared)):
                connectors.append(built[0])
                credentials[built[0].name] = built[1]
        notifications = self._notifications()
        self._check_names()
        if not self.problems:
            self._check_shared(connectors)
        if self.problems or notifications is None:
            raise ConfigFileError(self.name, self.problems)
        return Config(
            self.name,
            tuple(connectors),
            credentials,
            notifications,
            tuple(self.examples),
            tuple(sorted(self.warnings)),
            self.files,
            self.text,
        )

    def _connector(
        self, raw: Record, base: KeyPath, shared: CredentialsModel | None
    ) -> tuple[Connector, Credentials] | None:
        source_model = _part(SourceModel, raw.get("source"))
        source = source_model and build_source(source_model, self.under((*base, "source")))
        app = source_model.extension_app if source_model else "0" * 32  # an unreadable source is one problem, not many
        listed = raw.get("with")
        models = [_part(SecondaryModel, each) for each in (listed if isinstance(listed, Items) else ())]
        names = Names(app, names_of(listed), primary_of(raw.get("source")), kinds_of(listed))
        target_model = _part(TargetModel, raw.get("target"))
        target = None
        if source and source_model and target_model:
            ends = source_model.endpoints
            own = ends.graph is not None or ends.authority is not None
            target = build_target(target_model, source, self.under((*base, "target")), own_hosts=own)
        scope_model = _part(ScopeModel, raw.get("scope", {}))
        scope = scope_model and build_scope(scope_model, names, self.under((*base, "scope")))
        name = str(raw.get("name", ""))
        mappings = self._mappings(raw, base, names, name)
        own_credentials = "credentials" in raw
        model = _part(CredentialsModel, raw.get("credentials")) if own_credentials else shared
        where = (*base, "credentials") if own_credentials else ("credentials",)
        credentials = build_credentials(model, source.tenant_id, self.under(where)) if model and source else None
        whole = _part(ConnectorModel, raw)
        known = Surroundings(app, target.site_url if target else "", names.primary)
        files = build_primary(source_model, raw.get("source"), known, self.under((*base, "source")))
        files += build_secondaries(models, listed, known, self.under((*base, "with")))
        check_proof(files, list(enumerate(mappings)), self.under((*base, "mappings")))
        if not (whole and source and target and scope and credentials) or self.problems:
            return None
        connector = Connector(
            name=whole.name,
            source=source,
            target=target,
            mappings=tuple(mappings),
            scope=scope,
            limits=limits.limits(whole.limits, whole.rhythm),
            threshold=limits.threshold(whole.threshold),
            retention=limits.retention(whole.retention),
            individual=Budget(**whole.individual.model_dump()),
            drift=whole.drift.built() if whole.drift is not None else None,
            objective=whole.freshness.built() if whole.freshness is not None else None,
            staging=whole.staging,
            every=whole.rhythm.every,
            secondaries=tuple(one.secondary for one in files),
        )
        self.files[connector.name] = {one.secondary.name: one for one in files}
        return connector, credentials

    def _mappings(self, raw: Record, base: KeyPath, names: Names, connector: str) -> list[DomainMapping]:
        built: list[DomainMapping] = []
        first: dict[tuple[str, str], int] = {}
        listed = raw.get("mappings")
        for number, each in enumerate(listed if isinstance(listed, Items) else ()):
            path = (*base, "mappings", number)
            model = _part(MappingModel, each)
            if model is None:
                continue
            check_drift(model, self.under(path), read_back="drift" in raw)
            key = (model.target.lower(), model.state)
            if model.state != "retired" and key in first:
                line = place_of(self.tree, (*base, "mappings", first[key], "target"))[1]
                self.add((*path, "target"), f"'{model.target}' already has a mapping in line {line}")
            first.setdefault(key, number)
            mapping = build_mapping(model, names, self.under(path))
            if mapping is None:
                continue
            for position, example in enumerate(model.examples):
                where = (*path, "examples", position)
                inputs = example_inputs(example, mapping, names, self.under(where))
                if inputs is not None:
                    line = place_of(self.tree, where)[1]
                    self.examples.append(Example(connector, len(built), inputs, example.out, example.invalid, line))
            built.append(mapping)
        return built

    def _notifications(self) -> Notifications | None:
        model = _part(NotificationsModel, self.tree.get("notifications", {}))
        if model is None:
            return None
        node = place_of(self.tree, ("notifications", "webhook"))[3]
        if model.webhook is not None and isinstance(node, Text) and not node.raw.startswith("${"):
            self.add(
                ("notifications", "webhook"), "is a secret (not shown) and must be a reference", "${NAME_OF_A_SETTING}"
            )
        elif model.webhook is not None and not model.webhook.startswith("https://"):
            self.add(("notifications", "webhook"), "must be an https address (not shown)")
        for position, address in enumerate(model.email.to if model.email else ()):
            if address.count("@") != 1 or " " in address:
                self.add(("notifications", "email", "to", position), f"'{address}' isn't a mail address")
        to = model.email.to if model.email else ()
        sender = (model.email.sender or to[0]) if model.email else ""
        if model.email and model.email.sender and sender.count("@") != 1:
            self.add(("notifications", "email", "sender"), f"'{sender}' isn't a mail address")
        return Notifications(model.events, model.silence_after, to, model.webhook, sender)

    def _check_names(self) -> None:
        seen: dict[str, int] = {}
        listed = self.tree.get("connectors")
        for number, raw in enumerate(listed if isinstance(listed, Items) else ()):
            name = raw.get("name") if isinstance(raw, Record) else None
            if name is None:
                continue
            if str(name) in seen:
                line = place_of(self.tree, ("connectors", seen[str(name)], "name"))[1]
                self.add(
                    ("connectors", number, "name"), f"'{name}' is the name of the connector in line {line} already"
                )
            seen.setdefault(str(name), number)

    def _check_shared(self, connectors: Sequence[Connector]) -> None:
        """Refuse two connectors that write one property of one tenant: they would overwrite each other for ever."""
        for number, connector in enumerate(connectors):
            if connector.address_length > MAX_ADDRESS:
                fits = f"Graph takes {MAX_ADDRESS:,} characters"
                many, length = len(connector.read_of_graph), connector.address_length
                long = f"{many} attributes make an address of {length:,} characters"
                hint = "map fewer attributes, or share them out among connectors"
                self.add(("connectors", number, "mappings"), f"{long}; {fits}", hint)
        self._check_renamed(connectors)
        owners: dict[tuple[str, str], str] = {}
        for number, connector in enumerate(connectors):
            for position, mapping in enumerate(connector.mappings):
                if mapping.state == "retired":
                    continue
                owner = owners.setdefault((connector.target.lane, mapping.target.lower()), connector.name)
                if owner != connector.name:
                    self.add(
                        ("connectors", number, "mappings", position, "target"),
                        f"'{mapping.target}' of this tenant is written by the connector '{owner}' already",
                    )

    def _check_renamed(self, connectors: Sequence[Connector]) -> None:
        """Refuse connectors that give one tenant two names: it would have two lanes, and import jobs at a time."""
        known: dict[str, Connector] = {}
        for number, connector in enumerate(connectors):
            first = known.setdefault(connector.target.admin_url.lower(), connector)
            if first.target.lane != connector.target.lane:
                self.add(
                    ("connectors", number, "target"),
                    f"the connector '{first.name}' has another renamed_from for this tenant, and both need the same",
                    f"renamed_from: https://{max(first, connector, key=_renamed).target.lane}",
                )


def _renamed(connector: Connector) -> bool:
    return bool(connector.target.renamed_from)


def _part(model: type[Model], raw: Any) -> Model | None:
    """Read a part by itself; its problems are reported with the whole file's."""
    try:
        return model.model_validate(raw)
    except ValidationError:
        return None
