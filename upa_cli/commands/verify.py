"""`upa verify`: reports to an auditor how far profiles are equal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import count, moment
from upa_cli.shell.registry import command
from upa_cli.work.users import user_ids
from upa_core.domain.documents.codec import instant
from upa_core.domain.drift.exceptions import Excepted, read_exceptions
from upa_core.domain.errors import InvalidValueError
from upa_core.services.admin.connector_files import digest_of
from upa_core.services.drift.verify import Verification
from upa_core.services.drift.verify import verify as judge_everybody

_AT_ONCE = 500


@command(
    "verify",
    examples=[
        "upa verify --report verified.json",
        "upa verify --report verified.json --exceptions unreadable.csv && echo equal",
    ],
    shape={
        "connector": "its name",
        "made": "when",
        "passed": "nothing differs, everybody unreadable is excepted, and everybody was read",
        "connector_file": "SHA-256 of the connector file",
        "config_hash": "hash of what decides values",
        "people": "people of whom SharePoint confirmed something",
        "read": "of them, people whose profile was read",
        "counts": "people by standing: equal, different, unreadable, never_read, not_re_read, unsettled, edited",
        "undelivered": "people in escrow of whom nothing was ever confirmed",
        "oldest_read": "the oldest read",
        "newest_read": "the newest read",
        "different": "person, properties; no values",
        "unreadable": "person, why, exception (until, reason, by, holds)",
        "never_read": "object ids",
    },
    exit_codes=(exits.OK, exits.FAILED, exits.LATER, exits.USAGE),
)
def verify(
    cli: Cli,
    *,
    report: Annotated[Path, typer.Option("--report", help="Write the whole report to this JSON file.")],
    exceptions: Annotated[
        Path | None, typer.Option(help="CSV of people who needn't be readable: person, until, reason, by.")
    ] = None,
) -> int:
    """Report how far profiles are equal, from what was read back: for an auditor, without anybody's values.

    Nothing is read now: `upa drift --full` does that. A person with a newer confirmed value than the last read
    counts as not re-read. Exit code 0: nothing differs, everybody unreadable is on the list of exceptions with a date
    that isn't over, and everybody was read. 1: something differs, or somebody is unreadable. 5: somebody was never
    read, or no value is confirmed yet.
    """
    result = judge_everybody(cli.ports, cli.connector, _exceptions(cli, exceptions))
    document = {
        "connector": cli.connector.name,
        "made": instant(result.made),
        "passed": result.passed,
        "connector_file": digest_of(cli.ports.connector_file),
        "config_hash": cli.connector.fingerprint,
        "people": result.people,
        "read": result.read,
        "counts": result.counts,
        "undelivered": result.undelivered,
        "oldest_read": instant(result.oldest) if result.oldest is not None else None,
        "newest_read": instant(result.newest) if result.newest is not None else None,
        "different": [{"person": one, "properties": list(names)} for one, names in result.different.items()],
        "unreadable": [
            {"person": one, "why": why, "exception": _excepted(result, one)} for one, why in result.unreadable.items()
        ],
        "never_read": result.never_read,
    }
    try:
        report.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    except OSError as exc:
        raise CommandError(f"{report} can't be written ({exc.strerror}): name another file", exits.USAGE) from exc
    cli.show(document, lambda out: _render(out, result, report))
    if result.failed:
        return exits.FAILED
    return exits.LATER if result.unfinished else exits.OK


def _exceptions(cli: Cli, place: Path | None) -> dict[str, Excepted]:
    if place is None:
        return {}
    try:
        listed = read_exceptions(place.read_text(encoding="utf-8-sig"))
    except OSError as exc:
        raise CommandError(f"{place} can't be read ({exc.strerror}): name another file", exits.USAGE) from exc
    except UnicodeDecodeError as exc:
        raise CommandError(f"{place} isn't UTF-8: save it as CSV UTF-8", exits.USAGE) from exc
    except InvalidValueError as exc:
        raise CommandError(f"{place}, {exc}", exits.USAGE) from exc
    found: dict[str, Excepted] = {}
    for at in range(0, len(listed), _AT_ONCE):
        some = listed[at : at + _AT_ONCE]
        found.update(zip(user_ids(cli, [one.person for one in some]), some, strict=True))
    return found


def _excepted(result: Verification, person: str) -> dict[str, Any] | None:
    one = result.excepted.get(person) or result.expired.get(person)
    if one is None:
        return None
    holds = person in result.excepted
    return {"until": one.until.isoformat(), "reason": one.reason, "by": one.by, "holds": holds}


def _render(out: Console, result: Verification, report: Path) -> None:
    out.print("Passed." if result.passed else "Not passed.")
    out.print(f"{count(result.people, 'person', 'people')}, {result.read:,} of them read")
    for standing, people in result.counts.items():
        if people:
            out.print(f"  {standing}: {people:,}")
    if result.oldest is not None:
        out.print(f"Read between {moment(result.oldest)} and {moment(result.newest)}.")
    if result.excepted or result.expired:
        out.print(f"Excepted: {len(result.excepted):,}; exceptions that have ended: {len(result.expired):,}")
    if result.undelivered:
        waiting = count(result.undelivered, "person waits", "people wait")
        out.print(f"Not counted: {waiting} in escrow of whom nothing was ever confirmed. See upa escrow list")
    if not result.people:
        out.print("SharePoint has confirmed nothing yet: there is nothing to verify. Next: upa run")
    elif result.never_read:
        out.print("Next: upa drift --full reads everybody")
    out.print(f"The whole report is in {report}")
