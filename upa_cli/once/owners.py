"""The connector of an import's run, and the connectors that own its properties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from upa_cli.once.mapped import Mapped
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_core.domain.connector import Connector
from upa_core.domain.documents.runs import BULK
from upa_core.domain.language.expressions import Attribute
from upa_core.domain.people.mapping import Mapping as PropertyMapping
from upa_core.domain.people.mapping import OnEmpty


@dataclass(frozen=True, slots=True)
class Owned:
    """The connector of an import's run, with the import's own mappings, and the values that it overrides."""

    base: Connector
    """The connector in the connector file: the run belongs to it."""
    connector: Connector
    """The same with mappings that read the file's columns: the plan is made with it."""
    mapped: tuple[Mapped, ...]
    """The columns and properties as they were given, with the owner's spelling of the property."""
    owners: Mapping[str, str]
    """Property → the connector that owns it."""


def owned_by(cli: Cli, mapped: Sequence[Mapped], on_empty: OnEmpty, *, override: bool) -> Owned:
    """Return the connector of the run: the named one, or the owner of the properties, or the only one.

    Raises `CommandError` for a property that a connector owns, unless it is to be overridden and is that connector's.
    """
    owners = _owners(cli, mapped)
    names = sorted({owner.name for owner, _ in owners.values()})
    base = cli.app.connectors[names[0]] if cli.options.connector is None and len(names) == 1 else cli.connector
    owners = {target: one for target, one in owners.items() if one[0].target.lane == base.target.lane}
    if owners and not override:
        named = ", ".join(f"{mapping.target} of {owner.name}" for owner, mapping in owners.values())
        raise CommandError(
            f"a connector writes this already: {named}. Its next change would replace what is imported. Take it out of "
            "--map, or say --override: it is imported once, and the connector's own value is sent again afterwards"
        )
    if strange := [
        f"{mapping.target} of {owner.name}" for owner, mapping in owners.values() if owner.name != base.name
    ]:
        raise CommandError(
            f"this import is a run of {base.name}, and {', '.join(strange)} can't be overridden by it: import what "
            "each connector owns by itself, with --connector"
        )
    if single := [mapping.target for _, mapping in owners.values() if mapping.route != BULK]:
        raise CommandError(f"{', '.join(single)} is written profile by profile: an import file can't hold it")
    spelled = tuple(
        replace(one, target=owners[one.target][1].target) if one.target in owners else one for one in mapped
    )
    hidden = {mapping.target for _, mapping in owners.values() if mapping.redact}
    mappings = tuple(
        PropertyMapping(
            one.target, Attribute(one.column), type=one.type, on_empty=on_empty, redact=one.target in hidden
        )
        for one in spelled
    )
    owned = {mapping.target: owner.name for owner, mapping in owners.values()}
    return Owned(base, replace(base, mappings=mappings, secondaries=()), spelled, owned)


def _owners(cli: Cli, mapped: Sequence[Mapped]) -> dict[str, tuple[Connector, PropertyMapping]]:
    wanted = {one.target.lower(): one.target for one in mapped}
    return {
        wanted[mapping.target.lower()]: (connector, mapping)
        for connector in cli.app.connectors.values()
        for mapping in connector.mappings
        if mapping.state != "retired" and mapping.target.lower() in wanted
    }
