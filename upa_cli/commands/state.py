"""`upa state`: shows what is stored, copies it to a file, and restores it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, count, moment, table
from upa_cli.shell.registry import command, group
from upa_cli.work.backup_file import backup_to_read, new_backup
from upa_core.domain.documents.codec import to_json
from upa_core.domain.documents.connector_state import ConnectorState, age_of
from upa_core.domain.documents.quarantine import Quarantine
from upa_core.services.admin import backup
from upa_core.services.admin.repair import people_damaged, repair_lane, repair_people, repair_state
from upa_core.services.deliver.bulk.drop import drop_run
from upa_core.services.insight.stored_versions import StoredVersions, stored_versions
from upa_core.state.document import lane_of, state_of

group("state", "What is stored: show it, export it, put it back, rewind the watermark.")


@command(
    "state show",
    examples=["upa state show", "upa state show --json > state.json"],
    shape={
        "connector": "its name",
        "state": "the state document",
        "lane": "the target tenant's lane",
        "documents": "each kind that is stored: kind, blobs, versions (version → how many), unread (not looked into)",
    },
)
def show(cli: Cli) -> int:
    """Show the stored state: watermark, rounds in the outbox, the open run, hold, quarantine, the tenant's lane.

    What it means for you is in `upa status`; this is what the pipeline itself reads. The versions of the documents tell
    which release can read them (docs/reference/stored-documents.md).
    """
    state = state_of(cli.ports.store, cli.connector.name).load().value
    lane = lane_of(cli.ports.store, cli.connector).load().value
    now, stored = cli.ports.clock.now(), stored_versions(cli.ports, cli.connector)

    def render(out: Console) -> None:
        mark, opened, flight = state.watermark, state.open_round, lane.in_flight
        hours = f"{age_of(mark.issued, now).total_seconds() / 3600:.1f} h old" if mark is not None else ""
        rows = [
            ("watermark", f"{moment(mark.issued)}, {hours}" if mark is not None else "none: a full round comes next"),
            ("open round", f"{opened.id}, {opened.kind}, {count(opened.pages, 'page')}" if opened else "none"),
            ("outbox", ", ".join(f"{one.id} ({one.kind}, {one.rows} records)" for one in state.sealed) or "empty"),
            ("run", state.run.id if state.run is not None else "none"),
            ("hold", f"{state.hold.run.id}: {state.hold.why}" if state.hold is not None else "none"),
            ("quarantine", _quarantine(state.quarantine)),
            ("paused", "yes" if state.paused else "no"),
            ("live", _live(cli, state)),
            ("people", f"{state.people.known:,} known, {count(state.people.shards, 'shard')}"),
            ("lane", f"{flight.file} of {flight.connector}, {flight.phase}" if flight is not None else "free"),
            ("import jobs", f"{lane.jobs_total} ever, {len(lane.abandoned)} abandoned"),
            ("runs", f"{state.runs}, the last {state.last_run or '-'}"),
        ]
        out.print(table(("state of " + cli.connector.name, ""), rows))
        kinds = [(one.kind, f"{one.blobs:,}", _versions(one)) for one in stored]
        out.print(table(("stored", "blobs", "versions"), kinds, right=("blobs",)))

    document = {
        "connector": cli.connector.name,
        "state": to_json(state),
        "lane": to_json(lane),
        "documents": [{**to_json(one), "unread": one.unread} for one in stored],
    }
    cli.show(document, render)
    return exits.OK


def _versions(one: StoredVersions) -> str:
    counted = [f"{version or 'none'} ({times:,})" for version, times in one.versions.items()]
    return ", ".join([*counted, *([f"{one.unread:,} not looked into"] if one.unread else [])])


def _live(cli: Cli, state: ConnectorState) -> str:
    if not cli.connector.in_staging(state):
        return "yes"
    return "no: changed since upa go" if state.released else "no: staging mode"


def _quarantine(one: Quarantine | None) -> str:
    if one is None:
        return "none"
    off = f", switched off {moment(one.off_since)}" if one.off_since is not None else ""
    return f"{one.reason}: {one.detail} (since {moment(one.since)}{off})"


@command(
    "state export",
    examples=["upa state export upa-people.zip"],
    shape={"connector": "its name", "file": "the archive", "blobs": "how many", "bytes": "their size"},
)
def export(cli: Cli, file: Annotated[Path, typer.Argument(help="The .zip file to write; never overwritten.")]) -> int:
    """Write everything a connector knows to one file: state, rounds, shadow, escrow.

    The file holds people's values, redacted ones too: protect it.
    """
    with new_backup(file) as stream:
        blobs, size = backup.write(cli.ports, cli.connector, stream)
    document = {"connector": cli.connector.name, "file": str(file), "blobs": blobs, "bytes": size}
    cli.show(document, lambda out: out.print(clean(f"Wrote {count(blobs, 'blob')}, {size:,} bytes, to {file}")))
    return exits.OK


@command(
    "state import",
    examples=["upa state import upa-people.zip", "upa state import upa-people.zip --trust-shadow"],
    shape={
        "connector": "its name",
        "file": "the archive",
        "blobs": "how many were written",
        "shadow": "trusted or unknown",
    },
)
def restore(
    cli: Cli,
    file: Annotated[Path, typer.Argument(help="A file written by upa state export.")],
    *,
    trust_shadow: Annotated[
        bool, typer.Option("--trust-shadow", help="Nothing was exported since the file was written.")
    ] = False,
) -> int:
    """Put an exported state back, for instance after storage was lost.

    What SharePoint holds may be newer than the file, so every value becomes unknown and is sent again, which does no
    harm; escrow and rejections are kept. With --trust-shadow the shadow is taken as it is. A run, hold or open round
    in the file is planned anew. Refused while an import job of the connector is in flight.
    """
    with backup_to_read(file) as stream:
        blobs = backup.restore(cli.ports, cli.connector, stream, name=str(file), trust_shadow=trust_shadow)
    shadow = "trusted" if trust_shadow else "unknown"
    document = {"connector": cli.connector.name, "file": str(file), "blobs": blobs, "shadow": shadow}
    then = "Next: upa plan" if trust_shadow else "Every value is sent again. Next: upa plan --full"
    cli.show(document, lambda out: out.print(clean(f"Restored {count(blobs, 'blob')} from {file}. {then}")))
    return exits.OK


@command(
    "state rewind",
    examples=["upa state rewind upa-people.zip && upa run"],
    shape={"connector": "its name", "from": "the watermark that was", "to": "the watermark that is"},
)
def rewind(cli: Cli, file: Annotated[Path, typer.Argument(help="A file written by upa state export.")]) -> int:
    """Move the watermark back to where it was in an exported file: changes since then are read again.

    Nothing else is touched: what SharePoint confirmed needn't be sent again. Graph keeps a position for about 7 days;
    for everything, see `upa reset --token`.
    """
    with backup_to_read(file) as stream:
        before, after = backup.rewind(cli.ports, cli.connector, stream, name=str(file))
    document = {"connector": cli.connector.name, "from": to_json(before), "to": to_json(after)}
    text = f"The watermark moved from {moment(before)} back to {moment(after)}. Next: upa run"
    cli.show(document, lambda out: out.print(text))
    return exits.OK


_REPAIRS = {
    "people": "shards that couldn't be read are emptied: their values are sent again, declined ones are offered again",
    "lane": "what is in flight is looked for by its name; everybody is sent again",
    "state": "the next round is full, everybody is sent again; it isn't live before upa go",
}


@command(
    "state repair",
    examples=["upa state repair", "upa state repair --json"],
    shape={"connector": "its name", "repaired": "what couldn't be read and was given up: state, lane, people shards"},
)
def repair(cli: Cli) -> int:
    """Give up what can't be read in storage: state, lane, people. What can be read stays as it is.

    First try to bring the blob back (docs/how-to/restore-state.md): what is given up here is read and sent anew.
    """
    ports, connector = cli.ports, cli.connector
    repaired = {"state": int(repair_state(ports, connector))}
    repaired["lane"] = int(repair_lane(ports, connector))
    repaired["people"] = repair_people(ports, connector) if people_damaged(ports, connector) else 0
    lost = [what for what, times in repaired.items() if times]

    def render(out: Console) -> None:
        for what in lost:
            out.print(f"{what}: {_REPAIRS[what]}.")
        out.print("Next: upa run --full" if lost else f"{connector.name}: everything can be read; nothing was changed.")

    cli.show({"connector": connector.name, "repaired": repaired}, render)
    return exits.OK


@command(
    "state drop-run",
    examples=["upa state drop-run 20261122T101500Z-7f3k"],
    shape={"connector": "its name", "run": "the open run", "import_job_may_run": "true where SharePoint may have it"},
)
def drop_open_run(
    cli: Cli,
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="The open run; default: that one.")] = None,
) -> int:
    """End the open run as failed, without reading anything of it; what was pulled is planned anew.

    An import job of it that may still run stays on the books: once it has ended, its people are unknown and sent again.
    """
    opened = state_of(cli.ports.store, cli.connector.name).load().value.run
    if opened is None:
        raise CommandError(f"{cli.connector.name} has no open run: nothing to drop. See upa status")
    alive = drop_run(cli.ports, cli.connector, run or opened.id, cli.who)
    document = {"connector": cli.connector.name, "run": opened.id, "import_job_may_run": alive}
    also = " Its import job may still run: its people are sent again once it has ended." if alive else ""
    cli.show(document, lambda out: out.print(f"Run {opened.id} is dropped.{also} Next: upa run"))
    return exits.OK
