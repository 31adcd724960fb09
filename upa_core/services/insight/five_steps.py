"""A preview for one person, in the five steps of Entra's provisioning on demand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from upa_core.domain.connector import Connector
from upa_core.domain.errors import FatalError, UpaError
from upa_core.domain.people.changes import Row
from upa_core.domain.people.mapping import Problem, compile_mapping
from upa_core.domain.people.scope import compile_scope_reasons
from upa_core.domain.redaction import Redactor
from upa_core.ports.bundle import Ports
from upa_core.ports.profiles import Profiles
from upa_core.services.plan.joins import row_today
from upa_core.services.plan.one_person import never_sent, plan_person

StepName = Literal["connect", "import", "scope", "match", "action"]


@dataclass(frozen=True, slots=True)
class OnDemandStep:
    """One of the five steps and its result; redacted values are hidden."""

    step: StepName
    text: str
    ok: bool = True
    details: Mapping[str, Any] = field(default_factory=dict)
    """`import`: source attribute → value; `action`: property → {old, new}."""


def five_steps(
    ports: Ports, connector: Connector, profiles: Profiles, person: str, *, resend: bool = False
) -> list[OnDemandStep]:
    """Return connect, import, scope, match and action; a step that fails is the last.

    Nothing is stored or sent. `resend`: plan as if SharePoint had confirmed nothing of the person.
    Raises `RetryLaterError` where the storage can't be reached.
    """
    redactor = Redactor(connector)
    try:
        record = ports.source.read([person], connector.select).get(person)
    except UpaError as exc:
        return [OnDemandStep("connect", f"Graph can't be asked: {exc}", ok=False)]
    steps = [OnDemandStep("connect", f"signed in to {connector.source.cloud.graph}")]
    if record is None:
        return [*steps, OnDemandStep("import", "the directory knows no such user", ok=False)]
    row = row_today(ports, connector, person, record)
    values = dict(zip(connector.inputs, row[2:], strict=True))
    shown = {path: redactor.source(path, value) for path, value in values.items()}
    steps.append(OnDemandStep("import", f"read {record.get('userPrincipalName')} from Entra", details=shown))
    outside = out_of_scope(connector, row[2:])
    steps.append(OnDemandStep("scope", outside or "in scope", ok=not outside))
    if outside:
        return steps
    steps.append(_match(ports, connector, profiles, str(record.get("userPrincipalName") or ""), person))
    steps.append(_action(ports, connector, person, record, resend=resend))
    return steps


def out_of_scope(connector: Connector, values: Sequence[object]) -> str:
    """Return why a person with these input values is out of scope, "" where they are in scope."""
    primary = connector.primary
    if primary is not None and values[connector.inputs.index(primary.presence)] is None:
        return f"out of scope: no row of {primary.name} names them; values stay as they are"
    unmet = [str(clause) for clause in compile_scope_reasons(connector.scope, connector.inputs)(values)]
    fate = "values are cleared" if connector.scope.out_of_scope == "clear" else "values stay as they are"
    return f"out of scope: not {', and not '.join(unmet)}; {fate}" if unmet else ""


def scope_today(ports: Ports, connector: Connector, person: str) -> tuple[str | None, str]:
    """Return a person's user principal name and why they are out of scope ("" in scope), as the source has them now.

    Raises as `ChangeSource.read`.
    """
    record = ports.source.read([person], connector.select).get(person)
    if record is None:
        return None, "not in Entra"
    values = row_today(ports, connector, person, record)[2:]
    return record.get("userPrincipalName"), out_of_scope(connector, values) or "in scope"


def _match(ports: Ports, connector: Connector, profiles: Profiles, name: str, person: str) -> OnDemandStep:
    """Look for the profile, and for values in it that we never sent: an earlier owner of the name may have left them.

    The import job matches by CloudId, so another profile of that name is no match.
    """
    try:
        profile = profiles.properties(name)
    except UpaError as exc:
        return OnDemandStep("match", f"the profile can't be read ({exc}); the import job matches by CloudId {person}")
    if profile is None:
        return OnDemandStep(
            "match", "SharePoint has no profile yet: the import job will put them into escrow, and retry"
        )
    text = f"profile found; the import job matches it by CloudId {person}"
    held = [target for target in connector.targets if profile.get(target)]
    if held and never_sent(ports, connector, person):
        text += f"; it already holds {', '.join(held)}, never sent from here: a predecessor's, or another tool's"
        text += " (on_empty: keep, and dates, leave them)"
    return OnDemandStep("match", text)


def _action(
    ports: Ports, connector: Connector, person: str, record: Mapping[str, Any], *, resend: bool
) -> OnDemandStep:
    try:
        plan = plan_person(ports, connector, person, record, resend=resend)
    except FatalError as exc:
        return OnDemandStep("action", str(exc), ok=False)
    details = Redactor(connector).changes(plan.entry.old, plan.entry.new) if plan.entry is not None else {}
    text = f"update {len(details)} of {len(connector.active)} properties" if details else "nothing differs"
    if plan.set_aside:
        text = "set aside: nothing is sent before the value is corrected"
    if plan.declined:
        text += f"; {plan.declined} value{'s' if plan.declined > 1 else ''} rejected by an administrator"
    row = row_today(ports, connector, person, record)
    return OnDemandStep("action", "; ".join((text, *_problems(connector, row))), details=details)


def _problems(connector: Connector, row: Row) -> Iterable[str]:
    absent = {path for at, path in enumerate(connector.inputs) if row[1] >> at & 1}
    for mapping in connector.active:
        if absent.isdisjoint(mapping.inputs):
            found = compile_mapping(mapping, connector.inputs)(row[2:])
            if isinstance(found, Problem):
                yield f"{mapping.target}: {found.reason} ({found.kind}, on_invalid: {found.policy})"
