"""Random lives of a joined file: each delivery, change of numbers, decision and death, and then the oracle is asked."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random

from tests.crash.scenarios import quick
from tests.model.freshness_oracle import FreshnessOracle
from tests.services.pull.test_file_source import FileWorld
from tests.support.file_oracle import FileOracle, Rows
from tests.support.joined import HR
from tests.support.mortal import Death, Fate
from tests.support.world import NO_THRESHOLD
from upa_core.domain.errors import RefusedError
from upa_core.domain.people.mapping import direct
from upa_core.services.admin.controls import approve_offers
from upa_core.services.admin.holds import approve, reject
from upa_core.services.upkeep.housekeeping import housekeeping

PEOPLE = 10
COSTS = ("100", "200", "300", "Zoë", "")
HEADER = "number;cost\r\n"


def share(rows: Rows) -> float:
    """Return the percent of rows that hold a value."""
    return 100 * sum(map(bool, rows.values())) / len(rows) if rows else 0.0


class FileLife:
    """One life; the source is the connector's own, or joined to the directory."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.random = Random(seed)
        self.world = quick(FileWorld(folder, PEOPLE))
        threshold = replace(NO_THRESHOLD, updates_absolute=6, clears_absolute=4)
        source = replace(HR, max_unmatched=100, primary=self.random.random() < 0.4)
        self.world.connector = replace(self.world.connector, threshold=threshold, secondaries=(source,))
        if source.primary:
            mappings = (direct("hr.cost", "UpaCost", on_empty="clear"),)
            self.world.connector = replace(self.world.connector, mappings=mappings)
        self.oracle = FileOracle({person: f"E{n}" for n, person in enumerate(self.world.people)})
        self.fresh = FreshnessOracle(self.world)
        self.died = False
        """A process died: what it left half written may date values otherwise."""
        self.seen: Counter[str] = Counter()
        self.lies: tuple[Rows, str, bool, float] = ({}, "", False, 0.0)
        """The newest file: the rows that count should it be accepted, its text, whether it is refused, its time."""
        self.accepted: Rows = {}
        """The file accepted last."""
        self.accepted_at = 0.0
        self.good: Rows = {}

    def run(self, steps: int) -> Counter[str]:
        """Live so many steps, and return how often what happened; raises `AssertionError` where a profile is wrong."""
        events: list[Callable[[], str]] = [
            *(self.a_good_file, self.a_good_file, self.the_same_again, self.a_truncated_file, self.an_older_file),
            *(self.numbers_are_swapped, self.two_have_one_number, self.a_number_is_given_back),
            *(self.an_emptied_column, self.a_title_changes),
        ]
        self.a_good_file()
        self.see_through("first file")
        for _ in range(steps):
            self.world.sim.advance(25 * 3600)  # the threshold's day is over
            name = self.random.choice(events)()
            self.seen[name] += 1
            self.see_through(name)
        return self.seen

    # -- what happens ------------------------------------------------------------------------------------------------

    def _rows(self) -> Rows:
        """Return a row for everybody; a few of them changed, or all."""
        few = self.random.random() < 0.6
        changed = self.random.sample(range(PEOPLE), 3 if few and self.good else PEOPLE)
        fresh = {f"E{n}": self.random.choice(COSTS[: 5 if few else 4]) for n in changed}
        return {f"E{n}": self.good.get(f"E{n}", "") for n in range(PEOPLE)} | fresh

    def _deliver(self, rows: Rows, text: str = "", *, older: bool = False, odd: bool = False) -> None:
        """Drop a file, and tell the oracle where it is accepted: what the file contract says of it, in plain words."""
        world = self.world
        world.files += 1
        path = world.folder / f"{world.files:04d}.csv"
        text = text or HEADER + "".join(f"{number};{cost}\r\n" for number, cost in rows.items())
        path.write_bytes(text.encode())
        when = self.accepted_at - 3600 if older else world.now.timestamp()
        os.utime(path, (when, when))
        world.sim.advance(180)
        fewer = len(rows) < 0.95 * len(self.accepted)
        collapsed = bool(self.accepted) and share(self.accepted) - share(rows) > 20
        self.lies = (rows, text, odd, when)
        if not (older or odd or fewer or collapsed or not rows):
            self._accept()

    def _accept(self) -> None:
        """Tell the oracle that what lies there is accepted."""
        self.accepted, _, _, self.accepted_at = self.lies
        self.oracle.accept(self.accepted)
        self.good |= self.accepted

    def a_good_file(self) -> str:
        self._deliver(self._rows())
        return "good file"

    def the_same_again(self) -> str:
        rows, text, odd, _ = self.lies
        self._deliver(rows, text, odd=odd)
        return "same again"

    def a_truncated_file(self) -> str:
        rows = self._rows()
        lines = [f"{number};{cost}\r\n" for number, cost in rows.items()]
        text = HEADER + "".join(lines)
        if self.random.random() < 0.5:  # at a line's end: perfect CSV
            whole = self.random.randrange(PEOPLE)
            self._deliver(dict(list(rows.items())[:whole]), HEADER + "".join(lines[:whole]))
            return "truncated at a line's end"
        cut = text[: self.random.randrange(len(text) - 2)].rstrip("\r\n")
        self._deliver(dict(list(rows.items())[: max(cut.count("\r\n") - 1, 0)]), cut or "n", odd=True)
        return "truncated anywhere"

    def an_older_file(self) -> str:
        for path in self.world.folder.iterdir():
            path.unlink()
        self._deliver(self._rows(), older=True)
        return "older file"

    def an_emptied_column(self) -> str:
        self._deliver({f"E{n}": "" for n in range(PEOPLE)})
        return "emptied column"

    def numbers_are_swapped(self) -> str:
        one, other = self.random.sample(self.world.people, 2)
        mine, theirs = self.oracle.keys[one], self.oracle.keys[other]
        self._renumber(one, theirs)
        self._renumber(other, mine)
        return "numbers swapped"

    def two_have_one_number(self) -> str:
        one, other = self.random.sample(self.world.people, 2)
        self._renumber(one, self.oracle.keys[other])
        return "two have one number"

    def a_number_is_given_back(self) -> str:
        one = self.random.choice(self.world.people)
        free = {f"E{n}" for n in range(PEOPLE)} - set(self.oracle.keys.values())
        self._renumber(one, self.random.choice(sorted(free or {"E77"})))
        return "number given"

    def _renumber(self, person: str, number: str) -> None:
        self.world.renumber(person, number)
        self.oracle.keys[person] = number

    def a_title_changes(self) -> str:
        self.world.edit(self.random.choice(self.world.people), jobTitle=self.random.choice("abc"))
        return "title"

    # -- and what comes of it ----------------------------------------------------------------------------------------

    def see_through(self, name: str) -> None:
        """Pull and deliver, perhaps dying on the way; decide what is held; compare every profile."""
        self._perhaps_die()
        self._until_at_rest()
        source = self.world.source
        if source.held and source.why and self.random.random() < 0.4:
            approve_offers(self.world.ports(), self.world.connector, ["hr"], "anna")
            self._accept()
            self.seen[f"approved: {','.join(source.holds)}"] += 1
            self.world.sim.advance(7 * 3600)
            self._perhaps_die()
            self._until_at_rest()
        elif source.held:
            self.seen[f"held: {','.join(source.holds)}"] += 1
        holds = {person: self.world.cost(person) for person in self.world.people}
        assert holds == self.oracle.held, (name, holds, self.oracle.held, self.world.source.why)
        assert self.world.library() == []
        assert max(Counter(self.world.queued()).values(), default=1) == 1

    def _perhaps_die(self) -> None:
        if self.random.random() < 0.5:
            return
        fate = Fate(at=self.random.randrange(1, 120), after=self.random.random() < 0.5)
        try:
            self.world.sync(self.world.ports(fate))
        except Death:
            self.seen["died"] += 1
            self.died = True
        self.world.again()

    def _until_at_rest(self) -> None:
        """Tick until nothing is due; a held plan is decided, and the decision is the oracle's too."""
        world = self.world
        for _ in range(40):
            world.pull()
            self._compare()
            world.drain(hours=0.2)
            self._compare()
            world.drain(hours=12)
            housekeeping(world.ports(), world.connector)
            if world.state.hold is not None:
                self._decide()
            elif world.state.run is None and not world.state.sealed:
                break
            world.sim.advance(3600)
        self.oracle.deliver()

    def _compare(self) -> None:
        if not self.died:
            wrong = self.fresh.wrong()
            assert not wrong, wrong

    def _decide(self) -> None:
        self._compare()
        hold = self.world.state.hold
        assert hold is not None
        with suppress(RefusedError):
            if self.random.random() < 0.6:
                approve(self.world.ports(), self.world.connector, hold.run.id, "anna")
                self.oracle.deliver()
                self.seen["plan approved"] += 1
            else:
                reject(self.world.ports(), self.world.connector, hold.run.id, "anna")
                self.oracle.reject()
                self.seen["plan rejected"] += 1
