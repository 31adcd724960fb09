"""The people of real runs: what was planned, left out, accepted and refused, and the run as a whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.crash.scenarios import quick, settled
from tests.support.run_people import RUN, CountingStore, connector, write_run
from tests.support.run_people import person as id_of
from tests.support.world import MAPPINGS, NO_THRESHOLD, World
from upa_core.domain.errors import RefusedError
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.verdict import PersonVerdict, Refusal, Verdict
from upa_core.domain.plan.tally import LeftOut
from upa_core.services.admin import holds
from upa_core.services.insight import run_people
from upa_core.services.insight.run_people import RunPeopleView, Wanted
from upa_core.services.insight.run_view import RunView, run_json, view_run
from upa_core.state.run_people.reader import open_run
from upa_core.state.run_people.results import note_results

LONG = "x" * 41
Told = dict[str, dict[str, tuple[str, str | None, str | None, str, str]]]


def view(world: World, run: str) -> RunPeopleView:
    """Open a run as whoever asks does."""
    reader = open_run(world.store, run)
    assert reader is not None
    return RunPeopleView(reader, world.connector)


def told(world: World, run: str, wanted: Wanted | None = None) -> Told:
    """Return who was told of, by property: kind, old, new, result, why."""
    return {
        one.person: {v.property: (v.kind, v.old, v.new, v.result.word, v.result.why) for v in one.values}
        for one in view(world, run).everybody(wanted or Wanted())
    }


def one_run(world: World) -> str:
    """Pull, and see the run that follows to its end; returns its id."""
    world.pull()
    world.far()
    assert world.state.run is not None
    run = world.state.run.id
    world.end_run()
    return run


def whole(world: World, run: str) -> RunView:
    """Return a run as a whole."""
    found = view_run(world.ports(), world.connector, run)
    assert found is not None
    return found


def test_a_run_opens_into_old_new_and_result_of_each_value() -> None:
    """Changed, cleared, set, refused and without a profile: each value has its own; the others are counted."""
    world = settled(5)
    first, second, third = world.people[:3]
    world.edit(first, department="new", jobTitle=LONG)
    world.edit(second, jobTitle=None)
    absent = world.join(profile=False, department="nobody yet")
    world.edit(third, employeeType="none")
    run = one_run(world)

    assert told(world, run) == {
        second: {"UpaTitle": ("cleared", "T1", "", "accepted", "")},
        first: {
            "UpaDepartment": ("changed", "D0", "new", "unknown", "sent again without what was refused"),
            "UpaTitle": ("changed", "T0", LONG, "refused", "refused_by_sharepoint"),
        },
        absent: {
            name: ("set", None, value, "escrowed", "profile_not_created")
            for name, value in (("UpaDepartment", "nobody yet"), ("UpaTitle", ""), ("UpaType", "none"), ("UpaCode", ""))
        },
    }
    assert next(iter(told(world, run))) == second
    document = run_json(whole(world, run), world.now)
    assert (document["status"], document["unchanged"], document["people"]) == ("partly", 1, 3)
    assert document["properties"]["UpaTitle"] == {"cleared": 1, "changed": 1, "set": 1, "escrowed": 0, "declined": 0}
    assert [(one["property"], one["reason"], one["people"]) for one in document["causes"]] == [
        ("*", "profile_not_created", 1),
        ("UpaTitle", "refused_by_sharepoint", 1),
    ]


def test_filters_give_the_values_they_name() -> None:
    """By result, property, kind and person, and together; somebody of whom the run has nothing gives nothing."""
    world = settled(4)
    first, second = world.people[:2]
    world.edit(first, department="new", jobTitle=LONG)
    world.edit(second, department="other")
    run = one_run(world)

    def names(**wanted: str) -> dict[str, set[str]]:
        return {person: set(values) for person, values in told(world, run, Wanted(**wanted)).items()}

    assert names(result="refused") == {first: {"UpaTitle"}}
    assert names(result="refused", property="UpaDepartment") == {}
    assert names(property="UpaDepartment") == {first: {"UpaDepartment"}, second: {"UpaDepartment"}}
    assert names(property="UpaDepartment", result="accepted") == {second: {"UpaDepartment"}}
    assert names(person=first, kind="changed", result="refused") == {first: {"UpaTitle"}}
    assert names(person=world.people[3]) == {}
    with pytest.raises(RefusedError):
        view(world, run).page(Wanted(), after="nonsense")


def test_what_waits_and_what_was_declined_is_told_with_its_value() -> None:
    """A refused value that isn't due, an invalid one, and one that somebody rejected: none is sent, each is told."""
    world = settled(5, threshold=replace(NO_THRESHOLD, clears_absolute=1))
    refused, invalid, *declined = world.people[:4]
    world.edit(refused, jobTitle=LONG)
    world.sync(hours=2)
    for person in declined:
        world.edit(person, jobTitle=None)
    world.sync(hours=1)
    assert world.state.hold is not None
    hold = world.state.hold.run.id
    assert {v for one in told(world, hold).values() for v in one.values()} == {
        ("cleared", f"T{n}", "", "planned", "") for n in (2, 3)
    }
    holds.reject(world.ports(), world.connector, hold, "Ann")
    rejected = {v[3:] for one in told(world, hold).values() for v in one.values()}
    assert rejected == {("declined", whole(world, hold).status.report.why)}
    for person in (refused, *declined):
        world.edit(person, department="new")
    world.edit(invalid, department="new", employeeHireDate="not a date")
    world.pull()
    world.far()
    run = world.state.run
    assert run is not None
    found = told(world, run.id)

    assert found[refused]["UpaTitle"] == ("", None, LONG, "escrowed", "refused_by_sharepoint")
    assert found[declined[0]]["UpaTitle"] == ("", "T2", "", "declined", "")
    assert found[invalid]["UpaHired"][2:4] == (None, "escrowed")
    assert {found[one]["UpaDepartment"][3] for one in (refused, invalid, declined[0])} == {"planned"}


