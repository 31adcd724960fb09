"""The demo's story: hire, sync, edit, sync the difference, deliver the joiner, find nothing to do, change a row of the
joined file, check it all."""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from upa_cli.demo import show
from upa_cli.demo.directory import apply_edits, choose, seed
from upa_cli.demo.narration import Narrator
from upa_cli.demo.oracle import differences
from upa_cli.demo.rooms import MOVED_TO, rooms_of, write_rooms, wrong_rooms
from upa_cli.demo.stage import Stage, stage
from upa_core.domain.documents.runs import Report
from upa_core.domain.people.shadow import shard_of
from upa_core.state.document import get_document, state_of
from upa_core.state.people import People


@dataclass(frozen=True, slots=True)
class Chapter:
    """The events and costs of one run of the story."""

    name: str
    reports: tuple[Report, ...]
    calls: Counter[str]


def tell(
    console: Console, *, folder: Path, feed: Path | None, mapping: Path | None, people: int, keep: bool, host: bool
) -> bool:
    """Run the whole story; return whether every profile equals the oracle and nothing is left over.

    Seven parameters: the options of `upa demo`.
    """
    began = time.perf_counter()
    narrator = Narrator(console)
    file = folder / "rooms.csv"
    with stage(folder, narrator, host=host, keyed=keep, rooms=file) as on:
        show.addresses(console, on)
        show.chapter(console, "1", "HR hires")
        seeded = seed(on.sim, feed, mapping, people)
        for line in seeded.aside:
            console.print(f"  {line}", markup=False, style="yellow")
        console.print(f"  {seeded.count} people from {seeded.source}; each has a SharePoint profile")

        rooms = rooms_of(on.sim)
        write_rooms(file, rooms, on.clock.now())
        console.print("  facilities drops rooms.csv beside it: the room of each person, which Entra doesn't know")

        show.chapter(console, "2", "Full run")
        chapters = [_chapter(on, "full", lambda: on.engine.run(full=True))]
        console.print(f"  [dim]the library holds {_library_items(on)} items again[/]")

        show.chapter(console, "3", "HR edits, and the difference follows")
        looked = [on.clock.now()]
        cast = choose(on.sim, seeded)
        before = {person: _read(on, person) for person in cast.shown}
        joined = apply_edits(on.sim, seeded, cast)
        console.print(f"  {len(cast.edited)} people edited, one joined (no profile yet), one left, one lost a value")
        chapters.append(_chapter(on, "delta", lambda: on.engine.run(full=False)))
        escrowed = _in_escrow(on, joined)
        console.print(
            f"  the joiner is {'in escrow' if escrowed else '[red]not in escrow[/]'}; the profile appears now"
        )
        on.sim.profiles.create(joined)
        chapters.append(_chapter(on, "escrow", on.engine.wait_for_delivery))
        chapters.append(_chapter(on, "idle", lambda: on.engine.run(full=False)))

        show.chapter(console, "4", "A row of the file changes, and Entra doesn't")
        before[cast.moves] = _read(on, cast.moves)
        _move(console, on, cast.moves, rooms, file)
        chapters.append(_chapter(on, "file", lambda: on.engine.run(full=False)))
        if not keep:
            on.engine.stop()
        looked.append(on.clock.now())

        show.chapter(console, "5", "What SharePoint says now")
        show.profiles(console, on, {**cast.shown, joined: "joined", cast.moves: "changed room"}, before)
        show.runs(console, chapters)
        wrong = differences(on.sim, on.connector_file, looked) + wrong_rooms(on.sim, rooms)
        left_over = _library_items(on)
        failed = any(report.status == "failed" for chapter in chapters for report in chapter.reports)
        good = not wrong and not left_over and escrowed and not failed
        show.verdict(console, on, wrong, left_over, good=good)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        console.print(
            f"  [dim]{time.perf_counter() - began:.1f} s; peak memory here {peak:.0f} MiB, simulator included[/]"
        )
        if keep:
            narrator.muted = True
            show.wait(console, on)
    return good


def _move(console: Console, on: Stage, person: str, rooms: dict[str, str], file: Path) -> None:
    """Give somebody another room in the file."""
    name = on.sim.directory.get(person)["userPrincipalName"]
    console.print(f"  {file.name}: {name} sits in {MOVED_TO} now", highlight=False, markup=False)
    rooms[name] = MOVED_TO
    write_rooms(file, rooms, on.clock.now())


def _chapter(on: Stage, name: str, run: Callable[[], None]) -> Chapter:
    """Run, and collect the reports that the run left in the archive."""
    on.sim.calls.reset()
    seen = set(_report_keys(on))
    run()
    stored = (get_document(on.ports.store, key, Report) for key in _report_keys(on) if key not in seen)
    return Chapter(name, tuple(one.value for one in stored if one is not None), Counter(on.sim.calls.counts()))


def _report_keys(on: Stage) -> list[str]:
    return [blob.key for blob in on.ports.store.list("runs/") if blob.key.endswith("/report.json")]


def _read(on: Stage, person: str) -> dict[str, str]:
    return dict(on.profiles.properties(on.sim.directory.get(person)["userPrincipalName"]) or {})


def _in_escrow(on: Stage, person: str) -> bool:
    index = state_of(on.ports.store, on.connector.name).load().value.people
    shard = People(on.ports.store, on.connector, index).load(shard_of(person, index.shards))
    return person in shard.value.escrow


def _library_items(on: Stage) -> int:
    return len(on.ports.library.items() or ())
