"""What a read says of one person before a write and after it, and what is sent: on answers made to order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.support.world import World
from upa_core.domain.errors import InvalidValueError, RetryLaterError, ThrottledError, UnansweredError, UpaError
from upa_core.domain.health.events import EventName, Level
from upa_core.domain.individual.answer import Fault, Profile, Reading, Written
from upa_core.domain.individual.batch import Task
from upa_core.domain.individual.proof import Proof, PropertyProof
from upa_core.domain.individual.record import PersonRecord
from upa_core.domain.people.mapping import Mapping as PropertyMapping
from upa_core.domain.people.mapping import direct
from upa_core.services.deliver.individual.counted import Counted
from upa_core.services.deliver.individual.person import Writer, site_host_of

TITLE = direct("jobTitle", "UpaTitle", route="individual", on_user_edit="overwrite")
KEPT = direct("department", "UpaDepartment", route="individual", on_user_edit="keep")
HIRED = direct("employeeHireDate", "UpaHired", type="date", route="individual", on_user_edit="overwrite")
AT = direct("employeeHireDate", "UpaAt", type="datetime", route="individual", on_user_edit="overwrite")
TEAMS = direct("businessPhones", "UpaTeams", type="strings", route="individual", on_user_edit="overwrite")
ACCOUNT = "i:0#.f|membership|ann@contoso.com"
MINE, THEIRS = "ann", "bob"


class Script:
    """Answers reads and writes one after the other; notes what was sent, and when."""

    def __init__(self, world: World, *answers: Any) -> None:
        self.world, self.answers = world, list(answers)
        self.sent: list[dict[str, Any]] = []
        self.times: list[float] = []

    def app(self) -> str:
        return "app"

    def read(self, wanted: Mapping[str, Sequence[str]], *, hosts: bool = False) -> dict[str, Any]:
        return dict.fromkeys(wanted, self._next())

    def write(self, account: str, values: Mapping[str, Any], names: Sequence[str]) -> Any:
        self.sent.append(dict(values))
        return self._next()

    def _next(self) -> Any:
        self.times.append(self.world.time.monotonic())
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Desk:
    """A writer, its answers, and what it told."""

    def __init__(self, *answers: Any, mappings: tuple[PropertyMapping, ...] = (TITLE,), host: str = "") -> None:
        self.world = World()
        self.script = Script(self.world, *answers)
        found = {"UpaHired": PropertyProof("date", "works", clear="null")}
        proof = Proof(self.world.now, "dmy", found)
        known = {one.target: one for one in mappings}
        self.writer = Writer(self.world.ports(), Counted(self.script), "hr", "run", known, proof, host)

    def write(self, task: Task, before: Profile, *, seconds: float = 1_000) -> PersonRecord:
        return self.writer.write(task, before, until=self.world.time.monotonic() + seconds)

    def told(self) -> list[Mapping[str, Any]]:
        events = self.world.events.named(EventName.STRANGER_WRITTEN)
        assert {one.level for one in events} <= {Level.ERROR}
        return [one.fields for one in events]


def task(**values: str) -> Task:
    return Task(MINE, ACCOUNT, values or {"UpaTitle": "ours"})


def shown(person: str = MINE, host: str = "", **values: str) -> Profile:
    return Profile(person, values, host)


@pytest.mark.parametrize(
    ("reading", "ending", "code"),
    [
        (None, "no_profile", ""),
        (Fault("refused", "UserProfileException"), "unreadable", "UserProfileException"),
        (Fault("unclear"), "unreadable", "unclear"),
        (shown(THEIRS, UpaTitle="ours"), "other_person", ""),
        (
            shown(host="https://Contoso-EUR-my.sharepoint.com:443/", UpaTitle="x"),
            "other_geo",
            "contoso-eur-my.sharepoint.com",
        ),
        (shown(host="https://" + "x" * 90 + ".com/", UpaTitle="x"), "other_geo", "x" * 80),
    ],
    ids=["nobody", "refused", "unclear", "somebody else", "another geo", "a long host"],
)
def test_a_read_that_isnt_of_the_persons_own_profile_ends_the_work(reading: Reading, ending: str, code: str) -> None:
    """Nothing is written; the record says why, by the name of the error or the host, never by a value."""
    record = Desk(host="contoso-my.sharepoint.com").writer.look(task(), reading)

    assert record == PersonRecord(MINE, ending, code=code)


def test_whoever_has_no_account_name_isnt_looked_for() -> None:
    """Whatever was read."""
    nameless = Task(MINE, "", {"UpaTitle": "ours"})

    assert Desk().writer.look(nameless, shown(UpaTitle="ours")) == PersonRecord(MINE, "no_account")


@pytest.mark.parametrize(
    ("host", "seen"),
    [
        ("", "https://other-my.sharepoint.com/"),
        ("contoso-my.sharepoint.com", ""),
        ("contoso-my.sharepoint.com", "https://CONTOSO-my.sharepoint.com:443/"),
    ],
    ids=["nobody asks", "nothing is shown", "the same"],
)
def test_a_geo_that_isnt_asked_for_or_is_the_same_hinders_nobody(host: str, seen: str) -> None:
    """The host is compared without its port and letter case."""
    assert Desk(host=host).writer.look(task(), shown(host=seen, UpaTitle="other")) is None


def test_a_profile_that_holds_everything_is_a_record_of_what_was_read() -> None:
    """With the order of dates, and the types that aren't plain text; an object id in capitals is the same."""
    desk = Desk(mappings=(TITLE, HIRED))
    one = Task(MINE.upper(), ACCOUNT, {"UpaTitle": "T", "UpaHired": "2026-02-01"})
    record = desk.writer.look(one, shown(UpaTitle="T", UpaHired="01.02.2026"))

    assert record == PersonRecord(
        MINE.upper(), "read", "dmy", {"UpaHired": "date"}, {"UpaTitle": "T", "UpaHired": "01.02.2026"}
    )
    assert desk.writer.look(one, shown(UpaTitle="T", UpaHired="02.02.2026")) is None