def test_the_timeline_says_when_the_run_got_how_far() -> None:
    """Pulled, planned, uploaded, handed over, SharePoint's own states, settled, cleaned and ended, in this order."""
    world = settled(3)
    world.edit(world.people[0], department="new")
    world.pull()
    world.far()
    assert world.state.run is not None
    run = world.state.run.id
    open_now = [(one.what, one.at is not None) for one in whole(world, run).timeline]
    world.end_run()
    ended = whole(world, run).timeline

    assert open_now[:4] == [("pulled", True), ("planned", True), ("uploaded", True), ("handed over", True)]
    assert ("settled", False) in open_now
    whats = [one.what for one in ended]
    assert [what for what in whats if not what.startswith("SharePoint")] == [
        *("pulled", "planned", "uploaded", "handed over", "settled", "cleaned", "ended")
    ]
    assert whats.index("handed over") < whats.index("SharePoint: Succeeded") < whats.index("cleaned")
    moments = [one.at for one in ended]
    assert None not in moments
    assert moments == sorted(moments, key=str)


def test_old_values_of_a_property_stay_hidden_once_they_were_redacted() -> None:
    """Neither the property's redaction then nor one that came later lets a value out."""
    world = settled(3)
    world.connector = world.connect(mappings=tuple(replace(one, redact=one.target == "UpaTitle") for one in MAPPINGS))
    person = world.people[0]
    world.edit(person, department="new", jobTitle="secret")
    world.sync(hours=2)
    run = world.state.last_run
    world.connector = world.connect(
        mappings=tuple(replace(one, redact=one.target == "UpaDepartment") for one in MAPPINGS)
    )

    assert told(world, run)[person] == {
        "UpaDepartment": ("changed", "***", "***", "accepted", ""),
        "UpaTitle": ("changed", "***", "***", "accepted", ""),
    }
    assert b"secret" not in world.store.blobs[f"runs/{run[:4]}/{run[4:6]}/{run}/people.json"]


def test_a_run_of_another_connector_or_of_nobody_is_none() -> None:
    """An unknown id is told as unknown; a requested round is told before it ended."""
    world = quick(World(2))
    assert view_run(world.ports(), world.connector, "20261122T101500Z-zzzz") is None
    world.pull()
    sealed = world.state.sealed[0].id
    found = whole(world, sealed)

    assert (found.status.status, [one.what for one in found.timeline], found.people) == ("waiting", ["pulled"], None)


def stored(people: int, **of: int) -> RunPeopleView:
    """Return the view of a stored run of so many people."""
    store = CountingStore()
    write_run(store, people, of=of)
    reader = open_run(store, RUN)
    assert reader is not None
    return RunPeopleView(reader, connector())


@pytest.mark.parametrize(
    "after", ["0", "0.0", "0.0.0.0", "x.0.0", "0.-1.0", "0.0.", "².0.0", "0.0.1234567890", "1.0.0", "9.0.0", "0.9.0"]
)
def test_a_place_where_no_page_of_this_question_ended_is_refused(after: str) -> None:
    """Three numbers of a place that there is; another question's may lead nowhere."""
    with pytest.raises(RefusedError, match="where a page"):
        stored(3).page(Wanted(kind="set"), after=after)


