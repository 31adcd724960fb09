"""The oracle: what profiles must hold, computed plainly from the directory's history, without our own code.

For each moment at which the pipeline read, take each person as they were then: a value is set; no value clears where
the mapping says `clear` (strings only) and otherwise leaves what was there. Who left keeps nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from tenant_sim import TenantSim

Versions = Iterable[tuple[datetime, str, dict[str, Any] | None]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One mapping in the oracle's form: a copied attribute."""

    source: tuple[str, ...]
    target: str
    kind: str
    clears: bool
    default: str = ""


def read_rules(connector_file: Path) -> list[Rule]:
    """Read the mappings of Entra's attributes of the first connector of a file; joined rows are checked elsewhere."""
    connector = yaml.safe_load(connector_file.read_text(encoding="utf-8"))["connectors"][0]
    joined = tuple(f"{one['as']}." for one in connector.get("with", ()))
    return [
        Rule(_path(m["source"]), m["target"], m.get("type", "string"), m.get("on_empty") == "clear")
        for m in connector["mappings"]
        if not m["source"].startswith(joined)
    ]


def _path(source: str) -> tuple[str, ...]:
    if source.startswith("extensionAttribute"):
        return ("onPremisesExtensionAttributes", source)
    return tuple(source.split("."))


def expected(versions: Versions, rules: Sequence[Rule], looked: Sequence[datetime]) -> dict[str, dict[str, str]]:
    """Return what each person's profile must hold; only for people who are there at the last read.

    Args:
        versions: every version of every person (None: left), oldest first.
        rules: the mappings.
        looked: the moments at which the pipeline read the directory, in order.
    """
    history = sorted(versions, key=lambda version: version[0])
    profiles: dict[str, dict[str, str]] = {}
    people: dict[str, dict[str, Any]] = {}
    at = 0
    for moment in looked:
        while at < len(history) and history[at][0] <= moment:
            _, person, record = history[at]
            at += 1
            if record is None:
                people.pop(person, None)
                profiles.pop(person, None)
            else:
                people[person] = record
        for person, record in people.items():
            _apply(profiles.setdefault(person, {}), record, rules)
    return profiles


def _apply(profile: dict[str, str], record: dict[str, Any], rules: Sequence[Rule]) -> None:
    for rule in rules:
        value: Any = record
        for name in rule.source:
            value = (value or {}).get(name)
        if value is None or value == "":
            if rule.clears and rule.kind == "string":
                profile[rule.target] = ""
        else:
            profile[rule.target] = value[:10] if rule.kind == "date" else value


def possible(
    versions: Versions,
    rules: Sequence[Rule],
    quiet: Sequence[datetime],
    *,
    takes_part: Callable[[dict[str, Any]], bool] = lambda _: True,
    fits: Callable[[str], bool] = lambda _: True,
) -> dict[str, dict[str, set[str]]]:
    """Return what each profile may hold where several versions can fall between two reads; "" is no value.

    Everything is delivered at each quiet moment. In between any version may have been, or none: only where a mapping
    keeps what was there does that leave more than one answer.

    Args:
        versions: every version of every person (None: left).
        rules: the mappings.
        quiet: the moments at which nothing was on its way any more; the last one is now.
        takes_part: whether all of a person's values are sent (in scope, and nothing of them is refused).
        fits: whether a text can be stored. Of a person with one that can't, the others arrive sooner or later: by the
            property that the log names, or by tries that leave out half of what is suspected.
    """
    moments = sorted([(when, 0, person, record) for when, person, record in versions], key=lambda one: one[:2])
    moments += [(when, 1, "", None) for when in quiet]
    held: dict[str, dict[str, set[str]]] = {}
    people: dict[str, dict[str, Any]] = {}
    for _, is_quiet, who, record in sorted(moments, key=lambda one: one[:2]):
        if not is_quiet and record is None:
            people.pop(who, None)
            held.pop(who, None)
        elif not is_quiet and record is not None:
            people[who] = record
            held.setdefault(who, {rule.target: {""} for rule in rules})
        for person in people if is_quiet else [who] if record is not None else []:
            whole = takes_part(people[person])
            for rule in rules:
                if whole or fits(_text(people[person], rule) or ""):
                    _may_hold(held[person], rule, people[person], delivered=whole and bool(is_quiet))
    return held


def _text(record: dict[str, Any], rule: Rule) -> str | None:
    """Return a rule's value for a person, "" for clearing and None for keeping."""
    value: Any = record
    for name in rule.source:
        value = (value or {}).get(name)
    if value is None or value == "":
        return rule.default or ("" if rule.clears and rule.kind == "string" else None)
    return value[:10] if rule.kind == "date" else str(value)


def _may_hold(profile: dict[str, set[str]], rule: Rule, record: dict[str, Any], *, delivered: bool) -> None:
    text = _text(record, rule)
    if text is not None:
        profile[rule.target] = {text} if delivered else profile[rule.target] | {text}


def differences(sim: TenantSim, connector_file: Path, looked: Sequence[datetime]) -> list[str]:
    """Return where SharePoint's profiles differ from the oracle, one line each."""
    rules = read_rules(connector_file)
    wrong = []
    for person, wanted in expected(sim.directory.versions(), rules, looked).items():
        held = sim.profiles.get(person) if sim.profiles.exists(person) else {}
        wrong += [
            f"{person} {target}: {held.get(target, '')!r} instead of {wanted.get(target, '')!r}"
            for target in (rule.target for rule in rules)
            if held.get(target, "") != wanted.get(target, "")
        ]
    return wrong
