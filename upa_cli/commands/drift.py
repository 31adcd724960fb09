"""`upa drift`: shows values in profiles that didn't come from us."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.csv_file import save_csv
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, count, moment, shown, table
from upa_cli.shell.registry import command
from upa_cli.work.users import names_of
from upa_core.domain.drift.standing import Standing
from upa_core.services.drift import campaign, view
from upa_core.services.drift.read_back import read_back
from upa_core.state.drift.standing import standing_json, standing_of

SHOWN = 50
WHY = {
    "not_in_directory": "Entra doesn't know them any more",
    "no_user_name": "they have no usable user principal name",
    "no_profile": "no profile under their user name: it doesn't exist, or they were renamed lately",
    "no_object_id": "the profile doesn't tell whose it is",
    "other_person": "their user name leads to somebody else's profile",
    "same_user_name": "two people bear the user name today",
    "refused": "SharePoint refused this one person",
}


@command(
    "drift",
    examples=["upa drift", "upa drift --property CostCenter --csv drift.csv", "upa drift --full", "upa drift --pause"],
    shape={
        "connector": "its name",
        "standing": "how far reading back is: people, days, oldest read, sums by property, campaign",
        "total": "values that differ",
        "differences": "id, user, property, old, found, verdict, since, last_read, times, repairs, contested",
        "unreadable": "id, user, why, code, since",
    },
    exit_codes=(exits.OK, exits.CHANGES, exits.USAGE),
)
def drift(
    cli: Cli,
    *,
    target: Annotated[str, typer.Option("--property", help="Only this profile property.")] = "",
    full: Annotated[bool, typer.Option("--full", help="Read everybody at once; goes on where it was stopped.")] = False,
    wait: Annotated[bool, typer.Option(help="With --full: read here, not only by the timer.")] = True,
    pause: Annotated[bool, typer.Option("--pause", help="Pause reading everybody at once.")] = False,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write all differences to this CSV file.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Differences and people listed.")] = SHOWN,
) -> int:
    """Show values in profiles that didn't come from us: old, found, since when, how often; and whose profile can't be
    read, and why.

    Profiles are read back in the background, within a share of the calls (`drift: {share}`); status says within how
    many days everybody is read. `--full` reads everybody at once, here and by the timer. Exit code 2: something
    differs.
    """
    if full and pause:
        raise CommandError("--full begins and --pause pauses: give only one of them", exits.USAGE)
    if target and target not in cli.connector.targets:
        text = f"{clean(target)[:80]} isn't mapped; mapped are: {', '.join(cli.connector.targets)}"
        raise CommandError(text, exits.USAGE)
    if pause:
        campaign.pause(cli.ports, cli.connector, cli.who)
    if full:
        campaign.begin(cli.ports, cli.connector, cli.who)
        _read_everybody(cli, wait=wait)
    found = list(view.drifted(cli.ports, cli.connector, target))
    people = list(view.unreadable(cli.ports, cli.connector))
    standing = standing_of(cli.ports.store, cli.connector, cli.ports.clock.now())
    ids = [one.person for one in (found if csv else found[:limit])] + [person for person, _ in people[:limit]]
    names = names_of(cli, ids)
    rows = [{**view.drifted_json(cli.connector, one), "user": names.get(one.person)} for one in found]
    unread = [{**view.unreadable_json(person, one), "user": names.get(person)} for person, one in people[:limit]]
    document = {
        "connector": cli.connector.name,
        "standing": standing_json(standing),
        "total": len(rows),
        "differences": rows[:limit],
        "unreadable": unread,
    }
    if csv is not None:
        save_csv(csv, view.COLUMNS, rows)
        cli.note(f"all differences are in {csv}")
    cli.show(document, lambda out: render(out, standing, rows, Counter(one.why for _, one in people), limit))
    return exits.CHANGES if any(row["verdict"] in ("different", "empty") for row in rows) else exits.OK


def _read_everybody(cli: Cli, *, wait: bool) -> None:
    """Read slice by slice until everybody was read, somebody paused it, or the service refuses."""
    clock = cli.ports.clock
    while wait:
        came = read_back(cli.ports, cli.connector)
        standing = standing_of(cli.ports.store, cli.connector, clock.now())
        cli.note(standing.sentence, "dim")
        one = standing.campaign
        if one is None or one.ended is not None or one.paused:
            return
        if standing.trouble:
            raise CommandError(f"{standing.trouble}. It goes on by the timer, or with upa drift --full", exits.LATER)
        clock.sleep(60.0 if came.read == 0 else 15.0)


def render(out: Console, standing: Standing, rows: list[dict[str, Any]], why: Counter[str], limit: int) -> None:
    """Write for people what differs, at most `limit` rows of it, and who can't be read for which reason."""
    out.print(f"{standing.sentence[0].upper()}{standing.sentence[1:]}.")
    if standing.read:
        out.print(
            f"{standing.read:,} of {count(standing.people, 'person', 'people')} read, the oldest read "
            f"{moment(standing.oldest)}."
        )
    if rows:
        cells = [
            (
                row["user"] or row["id"],
                row["property"],
                shown(row["old"]),
                shown(row["found"]),
                row["since"][:16],
                f"{row['times']} times" if row["times"] > 1 else "",
                _meaning(row),
            )
            for row in rows[:limit]
        ]
        out.print(table(("person", "property", "confirmed", "found", "since", "changed", ""), cells))
        if len(rows) > limit:
            out.print(f"and {len(rows) - limit:,} more; all of them: upa drift --csv drift.csv")
        if not standing.on and any(row["repairs"] for row in rows):
            out.print("Nobody reads what was sent again: upa drift --full does, and takes what is right off this list.")
    elif standing.read:
        out.print("Nothing differs from what SharePoint confirmed.")
    for target, one in standing.totals.properties.items():
        if one.different or one.empty:
            people = count(one.different + one.empty, "person differs", "people differ")
            out.print(f"{target}: {people}, the first since {moment(one.since)}")
        if one.contested:
            people = count(one.contested, "person", "people")
            out.print(f"{target}: somebody or something else writes it, with {people} three times or more")
    for reason, people_count in sorted(why.items()):
        out.print(f"{count(people_count, 'person', 'people')} can't be read: {WHY[reason]}")


def _meaning(row: dict[str, Any]) -> str:
    meanings = {
        "empty": "cleared, or hidden by the user",
        "edited": "kept: on_user_edit",
        "untold": "can't be compared",
    }
    if row["contested"]:
        return "somebody or something else writes it"
    return meanings.get(row["verdict"], "sent again, not read since" if row["repairs"] else "")
