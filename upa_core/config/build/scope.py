"""From a scope in the file to the domain's, with everything checked that a shape can't say."""

from __future__ import annotations

from collections.abc import Callable

from upa_core.config.models_mapping import ClauseModel, ScopeModel
from upa_core.config.sources.names import Names
from upa_core.domain.errors import ConfigError
from upa_core.domain.people.attributes import (
    AttributeRefusedError,
    type_of_attribute,
)
from upa_core.domain.people.scope import Clause, Scope, compile_scope

Add = Callable[..., None]
"""Takes a path below the scope, a message and a suggestion."""


def build_scope(model: ScopeModel, names: Names, add: Add) -> Scope | None:
    """Build a scope; None where a problem was added."""
    if model.clauses and model.groups:
        add(("clauses",), "can't be written together with `groups`: it is short for a single group")
        return None
    groups: list[tuple[Clause, ...]] = []
    complete = True
    written: list[tuple[tuple[str | int, ...], tuple[ClauseModel, ...]]] = [(("clauses",), model.clauses)]
    if model.groups:
        written = [(("groups", position), group) for position, group in enumerate(model.groups)]
    for path, group in written:
        built = [_clause(clause, names, add, (*path, position)) for position, clause in enumerate(group)]
        if model.groups and not group:
            add(path, "an empty group would hold everybody; take it out, or write its clauses")
            complete = False
        complete = complete and None not in built
        groups.append(tuple(clause for clause in built if clause))
    return Scope(tuple(group for group in groups if group), model.out_of_scope) if complete else None


def _clause(model: ClauseModel, names: Names, add: Add, path: tuple[str | int, ...]) -> Clause | None:
    try:
        attribute = names.resolve(model.attribute)
    except AttributeRefusedError as error:
        add(path, str(error), error.suggestion)
        return None
    if model.unary and model.value:
        add(path, f"{model.operator} takes no value")
        return None
    if not model.unary and not model.value:
        add(path, f"{model.operator} needs a value; IS NULL finds those without one")
        return None
    holds = type_of_attribute(attribute)
    if holds == "several" and "NULL" not in model.operator:
        add(
            path,
            f"{model.attribute} holds several values; only IS NULL and IS NOT NULL can be used with it",
        )
        return None
    if model.operator in ("IS TRUE", "IS FALSE") and holds in ("text", "datetime") and "." not in attribute:
        add(path, f"{model.attribute} isn't a boolean")
        return None
    if holds == "datetime" and model.operator.startswith("GREATER_THAN"):
        add(path, f"{model.attribute} is a date, and {model.operator} compares whole numbers, as in Entra")
        return None
    if holds == "boolean" and model.operator in ("EQUALS", "NOT EQUALS"):
        add(path, f"{model.attribute} is a boolean", "IS TRUE or IS FALSE")
        return None
    clause = Clause(attribute, model.operator, model.value)
    try:
        compile_scope(Scope(((clause,),)), (attribute,))
    except ConfigError as error:
        add(path, str(error))
        return None
    return clause