def test_a_users_edit_and_a_property_that_is_mapped_no_longer_are_left_alone() -> None:
    """The edit is told by its property; where anything else differs, a write is needed."""
    desk = Desk(mappings=(TITLE, KEPT))
    values = {"UpaDepartment": "ours", "UpaGone": "old"}
    record = desk.writer.look(task(**values), shown(UpaDepartment="mine", UpaGone="x"))
    needed = desk.writer.look(task(**values, UpaTitle="T"), shown(UpaDepartment="mine", UpaTitle=""))
    earlier = Task(MINE, ACCOUNT, values, {"UpaDepartment": ["mine"]})

    assert record is not None
    assert (record.ending, record.edited) == ("read", ("UpaDepartment",))
    assert needed is None
    assert desk.writer.look(earlier, shown(UpaDepartment="mine")) is None


def test_a_look_after_a_write_without_an_answer_keeps_the_doubt_until_a_profile_is_seen() -> None:
    """A stranger who holds what was sent is told, with how many properties; one who doesn't isn't."""
    desk = Desk(mappings=(TITLE, KEPT))
    sent = task(UpaTitle="ours", UpaDepartment="D")
    nobody = desk.writer.look_again(sent, None)
    clean = desk.writer.look_again(sent, shown(THEIRS, UpaTitle="theirs"))
    told = desk.told()
    struck = desk.writer.look_again(sent, shown(THEIRS, UpaTitle="ours", UpaDepartment="x"))
    mine = desk.writer.look_again(sent, shown(UpaTitle="ours", UpaDepartment="D"))

    assert nobody == PersonRecord(MINE, "no_profile", sent=("UpaTitle", "UpaDepartment"), doubted=True)
    assert clean == PersonRecord(MINE, "other_person", sent=("UpaTitle", "UpaDepartment"))
    assert struck == PersonRecord(MINE, "other_person", sent=("UpaTitle", "UpaDepartment"), stranger=True)
    assert (told, desk.told()) == ([], [{"properties": 1, "put_back": 0}])
    assert mine is not None
    assert (mine.ending, mine.sent, mine.doubted) == ("read", (), False)
    assert desk.writer.look_again(sent, shown(UpaTitle="x")) is None


def test_a_value_that_cant_be_sent_is_told_without_the_value() -> None:
    """The name of the property, and no more than eighty characters of anything else."""
    named = Desk(InvalidValueError("UpaTitle: holds secret")).write(task(), shown(UpaTitle=""))
    long = Desk(InvalidValueError("x" * 100)).write(task(), shown(UpaTitle=""))

    assert (named.ending, named.sent, named.code) == ("invalid", (), "UpaTitle")
    assert long.code == "x" * 80


