"""`upa hold`: decide about a plan that the change threshold stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, count, moment
from upa_cli.shell.registry import command, group
from upa_cli.work.one_run import render_people, render_properties, write_people
from upa_cli.work.users import names_of
from upa_core.domain.documents.codec import to_json
from upa_core.domain.documents.runs import Hold
from upa_core.services.admin import holds
from upa_core.services.deliver.bulk.drop import drop_hold
from upa_core.services.insight.hold_view import view_hold, what_became, what_happens_now
from upa_core.services.insight.people_rows import people_json
from upa_core.services.insight.run_people import RunPeopleView, Wanted
from upa_core.state.document import state_of
from upa_core.state.run_people.reader import open_run

SAMPLE = 20
_MEANING = {
    "": ("exports exactly this", "not planned again until the source changes"),
    "source_shrank": (
        "the smaller number is right: exports this; the next two full rounds end whoever they don't name",
        "the round isn't believed: no value is declined, everybody is read again",
    ),
}

group("hold", "Decide about a plan that the change threshold stopped.")

_APPROVED = "Next: upa run, or wait for the timer"

Run = Annotated[str | None, typer.Argument(metavar="[RUN]", help="The held run's id; default: the one that is held.")]
DECIDED = {
    "connector": "its name",
    "run": "the held run",
    "decision": "approved or rejected",
    "people": "in the plan",
    "now": "what happens now",
}


@command(
    "hold show",
    examples=["upa hold show", "upa hold show --csv plan.csv", "upa hold show --json"],
    shape={
        "connector": "its name",
        "held": "run, since, why, kind, plan (its hash), counts, properties; null where nothing is held",
        "people": "a sample of the frozen plan, clears first: person, user, values",
    },
    exit_codes=(exits.OK, exits.CHANGES),
)
def show(
    cli: Cli, *, csv: Annotated[Path | None, typer.Option("--csv", help="Write the whole plan to this file.")] = None
) -> int:
    """Show the held plan: why it was stopped, how much it would change, and a sample of it, clears first.

    The plan is frozen: approving exports exactly it. Exit code 2 while a plan is held, 0 where none is.
    """
    hold = state_of(cli.ports.store, cli.connector.name).load().value.hold
    if hold is None:
        nothing: dict[str, Any] = {"connector": cli.connector.name, "held": None, "people": []}
        cli.show(nothing, lambda out: out.print(f"{cli.connector.name} holds no plan."))
        return exits.OK
    plan_view, run = view_hold(cli.ports, cli.connector, hold, SAMPLE), hold.run
    names = names_of(cli, [one.person for one in plan_view.samples])
    if csv is not None and (reader := open_run(cli.ports.store, run.id)) is not None:
        people = write_people(cli, RunPeopleView(reader, cli.connector), Wanted(), csv)
        cli.note(f"{count(people, 'person', 'people')} in {csv}")
    document = {
        "connector": cli.connector.name,
        "held": {
            "run": run.id,
            "since": to_json(hold.since),
            "why": hold.why,
            "kind": hold.kind,
            "plan": plan_view.plan,
            "counts": to_json(run.counts),
            "properties": plan_view.properties,
        },
        "people": people_json(plan_view.samples, names),
    }

    def render(out: Console) -> None:
        out.print(clean(f"Run {run.id} is held since {moment(hold.since)}: {hold.why}."), style="bold")
        out.print(
            f"It would set values of {run.counts.updated:,} people and clear values of {run.counts.cleared:,}, "
            f"in {count(len(run.files), 'import file')}. A sample:"
        )
        render_people(out, plan_view.samples, names)
        render_properties(out, plan_view.properties)
        if plan_view.plan:
            out.print(f"Plan {plan_view.plan}. All of it: upa hold show --csv plan.csv")
        if lost := holds.lost_files(cli.ports, hold):
            out.print(f"{count(lost, 'file')} of the plan can't be read: what was in there is planned anew.")
        yes, no = _MEANING[hold.kind]
        out.print(f"Next: upa hold approve {run.id}  ({yes})")
        out.print(f"  or: upa hold reject {run.id}   ({no})")

    cli.show(document, render)
    return exits.CHANGES


def _held(cli: Cli, run: str | None) -> Hold:
    hold = state_of(cli.ports.store, cli.connector.name).load().value.hold
    if hold is None:
        became = what_became(cli.ports, run or _last_decided(cli))
        raise CommandError(f"{cli.connector.name} holds no plan: {became or 'nothing to decide'}. See upa status")
    if run is not None and hold.run.id != run:
        became = what_became(cli.ports, run) or f"run {clean(run)[:60]} isn't held"
        raise CommandError(f"{became}; held is {hold.run.id}. See upa hold show")
    return hold


@command(
    "hold approve",
    examples=["upa hold approve", "upa hold approve 20261122T101500Z-7f3k && upa run"],
    shape=DECIDED,
)
def approve(cli: Cli, run: Run = None) -> int:
    """Approve the held plan: exactly what `upa hold show` shows is exported, and later changes are planned afterwards.

    Who approved is kept with the run. It is sent at the next tick of the timer, or by `upa run`.
    """
    if (before := _decided_before(cli, run, "approved")) is not None:
        return before
    hold = _held(cli, run)
    holds.approve(cli.ports, cli.connector, hold.run.id, cli.who)
    return _decided(cli, hold.run.id, holds.Decided("approved", hold.kind, hold.run.files), _APPROVED)


@command("hold reject", examples=["upa hold reject 20261122T101500Z-7f3k"], shape=DECIDED)
def reject(cli: Cli, run: Run = None) -> int:
    """Drop the held plan: its values aren't planned again until they change in Entra.

    A plan that is held as `source_shrank` loses no values: its round is dropped, and everybody is read again.
    Who rejected is kept with the run.
    """
    if (before := _decided_before(cli, run, "rejected")) is not None:
        return before
    hold = _held(cli, run)
    holds.reject(cli.ports, cli.connector, hold.run.id, cli.who)
    then = "Everybody is read again" if hold.kind else "SharePoint keeps what it has"
    return _decided(cli, hold.run.id, holds.Decided("rejected", hold.kind, hold.run.files), then)


@command(
    "hold drop",
    examples=["upa hold drop 20261122T101500Z-7f3k && upa plan"],
    shape={"connector": "its name", "run": "the held run", "dropped": "true"},
)
def drop(cli: Cli, run: Run = None) -> int:
    """Drop the held plan undecided: nothing is sent or declined, what was pulled is planned anew.

    For a plan that can't be read any more, or that a better mapping would make smaller. No value becomes unknown.
    """
    hold = _held(cli, run)
    drop_hold(cli.ports, cli.connector, hold.run.id, cli.who)
    document = {"connector": cli.connector.name, "run": hold.run.id, "dropped": True}
    cli.show(document, lambda out: out.print(f"Run {hold.run.id} is dropped. Next: upa plan, or upa run"))
    return exits.OK


def _decided_before(cli: Cli, run: str | None, decision: str) -> int | None:
    """Repeat the first answer where the run was decided before; None where it wasn't."""
    run = run or _last_decided(cli)
    found = holds.decided(cli.ports, cli.connector, run)
    if found is None or found.decision != decision:
        return None
    became = what_became(cli.ports, run)
    return _decided(cli, run, found, f"{became[0].upper()}{became[1:]}")


def _last_decided(cli: Cli) -> str:
    """Return the run that was probably decided last, "" while one is held."""
    state = state_of(cli.ports.store, cli.connector.name).load().value
    if state.hold is not None:
        return ""
    return state.run.id if state.run is not None else state.last_run


def _decided(cli: Cli, run: str, found: holds.Decided, then: str) -> int:
    people = sum(file.people for file in found.files)
    now = what_happens_now(found.decision, found.kind)
    document = {
        "connector": cli.connector.name,
        "run": run,
        "decision": found.decision,
        "people": people,
        "now": now,
    }
    text = f"Run {run} of {count(people, 'person', 'people')} is {found.decision}. {then}."
    cli.show(document, lambda out: out.print(text))
    return exits.OK
