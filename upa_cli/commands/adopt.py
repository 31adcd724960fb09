"""`upa adopt`: reads what profiles hold already into the shadow."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.output import count, duration
from upa_cli.shell.registry import command
from upa_core.domain.people_calls import WINDOW
from upa_core.services.admin.adopt import PER_SECOND, Adopted, unconfirmed
from upa_core.services.admin.adopt import adopt as read_profiles
from upa_core.services.insight.preview import preview


@command(
    "adopt",
    examples=["upa adopt", "upa adopt --limit 500", "upa adopt --json"],
    shape={
        "connector": "its name",
        "people": "profiles read into the shadow",
        "values": "values read",
        "without_profile": "people without a profile",
        "unread": "profiles that couldn't be read",
        "left": "people still to be read (--limit)",
    },
)
def adopt(
    cli: Cli,
    *,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="Most people to read now.")] = 100_000,
    per_second: Annotated[float, typer.Option(min=0.1, max=50, help="Profiles a second.")] = PER_SECOND,
) -> int:
    """Read what profiles hold already into the shadow of a new connector, so that its first run sends only
    differences.

    For tenants whose properties were filled by another tool. Profiles are read 20 per request, at most 8 per second,
    and within the tenant's budget of calls (`individual`): 1,000 people in seven minutes in the smallest tenant.
    Strings are taken as they are; dates, numbers and lists where they are what the first run would send. The object id
    must be the person's; people already known are left. It can be stopped and started again.
    """
    found = preview(cli.ports, cli.connector, most=1_000_000)
    unknown = unconfirmed(found.entries)
    chosen = unknown[:limit]
    budget = WINDOW.total_seconds() / cli.connector.individual.per_window
    cli.note(f"reading {count(len(chosen), 'profile')}, about {duration(len(chosen) * max(1 / per_second, budget))}")
    result, profiles = Adopted(), cli.app.single_profiles(cli.connector)
    for result in read_profiles(cli.ports, cli.connector, profiles, chosen, per_second=per_second):
        cli.note(f"{result.looked_at:,} of {len(chosen):,}", "dim")
    left = len(unknown) - len(chosen)
    document = {"connector": cli.connector.name, **asdict(result), "left": left}

    def render(out: Console) -> None:
        out.print(
            f"Read {count(result.values, 'value')} of {count(result.people, 'profile')} into the shadow; "
            f"{count(result.without_profile, 'person has', 'people have')} no profile, "
            f"{count(result.unread, 'profile')} couldn't be read."
        )
        out.print(f"{left:,} people are left: upa adopt again" if left else "Next: upa plan")

    cli.show(document, render)
    return exits.OK
