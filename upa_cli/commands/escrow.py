"""`upa escrow`: people who are to be retried, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.csv_file import CsvFile, offer_csv, save_csv
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, count, moment, table
from upa_cli.shell.registry import command, group
from upa_cli.work.users import names_of, user_ids
from upa_core.domain.documents.codec import to_json
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.services.admin import escrow

SHOWN = 50
CAUSE_COLUMNS = (
    "property",
    "reason",
    "detail",
    "people",
    "since",
    "next_try",
    "tries",
    "todo",
    "everybody",
    "examples",
)

group("escrow", "People who wait to be retried: list them, retry them now, give them up.")

Users = Annotated[list[str] | None, typer.Argument(metavar="[USER]…", help="Object ids or user principal names.")]


@command(
    "escrow list",
    examples=["upa escrow list", "upa escrow list --reason invalid_value --csv escrow.csv"],
    shape={
        "connector": "its name",
        "total": "people in escrow",
        "by_reason": "people by reason",
        "people": "person, user, property (* is the whole person), reason, since, tries, due, detail",
    },
)
def show(
    cli: Cli,
    *,
    reason: Annotated[EscrowReason | None, typer.Option(help="Only this reason.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write everybody to this CSV file.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="People listed.")] = SHOWN,
) -> int:
    """List people who are to be retried: why, since when, how often, when next, and what to do about it.

    Nobody is given up silently: the pauses grow to a day, and each try sends the values of that day.
    """
    found = [one for one in escrow.entries(cli.ports, cli.connector) if reason is None or one[2].reason == reason]
    who: dict[str, set[str]] = {}
    for person, _, entry in found:
        who.setdefault(entry.reason.value, set()).add(person)
    by_reason = {name: len(people) for name, people in who.items()}
    names = names_of(cli, sorted({person for person, _, _ in (found if csv else found[:limit])}))
    rows = [escrow.entry_json(person, target, entry, names.get(person)) for person, target, entry in found]
    document = {
        "connector": cli.connector.name,
        "total": len({person for person, _, _ in found}),
        "by_reason": by_reason,
        "people": rows[:limit],
    }
    if csv is not None:
        save_csv(csv, escrow.COLUMNS, rows)
        cli.note(f"everybody is in {csv}")

    def render(out: Console) -> None:
        if not found:
            out.print("Nobody is in escrow.")
            return
        shown = [
            (
                row["user"] or row["person"],
                row["property"],
                row["reason"],
                row["detail"],
                row["tries"],
                moment(entry.due),
            )
            for row, (_, _, entry) in zip(rows[:limit], found[:limit], strict=True)
        ]
        out.print(table(("person", "property", "reason", "detail", "tries", "next try"), shown, right=("tries",)))
        if len(found) > limit:
            out.print(f"and {len(found) - limit:,} more; all of them: upa escrow list --csv escrow.csv")
        for name, people in sorted(by_reason.items()):
            out.print(f"{count(people, 'person', 'people')} for {name}: {escrow.ADVICE[EscrowReason(name)]}")

    cli.show(document, render)
    return exits.OK


CHANGED = {"connector": "its name", "done": "retry or drop", "people": "how many"}


Property = Annotated[
    str, typer.Option("--property", metavar="NAME", help="Only of this property (*: the whole person).")
]
Reason = Annotated[EscrowReason | None, typer.Option("--reason", help="Only what waits for this reason.")]


@command(
    "escrow causes",
    examples=["upa escrow causes", "upa escrow causes --csv causes.csv"],
    shape={
        "connector": "its name",
        "causes": "property, reason, detail (SharePoint's own words), people, since, next_try, tries, todo, on_page, "
        "everybody, examples (object ids)",
    },
)
def causes(cli: Cli, *, csv: CsvFile = None) -> int:
    """List why something waits, each cause once: for how many people, since when, when next, and what to do.

    What SharePoint refuses for everybody is one cause: the property is set aside, and nobody waits for it.
    """
    found = escrow.causes(cli.ports, cli.connector)
    document = {"connector": cli.connector.name, "causes": [to_json(one) for one in found]}
    offer_csv(cli, csv, CAUSE_COLUMNS, document["causes"], "cause")

    def render(out: Console) -> None:
        if not found:
            out.print("Nothing waits in escrow.")
        for one in found:
            who = "everybody" if one.everybody else count(one.people, "person", "people")
            detail = f" ({one.detail})" if one.detail else ""
            out.print(
                clean(f"{one.property}: {one.reason.value}{detail}: {who} since {moment(one.since)}"), style="bold"
            )
            due = moment(one.next_try) if one.next_try is not None else "the next full round"
            out.print(clean(f"  Next try: {due}. {one.todo}"))
            if not one.everybody:
                out.print(clean(f"  Now: upa escrow retry --property {one.property!r} --reason {one.reason.value}"))

    cli.show(document, render)
    return exits.OK


@command(
    "escrow retry",
    examples=[
        "upa escrow retry",
        "upa escrow retry ada@contoso.com && upa run",
        "upa escrow retry --property UpaTitle --reason refused_by_sharepoint",
    ],
    shape=CHANGED,
)
def retry(cli: Cli, users: Users = None, *, name: Property = "", reason: Reason = None) -> int:
    """Make what waits due now: of these users, of a cause, or of everybody.

    They are read from Entra again and planned at the next export (`upa run`, or the timer).
    """
    chosen = _chosen(cli, users, name, reason)
    return _changed(
        cli,
        "retry",
        escrow.retry(cli.ports, cli.connector, chosen, cli.who),
        "due now. Next: upa run, or wait for the timer",
    )


@command(
    "escrow drop",
    examples=["upa escrow drop ada@contoso.com", "upa escrow drop --property UpaTitle --reason invalid_value"],
    shape=CHANGED,
)
def drop(cli: Cli, users: Users = None, *, name: Property = "", reason: Reason = None) -> int:
    """Give up what waits, of users or of a cause: it isn't retried until it changes in Entra, or a full round plans it
    again.

    For accounts that will never have a profile; better leave them out by scope.
    """
    chosen = _chosen(cli, users, name, reason)
    if chosen == escrow.Chosen():
        raise CommandError("name users, --property or --reason: escrow isn't given up as a whole", exits.USAGE)
    return _changed(cli, "drop", escrow.give_up(cli.ports, cli.connector, chosen, cli.who), "no longer in escrow")


def _chosen(cli: Cli, users: list[str] | None, name: str, reason: EscrowReason | None) -> escrow.Chosen:
    persons = user_ids(cli, users) if users else []
    waiting = {person for person, _, _ in escrow.entries(cli.ports, cli.connector)} if persons else set()
    for user, person in zip(users or [], persons, strict=True):
        if person not in waiting:
            raise CommandError(f"{clean(user)} isn't in escrow. See upa why {clean(user)}")
    return escrow.Chosen(name, reason.value if reason is not None else "", frozenset(persons))


def _changed(cli: Cli, done: str, people: int, text: str) -> int:
    document = {"connector": cli.connector.name, "done": done, "people": people}
    verb = "is" if people == 1 else "are"
    cli.show(document, lambda out: out.print(f"{count(people, 'person', 'people')} {verb} {text}."))
    return exits.OK
