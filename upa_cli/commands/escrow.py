"""`upa escrow`: people who are to be retried, and why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, count, moment, table
from upa_cli.shell.registry import command, group
from upa_cli.work.users import names_of, user_ids
from upa_core.domain.documents.codec import to_json
from upa_core.domain.people.escrow_entry import EscrowEntry, EscrowReason
from upa_core.domain.people.shadow import Shard
from upa_core.domain.spreadsheet import SafeCsv
from upa_core.services.admin import controls
from upa_core.services.admin.requests import request_people
from upa_core.state.change_people import change_people_between_runs
from upa_core.state.document import state_of
from upa_core.state.people import People

SHOWN = 50
_SHOWN = ("property", "reason", "detail", "tries")

group("escrow", "People who wait to be retried: list them, retry them now, give them up.")

Users = Annotated[list[str] | None, typer.Argument(metavar="[USER]…", help="Object ids or user principal names.")]
ADVICE = {
    EscrowReason.PROFILE_NOT_CREATED: "SharePoint has no profile yet: they are retried until it appears",
    EscrowReason.INVALID_VALUE: "correct the value in Entra, or the mapping's type",
    EscrowReason.REFUSED_BY_SHAREPOINT: "upa why USER shows what the log said",
    EscrowReason.REQUESTED: "they go at the next export",
    EscrowReason.NOT_READABLE_YET: "they are read again within the hour",
    EscrowReason.OTHER_PERSON: "they are retried until SharePoint has caught up with their user name",
    EscrowReason.USER_NAME_CHANGED: "they are retried until SharePoint has seen their new user names",
    EscrowReason.OTHER_GEO: "make a connector for their geo, and leave them out of this one's scope",
    EscrowReason.USER_EDITED: "decide with on_user_edit: overwrite, or leave it",
    EscrowReason.NOT_KEPT: "ask the user whether the value is hidden (Only me)",
    EscrowReason.NOT_WRITTEN: "upa doctor --probe-individual USER tells what SharePoint allows",
    EscrowReason.DRIFT: "the profile was changed by hand, and the value goes again; see upa drift",
    EscrowReason.OVER_BUDGET: "they are planned again when the budget renews",
    EscrowReason.IMPORT_JOB_ABANDONED: "they are sent again",
    EscrowReason.OVERRIDDEN: "they are sent again",
    EscrowReason.OVERTAKEN: "they are sent again",
}


def everybody(cli: Cli) -> Iterator[tuple[str, str, EscrowEntry]]:
    """Yield what waits in escrow, by person and property (`*`: the whole person), shard by shard."""
    people = People(cli.ports.store, cli.connector, state_of(cli.ports.store, cli.connector.name).load().value.people)
    for number in sorted(people.books()):
        yield from sorted(people.load(number).value.escrow.entries(), key=lambda one: one[:2])


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

    Nobody is given up silently: after growing pauses they are tried daily, always with the values of the day.
    """
    found = [one for one in everybody(cli) if reason is None or one[2].reason == reason]
    who: dict[str, set[str]] = {}
    for person, _, entry in found:
        who.setdefault(entry.reason.value, set()).add(person)
    by_reason = {name: len(people) for name, people in who.items()}
    names = names_of(cli, sorted({person for person, _, _ in (found if csv else found[:limit])}))
    rows = [_row(person, target, entry, names) for person, target, entry in found]
    document = {
        "connector": cli.connector.name,
        "total": len({person for person, _, _ in found}),
        "by_reason": by_reason,
        "people": rows[:limit],
    }
    if csv is not None:
        _write(csv, rows)
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
            out.print(f"{count(people, 'person', 'people')} for {name}: {ADVICE[EscrowReason(name)]}")

    cli.show(document, render)
    return exits.OK


def _row(person: str, target: str, entry: EscrowEntry, names: dict[str, str]) -> dict[str, Any]:
    return {
        "person": person,
        "user": names.get(person),
        "property": target,
        "reason": entry.reason.value,
        "since": to_json(entry.since),
        "tries": entry.tries,
        "due": to_json(entry.due),
        "detail": entry.detail,
    }


def _write(place: Path, rows: list[dict[str, Any]]) -> None:
    try:
        with place.open("w", encoding="utf-8-sig", newline="") as stream:
            headings = ("person", "user", "property", "reason", "since", "tries", "due", "detail")
            csv = SafeCsv(stream, headings)
            for row in rows:
                csv.row(row[name] for name in headings)
    except OSError as exc:
        raise CommandError(f"{place} can't be written ({exc.strerror}): name another file", exits.USAGE) from exc


CHANGED = {"connector": "its name", "done": "retry or drop", "people": "how many"}


@command(
    "escrow retry",
    examples=["upa escrow retry", "upa escrow retry ada@contoso.com && upa run"],
    shape=CHANGED,
)
def retry(cli: Cli, users: Users = None) -> int:
    """Make people in escrow due now: these users, or everybody.

    They are read from Entra again and planned at the next export (`upa run`, or the timer).
    """
    if users:
        persons = _in_escrow(cli, users)
        request_people(cli.ports, cli.connector, persons)
        people = len(persons)
    else:
        people = len({person for person, _, _ in everybody(cli)})
        controls.reset(cli.ports, cli.connector, "escrow", cli.who)
    return _changed(cli, "retry", people, "due now. Next: upa run, or wait for the timer")


@command("escrow drop", examples=["upa escrow drop ada@contoso.com"], shape=CHANGED)
def drop(
    cli: Cli,
    users: Annotated[list[str], typer.Argument(metavar="USER…", help="Object ids or user principal names.")],
) -> int:
    """Give people in escrow up: they aren't retried until they change in Entra, or a full round plans them again.

    For accounts that will never have a profile; better leave them out by scope.
    """
    persons = _in_escrow(cli, users)
    change_people_between_runs(cli.ports, cli.connector, persons, _leave)
    return _changed(cli, "drop", len(persons), "no longer in escrow")


def _leave(shard: Shard, person: str) -> None:
    shard.escrow.drop(person)


def _in_escrow(cli: Cli, users: list[str]) -> list[str]:
    persons = user_ids(cli, users)
    waiting = {person for person, _, _ in everybody(cli)}
    for user, person in zip(users, persons, strict=True):
        if person not in waiting:
            raise CommandError(f"{clean(user)} isn't in escrow. See upa why {clean(user)}")
    return persons


def _changed(cli: Cli, done: str, people: int, text: str) -> int:
    document = {"connector": cli.connector.name, "done": done, "people": people}
    verb = "is" if people == 1 else "are"
    cli.show(document, lambda out: out.print(f"{count(people, 'person', 'people')} {verb} {text}."))
    return exits.OK