def test_only_what_differs_is_sent_in_the_form_of_its_type() -> None:
    """A list as a list; a clear in the form that the probe proved, else as an empty text."""
    desk = Desk(Written({}, None), Written({}, None), mappings=(TITLE, HIRED, TEAMS))
    desk.write(
        task(UpaTitle="T", UpaHired="", UpaTeams='["a","b"]'), shown(UpaTitle="T", UpaHired="01.02.2026", UpaTeams="a")
    )
    desk.write(task(UpaTitle="", UpaTeams=""), shown(UpaTitle="T", UpaTeams="a"))

    assert desk.script.sent == [{"UpaHired": None, "UpaTeams": ("a", "b")}, {"UpaTitle": "", "UpaTeams": ()}]


def test_a_write_is_recorded_with_its_faults_and_what_is_there_afterwards() -> None:
    """Before and after as shown; the fault of a set by its kind and name."""
    answer = Written({"UpaTitle": Fault("refused", "X")}, shown(UpaTitle="old"), shown(UpaTitle="old"))
    record = Desk(answer).write(task(), shown(UpaTitle="old"))

    assert record == PersonRecord(
        MINE,
        "written",
        "dmy",
        {},
        {"UpaTitle": "old"},
        ("UpaTitle",),
        {"UpaTitle": "refused X"},
        {"UpaTitle": "old"},
    )


def test_a_write_without_an_answer_is_looked_at_three_times_with_pauses() -> None:
    """As long as SharePoint asks, else five seconds; not beyond the claim. What can't be seen is without an answer."""
    lost, seen = UnansweredError("no answer"), shown(UpaTitle="ours")
    desk = Desk(lost, RetryLaterError("down"), ThrottledError("429", retry_after=7), seen)
    record = desk.write(task(), shown(UpaTitle="old"))
    late = Desk(lost, RetryLaterError("down"), seen)
    blind = Desk(lost, *[RetryLaterError("down")] * 3)

    assert (record.ending, record.after, record.stranger) == ("unanswered", {"UpaTitle": "ours"}, False)
    assert [after - desk.script.times[0] for after in desk.script.times] == [0, 0, 5, 12]
    for one, seconds in ((late, 5), (blind, 1_000)):
        with pytest.raises(UnansweredError, match="can't be looked at"):
            one.write(task(), shown(UpaTitle="old"), seconds=seconds)
    assert (len(late.script.times), len(blind.script.times)) == (2, 4)


def test_a_stranger_behind_a_write_without_an_answer_is_told_and_left() -> None:
    """What they held before is in the answer that was lost."""
    desk = Desk(UnansweredError("no answer"), shown(THEIRS, UpaTitle="ours"))
    record = desk.write(task(), shown(UpaTitle="old"))

    assert (record.ending, record.after, record.stranger) == ("unanswered", None, True)
    assert (desk.told(), len(desk.script.sent)) == ([{"properties": 1, "put_back": 0}], 1)


HIT = Written({"UpaTitle": None}, shown(THEIRS, UpaTitle="ours"), shown(THEIRS, UpaTitle="theirs"))
BACK = Written({"UpaTitle": None}, shown(THEIRS, UpaTitle="theirs"))


