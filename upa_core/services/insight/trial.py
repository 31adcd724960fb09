"""Try a mapping on real people: its result for their current attributes. Nothing is stored, nothing is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from upa_core.domain.connector import USER_NAME, Connector
from upa_core.domain.language.values import utf16_length
from upa_core.domain.people.changes import PARTITIONS, Row, bucket, compile_projection
from upa_core.domain.people.mapping import Mapping, Problem, compile_mapping
from upa_core.domain.people.scope import compile_scope
from upa_core.domain.redaction import HIDDEN, Redactor
from upa_core.ports.bundle import Ports
from upa_core.services.plan.joins import Joins
from upa_core.state.document import state_of

MOST_LOOKED_AT = 20
"""The most people who are read, as a multiple of those asked for: a scope with very few people ends too."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One person: the inputs and the result."""

    person: str
    user: str
    given: Dictionary[str, object]
    """Attribute path → value as it may be shown."""
    made: str | None
    """The property's value as it may be shown; None: keep the present value, "": cleared."""
    problem: str = ""


@dataclass(slots=True)
class Trial:
    """The result of a trial."""

    rows: list[Tried] = field(default_factory=list)
    """Everybody in scope."""
    looked_at: int = 0
    filled: int = 0
    cleared: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    """Why values are invalid, and how many people each reason concerns."""
    different: int = 0
    longest: int = 0
    """In UTF-16 code units, as SharePoint counts."""
    longest_of: str = ""
    """The user name of the person with the longest value."""


def try_mapping(ports: Ports, connector: Connector, mapping: Mapping, *, most: int) -> Trial:
    """Apply a mapping to the first people in scope that the source names, at most `most`.

    Raises as `ChangeSource.page`, and `CorruptStateError` where current rows of a joined file are damaged.
    """
    alone = replace(connector, mappings=(replace(mapping.as_if_proven(), state="active"),))
    apply = compile_mapping(alone.mappings[0], alone.inputs)
    inside, redactor = compile_scope(alone.scope, alone.inputs), Redactor(connector)
    hidden = mapping.redact or any(redactor.source(path, HIDDEN + "?") == HIDDEN for path in mapping.inputs)
    trial, values = Trial(), set[str]()
    for row, user in _people(ports, alone, most * MOST_LOOKED_AT):
        trial.looked_at += 1
        if not inside(row[2:]):
            continue
        made = apply(row[2:])
        value = made if isinstance(made, str) else None
        given = {path: _shown(row[2 + alone.inputs.index(path)], hidden=hidden) for path in mapping.inputs}
        problem = made.reason if isinstance(made, Problem) else ""
        trial.rows.append(Tried(row[0], user, given, HIDDEN if hidden and value else value, problem))
        if problem:
            trial.reasons[problem] += 1
        elif value:
            trial.filled += 1
            values.add(value)
            if utf16_length(value) > trial.longest:
                trial.longest, trial.longest_of = utf16_length(value), user or row[0]
        else:
            trial.cleared += value == ""
        if len(trial.rows) >= most:
            break
    trial.different = len(values)
    return trial


def _shown(value: object, *, hidden: bool) -> object:
    return HIDDEN if hidden and value not in (None, "") else value


def _people(ports: Ports, connector: Connector, most: int) -> Sequence[tuple[Row, str]]:
    """Return people's rows with their user names, in the source's order, joined with other sources."""
    project, found = compile_projection(connector.inputs), dict[str, Row]()
    sources = state_of(ports.store, connector.name).load().value.sources
    names: dict[str, str] = {}
    link = ports.source.begin(tuple(sorted({*connector.select, USER_NAME})))
    while len(found) < most:
        page = ports.source.page(link)
        for record in page.records:
            if "@removed" in record:
                continue
            row = project(record)
            row[1] = 0
            found[row[0]] = row
            names[row[0]] = str(record.get(USER_NAME) or "")
        if page.link.kind == "delta" or page.link == link:
            break
        link = page.link
    if connector.secondaries:
        Joins(ports.store, connector, sources).lay(found, sorted({bucket(person) % PARTITIONS for person in found}))
    return [(row, names[person]) for person, row in found.items()]
