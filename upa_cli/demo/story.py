"""The demo's story: hire, sync, edit, sync the difference, deliver the joiner, find nothing to do, check it all."""

from __future__ import annotations

import resource
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from upa_cli.demo import show
from upa_cli.demo.directory import Edited, edit, seed
from upa_cli.demo.narration import Narrator
from upa_cli.demo.oracle import differences
from upa_cli.demo.stage import Stage, stage
from upa_cli.runner import RunResult, run_to_the_end
from upa_core.domain.people import shard_of
from upa_core.services.documents import state_of
from upa_core.services.people import People

PROFILE_APPEARS_AFTER = timedelta(hours=1)


def tell(console: Console, *, folder: Path, feed: Path | None, mapping: Path | None, people: int, keep: bool) -> bool:
    """Run the whole story; True where every profile equals the oracle and nothing is left over."""
    began = time.perf_counter()
    narrator = Narrator(console)
    with stage(folder, narrator) as on:
        narrator.clock = on.clock
        show.addresses(console, on)
        show.chapter(console, "1", "HR hires")
        seeded = seed(on.sim, feed, mapping, people)
        console.print(f"  {seeded.count} people in the directory, from {seeded.source}; each has a SharePoint profile")
        runs: list[tuple[str, RunResult, Counter[str]]] = []

        show.chapter(console, "2", "Full run")
        runs.append(_run(on, "full", full=True))
        console.print(f"  [dim]the library holds {_library_items(on)} items again[/]")

        show.chapter(console, "3", "HR edits, and the difference follows")
        looked = [on.clock.now()]
        before = {person: _read(on, person) for person in _cast_before(on)}
        edited = edit(on.sim, seeded)
        console.print(f"  {len(edited.edited)} people edited, one joined (no profile yet), one left, one lost a value")
        runs.append(_run(on, "delta"))
        escrowed = _in_escrow(on, edited.joined)
        console.print(
            f"  the joiner is {'in escrow' if escrowed else '[red]not in escrow[/]'}; his profile appears now"
        )
        on.sim.profiles.create(edited.joined)
        on.clock.sleep(PROFILE_APPEARS_AFTER.total_seconds())
        runs.append(_run(on, "escrow"))
        runs.append(_run(on, "empty"))
        looked.append(on.clock.now())

        show.chapter(console, "4", "What SharePoint says now")
        show.profiles(console, on, _cast(edited), before)
        show.runs(console, runs)
        wrong = differences(on.sim, on.connector_file, looked)
        left_over = _library_items(on)
        good = not wrong and not left_over and escrowed and not any(result.failed for _, result, _ in runs)
        show.verdict(console, on, wrong, left_over, good=good)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        console.print(f"  [dim]{time.perf_counter() - began:.1f} s, peak memory {peak:.0f} MiB, simulator included[/]")
        if keep:
            show.wait(console, on)
    return good


def _run(on: Stage, name: str, *, full: bool = False) -> tuple[str, RunResult, Counter[str]]:
    on.sim.calls.reset()
    result = run_to_the_end(on.ports, on.connector, full=full)
    return name, result, Counter(on.sim.calls.counts())


def _cast_before(on: Stage) -> list[str]:
    return sorted(user["id"] for user in on.sim.directory.users())


def _cast(edited: Edited) -> dict[str, str]:
    cast = dict.fromkeys(edited.edited[:3], "edited")
    return {**cast, edited.lost_value: "lost a value", edited.joined: "joined"}


def _read(on: Stage, person: str) -> dict[str, str]:
    return dict(on.sim.profiles.get(person)) if on.sim.profiles.exists(person) else {}


def _in_escrow(on: Stage, person: str) -> bool:
    index = state_of(on.ports.store, on.connector.name).load().value.people
    shard = People(on.ports.store, on.connector, index).load(shard_of(person, index.shards))
    return person in shard.value.escrow


def _library_items(on: Stage) -> int:
    return len(on.ports.library.items() or ())