@pytest.mark.parametrize(
    ("answers", "put_back", "sets"),
    [
        ((shown(THEIRS, UpaTitle="ours"), BACK), 1, [{"UpaTitle": "theirs"}]),
        ((None,), 0, []),
        ((shown("eve", UpaTitle="ours"),), 0, []),
        ((Fault("refused"),), 0, []),
        ((shown(THEIRS, UpaTitle="newer"),), 1, []),
        ((shown(THEIRS, UpaTitle="ours"), Written({}, shown("eve", UpaTitle="theirs"))), 0, [{"UpaTitle": "theirs"}]),
        ((shown(THEIRS, UpaTitle="ours"), Written({}, None)), 0, [{"UpaTitle": "theirs"}]),
        ((shown(THEIRS, UpaTitle="ours"), Written({}, shown(THEIRS, UpaTitle="ours"))), 0, [{"UpaTitle": "theirs"}]),
        ((RetryLaterError("down"),) * 3, 0, []),
        ((UpaError("odd"),), None, []),
    ],
    ids=[
        "back",
        "gone",
        "moved on",
        "unreadable",
        "newer",
        "moved while set",
        "gone while set",
        "not kept",
        "away",
        "odd",
    ],
)
def test_a_strangers_old_value_is_set_again_and_the_report_says_whether_it_is_there(
    answers: tuple[Any, ...], put_back: int | None, sets: list[dict[str, str]]
) -> None:
    """Only where the name still leads to them, and only what they didn't change themselves; it is told in any case."""
    desk = Desk(HIT, *answers)
    if put_back is None:
        with pytest.raises(UpaError, match="odd"):
            desk.write(task(), shown(UpaTitle="old"))
        return
    record = desk.write(task(), shown(UpaTitle="old"))

    assert (record.stranger, record.after) == (True, None)
    assert desk.script.sent[1:] == sets
    assert desk.told() == [{"properties": 1, "put_back": put_back}]


def test_a_name_that_moved_between_the_sets_and_the_look_leaves_nothing_to_put_back() -> None:
    """The sets reached the person's own profile, as far as anybody knows: the other one's old values aren't known."""
    desk = Desk(Written({"UpaTitle": None}, shown(THEIRS, UpaTitle="x"), shown(UpaTitle="old")))
    record = desk.write(task(), shown(UpaTitle="old"))

    assert (record.stranger, desk.told()) == (True, [{"properties": 1, "put_back": 0}])


@pytest.mark.parametrize(("fault", "properties"), [("refused", 0), ("denied", 0), ("unclear", 1)])
def test_only_what_may_have_been_set_at_a_stranger_is_put_back(fault: Any, properties: int) -> None:
    """A set that was refused changed nothing."""
    hit = Written({"UpaTitle": Fault(fault)}, shown(THEIRS, UpaTitle="ours"), shown(THEIRS, UpaTitle="theirs"))
    desk = Desk(hit, shown(THEIRS, UpaTitle="ours"), BACK)
    desk.write(task(), shown(UpaTitle="old"))

    assert desk.told() == [{"properties": properties, "put_back": 1}]
    assert len(desk.script.sent) == 1 + properties


def test_old_values_are_put_back_in_the_form_of_their_type() -> None:
    """A date without doubt about its order, a moment with its time, a list, and the form that clears."""
    old = {"UpaHired": "01.02.2026", "UpaTeams": "a|b", "UpaTitle": "", "UpaAt": "01.02.2026 10:20:00"}
    ours = {"UpaHired": "03.02.2026", "UpaTeams": "c", "UpaTitle": "T", "UpaAt": "03.02.2026 00:00:00"}
    hit = Written(dict.fromkeys(old), shown(THEIRS, **ours), shown(THEIRS, **old))
    desk = Desk(hit, shown(THEIRS, **ours), Written({}, shown(THEIRS, **old)), mappings=(HIRED, TEAMS, TITLE, AT))
    desk.write(
        task(UpaHired="2026-02-03", UpaTeams='["c"]', UpaTitle="T"), shown(UpaHired="", UpaTeams="", UpaTitle="")
    )

    assert desk.script.sent[1] == {
        "UpaHired": "2026-02-01",
        "UpaTeams": ("a", "b"),
        "UpaTitle": "",
        "UpaAt": "2026-02-01 10:20:00",
    }
    assert desk.told() == [{"properties": 4, "put_back": 1}]


@pytest.mark.parametrize(
    ("admin", "host"),
    [
        ("https://Contoso-admin.sharepoint.com", "contoso-my.sharepoint.com"),
        ("https://contoso-admin.sharepoint.us/x", "contoso-my.sharepoint.us"),
        ("https://tenant.example.com", ""),
        ("nonsense", ""),
    ],
)
def test_the_host_of_personal_sites_follows_from_the_admin_site(admin: str, host: str) -> None:
    """ "" where it doesn't say, and where the connector says that there is one geo."""
    world = World()
    connector = replace(world.connector, target=replace(world.connector.target, admin_url=admin))
    alone = replace(connector, individual=replace(connector.individual, one_geo=True))

    assert (site_host_of(connector), site_host_of(alone)) == (host, "")