def test_a_page_goes_on_where_the_one_before_ended_whatever_its_size() -> None:
    """Together the pages are everybody, once, clears first; the last names no other."""
    view = stored(30, clears=4, rare=3)
    for wanted in (Wanted(), Wanted(property="UpaTitle"), Wanted(kind="cleared"), Wanted(result="planned")):
        whole = [one.person for one in view.everybody(wanted)]
        for limit in (1, 7, 30, 31):
            found, after, pages = list[str](), "", 0
            while pages == 0 or after:
                page = view.page(wanted, after=after, limit=limit)
                assert len(page.people) <= limit
                found += [one.person for one in page.people]
                after, pages = page.after, pages + 1
            assert found == whole
    assert view.page(Wanted(), limit=30).after == ""
    assert view.page(Wanted(), limit=29).after != ""


def test_a_person_of_whom_nothing_fits_isnt_in_the_answer() -> None:
    """By page or all at once; another's values aren't theirs."""
    view = stored(6, rare=3)
    rare, plain = id_of(3), id_of(1)

    def both(**wanted: str) -> list[list[str]]:
        one = Wanted(**wanted)
        return [[each.person for each in found] for found in (view.page(one).people, view.everybody(one))]

    assert both(person=rare) == [[rare]] * 2
    assert both(person=rare, property="UpaCode") == [[rare]] * 2
    assert both(person=plain, property="UpaCode") == [[], []]
    assert both(person=plain, result="refused") == [[], []]
    assert sorted(both(property="UpaCode")[0]) == sorted(id_of(n) for n in (0, 3))
    assert both(property="UpaNothing") == [[], []]


def test_whoever_waits_or_declined_is_found_by_that_word_and_by_their_property() -> None:
    """Also whom the plan left out; a refusal of the whole person belongs to every property."""
    store = CountingStore()
    left = [
        LeftOut(id_of(1), {}, {"UpaCode": ("not_kept", "", "C")}),
        LeftOut(id_of(2), {}, {"UpaTitle": ("declined", "", "T")}),
    ]
    table, batches = write_run(store, 5, left_out=left)
    whole = PersonVerdict({"*": Refusal(EscrowReason.PROFILE_NOT_CREATED)})
    title = PersonVerdict({"UpaTitle": Refusal(EscrowReason.REFUSED_BY_SHAREPOINT, "x")}, ("UpaDepartment",))
    verdict = Verdict(confirmed=True, failed={id_of(3): whole, id_of(4): title})
    note_results(store, RUN, table.batches[0].name, batches[0], verdict)
    reader = open_run(store, RUN)
    assert reader is not None
    view = RunPeopleView(reader, connector())

    def found(**wanted: str) -> dict[str, set[str]]:
        return {one.person: {value.property for value in one.values} for one in view.everybody(Wanted(**wanted))}

    assert found(result="escrowed") == {id_of(3): {"UpaDepartment", "UpaTitle"}, id_of(1): {"UpaCode"}}
    assert found(result="escrowed", property="UpaTitle") == {id_of(3): {"UpaTitle"}}
    assert found(result="declined") == {id_of(2): {"UpaTitle"}}
    assert found(result="refused") == {id_of(4): {"UpaTitle"}}
    assert found(result="refused", property="UpaDepartment") == {}
    assert found(property="UpaCode") == {id_of(1): {"UpaCode"}}
    assert set(found(result="accepted")) == {id_of(n) for n in (0, 1, 2, 4)}
    assert set(found()) == {id_of(n) for n in range(5)}


def test_a_page_that_would_read_too_much_ends_early_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two reads a page, whatever it finds; the pages together are everybody, once, in the same order."""
    store = CountingStore()
    write_run(store, 2_600, of={"clears": 700, "rare": 900})
    reader = open_run(store, RUN)
    assert reader is not None
    view = RunPeopleView(reader, connector())
    store.spent()
    full = view.page(Wanted(), limit=10)
    assert (len(full.people), store.spent()[0] <= 2) == (10, True)
    monkeypatch.setattr(run_people, "FIRST_READ", 1)
    monkeypatch.setattr(run_people, "SECOND_READ", 1)
    for wanted in (Wanted(), Wanted(kind="set", property="UpaCode"), Wanted(result="planned")):
        whole = [one.person for one in view.everybody(wanted)]
        store.spent()
        found, after, pages = list[str](), "", 0
        while pages == 0 or after:
            page = view.page(wanted, after=after, limit=1_000)
            assert store.spent()[0] <= 2
            found += [one.person for one in page.people]
            after, pages = page.after, pages + 1
        assert found == whole
    assert pages > 2
