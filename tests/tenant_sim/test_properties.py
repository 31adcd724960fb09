"""Properties that hold for any course of events: delta tells the truth, jumps of the clock change nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tenant_sim import ManualClock, TenantSim
from tenant_sim.graph import select as selecting
from tenant_sim.graph.tokens import DeltaToken
from tenant_sim.sharepoint import csom, odata
from tenant_sim.upa import newtonsoft

SELECT = ("displayName", "department")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "edit", "clear", "remove", "purge", "restore", "round", "page"]), st.integers(0, 9)
    ),
    max_size=60,
)


class Follower:
    """A client that folds what delta says, as the documentation tells it to."""

    def __init__(self, sim: TenantSim) -> None:
        self.sim, self.people = sim, {}
        self.token: DeltaToken | None = None

    def page(self) -> bool:
        """Read one page; return whether the round has ended."""
        delta = self.sim.delta
        if self.token is None:
            page = delta.start(SELECT, size=3)
        else:
            page = delta.page(delta.resume(self.token.encode(delta.key), self.token.kind), 3)
        for record in json.loads("[" + page.members.decode() + "]"):
            if "@removed" in record:
                self.people.pop(record["id"], None)
                continue
            known = self.people.setdefault(record["id"], {})
            known.update({name: record.get(name) for name in SELECT if name in record})
        self.token = page.token
        return page.token.kind == "delta"


def apply(sim: TenantSim, step: str, number: int) -> None:
    directory = sim.directory
    ids = directory.ids
    if step == "add" or not ids:
        directory.add({"displayName": f"p{len(ids)}", "department": str(number)})
        return
    user = ids[number % len(ids)]
    acts: dict[str, Callable[[], None]] = {
        "edit": lambda: directory.edit(user, department=str(number)),
        "clear": lambda: directory.edit(user, department=None),
        "remove": lambda: directory.remove(user),
        "purge": lambda: directory.remove(user, hard=True),
        "restore": lambda: directory.restore(user),
    }
    with suppress(KeyError):  # gone already, or not deleted
        acts[step]()


@settings(max_examples=150, deadline=None)
@given(STEPS, st.floats(0, 0.6), st.integers(0, 3))
def test_whoever_follows_delta_knows_the_directory(steps, trouble, seed):
    """Whatever happens between and during rounds, a client that folds them ends with the directory's state."""
    sim = TenantSim(ManualClock(), seed=seed)
    options = sim.delta.options
    options.duplicates = options.empty_pages = options.short_pages = trouble
    options.replays = options.farewells = trouble
    client = Follower(sim)
    for step, number in steps:
        if step == "page":
            client.page()
        elif step == "round":
            while not client.page():
                pass
        else:
            apply(sim, step, number)
    for _ in range(2):  # what happened during a round comes with the next
        while not client.page():
            pass

    known = {i: {k: v for k, v in values.items() if v is not None} for i, values in client.people.items()}
    assert known == {u.pop("id"): u for u in sim.directory.users()}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 7200), min_size=1, max_size=12))
def test_small_steps_and_one_jump_give_the_same_history(steps):
    """An import job's history doesn't depend on how often somebody looks."""

    def history(jumps: list[int]) -> list[tuple[float, str]]:
        sim = TenantSim(ManualClock())
        sim.library.add_file("/sites/upa/Imports", "a.json", b'{"value":[]}', overwrite=True)
        sim.timer_job.queue(1, "IdName", {"City": "City"}, "https://contoso.sharepoint.com/sites/upa/Imports/a.json")
        for seconds in jumps:
            sim.advance(seconds)
        return sim.jobs[0].transitions

    assert history(steps) == history([sum(steps)])


@given(st.text(max_size=40))
def test_quoted_literals_come_back(text):
    """Any text in an OData literal with doubled quotes is read as it was."""
    quoted = "'" + text.replace("'", "''") + "'"
    path = odata.parse(f"web/getfile(decodedurl={quoted},n=7)/x('a''b')", {})

    assert (path[1].named["decodedurl"], path[1].named["n"], path[2].args) == (text, 7, ["a'b"])


@given(st.text(max_size=60))
def test_bad_json_always_gets_a_message(text):
    """Whatever isn't JSON ends in a message with path, line and position, never in another error."""
    caught: Exception | None = None
    try:
        newtonsoft.parse(text)
    except ValueError as exc:
        caught = exc

    assert caught is None or isinstance(caught, newtonsoft.BadJsonError)


@given(st.binary(max_size=60))
@example(b'<?xml version="1.0" encoding="klingon"?><Request/>')
@example(b'<?xml version="1.0" encoding="utf-16"?><Request/>')
@example(b'<?xml version="1.0" encoding="shift_jis"?><Request/>')
def test_any_bytes_are_answered_by_an_error_of_the_service(body):
    """Garbage in the body is a CsomError, never a crash."""
    with pytest.raises(csom.CsomError, match=r"."):
        csom.parse(body)


def test_tracked_attributes_of_a_select():
    """licenseAssignmentStates may be selected, but doesn't bring anybody into a round."""
    assert selecting.tracked(("displayName", "licenseAssignmentStates"), ()) == {"displayName"}
