"""The import file: what SharePoint's importer must be able to read, whatever the values."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenant_sim.upa import newtonsoft
from tests.fakes.clock import START
from upa_core.domain.bulk.batch import (
    BOM,
    ID_PROPERTY,
    ImportFile,
    read,
    split,
    without,
)
from upa_core.domain.cloud import CLOUDS
from upa_core.domain.connector import Connector, Source, Target
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.people.changes import compile_projection
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.mapping import direct
from upa_core.domain.people.shadow import Shard
from upa_core.domain.plan.entry import Entry
from upa_core.domain.plan.planner import Planner

CARRIABLE = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"))
NASTY = st.sampled_from(
    [
        '},{"IdName":"x',
        '"}]}',
        '"',
        "\\",
        "\\\\",
        'a"b\\c',
        "\u2028\u2029",
        "👍🏽",
        "עברית",
        "\ufeff",
        "</script>",
        "x" * 5000,
        "\t\n\r",
    ]
)
VALUES = st.one_of(CARRIABLE, NASTY)
TYPES = ("string", "date", "datetime", "boolean", "integer")


def content_of(people: dict[str, dict[str, str]]) -> bytes:
    file = ImportFile(max_pairs=10**6, max_bytes=10**9)
    assert file.add([Entry(person, values, {}) for person, values in people.items()]) == len(people)
    content = file.content()
    assert len(content) == file.size
    return content


@pytest.mark.slow
@given(
    st.dictionaries(
        st.one_of(st.uuids().map(str), VALUES), st.dictionaries(st.sampled_from(["A", "B", "C"]), VALUES), max_size=5
    )
)
def test_any_unicode_round_trips_through_two_strict_parsers(people: dict[str, dict[str, str]]) -> None:
    """What goes into the file comes out of a strict JSON parser and of the simulator's Newtonsoft unchanged."""
    content = content_of(people)
    assert content.startswith(BOM)
    assert content[3:].isascii()
    wanted = [{ID_PROPERTY: person, **values} for person, values in people.items()]
    assert json.loads(content[3:].decode("ascii"), strict=True) == {"value": wanted}
    assert newtonsoft.parse(newtonsoft.decode(content)) == {"value": wanted}
    pieces = split(content)
    assert list(pieces) == list(people)
    assert read(pieces.values()) == people


@pytest.mark.slow
@given(
    rows=st.lists(
        st.tuples(
            *[st.one_of(st.none(), st.text(max_size=8), st.booleans(), st.integers(), st.floats()) for _ in TYPES]
        ),
        max_size=6,
    ),
    on_empty=st.sampled_from(["keep", "clear"]),
    known=st.booleans(),
)
def test_the_bytes_never_hold_a_null_an_empty_date_or_an_unmapped_key(
    rows: list[tuple[object, ...]], on_empty: str, known: bool
) -> None:
    """Whatever the source says, no null, no "" outside of strings, and no key that no mapping names is written."""
    mappings = tuple(direct(f"a{n}", f"P{n}", type=kind, on_empty=on_empty) for n, kind in enumerate(TYPES))
    connector = Connector(
        "c", Source(CLOUDS["global"], "t"), Target("https://t-admin.x", "https://t.x", "/f"), mappings
    )
    shard = Shard(connector.targets)
    planned = []
    for number, row in enumerate(rows):
        person = f"p{number}"
        if known:
            shard.settle(person, dict.fromkeys(connector.targets, "before"), 1)
        planned.append([person, 0, *row])
    plan = Planner(connector).plan(shard, planned, ended=(), gone=(), full_round="", now=START)
    text = content_of({entry.person: dict(entry.new) for entry in plan.entries}).decode("utf-8-sig")
    for entry in json.loads(text)["value"]:
        assert set(entry) <= {ID_PROPERTY, *connector.targets}
        assert None not in entry.values()
        assert all(value != "" or name == "P0" for name, value in entry.items())
        assert all(isinstance(value, str) for value in entry.values())


def test_each_person_has_their_own_properties_whoever_came_before() -> None:
    """As many properties as the person before, others, fewer, more, the same in another order; any name, any value."""
    strange = "Upa{0}\"\\'é"
    values: list[dict[str, str]] = [
        {"UpaA": "1", "UpaB": "{2}"},
        {"UpaA": "1", "UpaC": '"'},
        {"UpaC": "c"},
        {"UpaB": "b", "UpaA": "a"},
        {"UpaA": "a", "UpaB": "b"},
        {strange: "\\", "UpaA": "é", "UpaB": ""},
        {},
        {strange: "x"},
    ]
    file = ImportFile(max_pairs=100, max_bytes=10_000)
    file.add([Entry(f"p{at}", new, {}) for at, new in enumerate(values)])

    told = json.loads(file.content().decode("utf-8-sig"))["value"]
    assert told == [{"IdName": f"p{at}", **new} for at, new in enumerate(values)]
    assert file.pairs == sum(map(len, values))


@pytest.mark.parametrize("text", ["\ud800", "a\udfff", "\x00", "\x1f", "\ufffe"])
def test_what_xml_cant_carry_follows_on_invalid(text: str) -> None:
    """A lone surrogate or a control character waits in escrow; the person's other values are sent."""
    mappings = (direct("a", "A"), direct("b", "B"))
    connector = Connector(
        "c", Source(CLOUDS["global"], "t"), Target("https://t-admin.x", "https://t.x", "/f"), mappings
    )
    shard = Shard(connector.targets)
    row = compile_projection(connector.inputs)({"id": "p", "a": text, "b": "fine"})
    plan = Planner(connector).plan(shard, [row], ended=(), gone=(), full_round="", now=START)
    assert [dict(entry.new) for entry in plan.entries] == [{"B": "fine"}]
    assert shard.escrow["p"]["A"].reason is EscrowReason.INVALID_VALUE
    assert plan.counts.invalid == 1


def test_a_file_ends_before_a_limit_would_be_passed() -> None:
    """Pairs and bytes are counted with the next person, exactly; a file always takes at least one."""
    two, one = {"X": "1", "Y": "2"}, {"X": "1"}
    file = ImportFile(max_pairs=3, max_bytes=10**6)
    assert file.add([Entry("a", two, {}), Entry("b", two, {})]) == 1
    assert file.add([Entry("b", two, {})]) == 0
    assert file.add([Entry("c", one, {})]) == 1
    assert (file.people, file.pairs) == (2, 3)
    small = ImportFile(max_pairs=10, max_bytes=60)
    assert small.add([Entry("a", {"X": "1" * 200}, {}), Entry("b", one, {})]) == 1
    assert small.add([Entry("b", one, {})]) == 0


@pytest.mark.slow
@given(st.lists(st.integers(1, 60), min_size=1, max_size=40), st.integers(20, 400))
def test_a_file_takes_as_many_as_its_bytes_allow(lengths: list[int], limit: int) -> None:
    """Added at once or one by one, the same people fit, and one more would not."""
    entries = [Entry(f"p{n}", {"X": "é" * length}, {}) for n, length in enumerate(lengths)]
    at_once, one_by_one = (ImportFile(max_pairs=1000, max_bytes=limit) for _ in range(2))
    taken = 0
    while added := at_once.add(entries[taken:]):
        taken += added
    assert taken == next((n for n, entry in enumerate(entries) if not one_by_one.add([entry])), len(entries))
    assert at_once.content() == one_by_one.content()


@pytest.mark.parametrize("content", [b"", b"{}", b'{"value":[1]}', b'{"value":[{"X":"1"}]}'])
def test_a_damaged_file_is_told_apart(content: bytes) -> None:
    """What isn't an import file of ours raises CorruptStateError, nothing else."""
    with pytest.raises(CorruptStateError):
        read(split(content).values())


@pytest.mark.slow
def test_the_bytes_are_the_same_under_five_locales_and_three_time_zones() -> None:
    """Neither the locale nor the time zone of the host reaches a value."""
    program = (
        "import locale, os, sys, time, hashlib\n"
        "try: locale.setlocale(locale.LC_ALL, sys.argv[1])\n"
        "except locale.Error: pass\n"
        "os.environ['TZ'] = sys.argv[2]; time.tzset()\n"
        "from upa_core.domain.bulk.batch import ImportFile\n"
        "from upa_core.domain.people.mapping import compile_mappings, direct\n"
        "from upa_core.domain.plan.entry import Entry\n"
        "m = [direct('d','D',type='date'), direct('i','I',type='integer'), direct('b','B',type='boolean'),\n"
        "     direct('t','T',type='datetime'), direct('s','S')]\n"
        "row = ['2026-01-31T23:30:00Z', 1234567, True, '2026-07-01T00:30:00Z', 'İıß']\n"
        "v = compile_mappings(m, ['d','i','b','t','s'])(row)\n"
        "f = ImportFile(max_pairs=9, max_bytes=999); f.add([Entry('p', dict(zip('DIBTS', v)), {})])\n"
        "sys.stdout.write(hashlib.sha256(f.content()).hexdigest())\n"
    )
    cases = [
        ("C", "UTC"),
        ("de_DE.UTF-8", "UTC"),
        ("tr_TR.UTF-8", "Asia/Tokyo"),
        ("fa_IR", "America/Caracas"),
        ("", "UTC"),
    ]
    seen = set()
    for name, zone in cases:
        ran = subprocess.run([sys.executable, "-c", program, name, zone], capture_output=True, text=True, check=True)
        seen.add(ran.stdout)
    assert len(seen) == 1


def test_a_file_is_as_large_as_its_limit_and_no_larger() -> None:
    """To the byte, commas counted, whether people come at once or one by one."""
    three = [Entry(f"p{n}", {"X": "1"}, {}) for n in range(3)]
    unlimited = ImportFile(max_pairs=10, max_bytes=10**6)
    unlimited.add(three[:1])
    unlimited.add(three[1:])
    size = len(unlimited.content())

    def taken(limit: int, *parts: list[Entry]) -> int:
        file = ImportFile(max_pairs=10, max_bytes=limit)
        return sum(file.add(part) for part in parts)

    assert unlimited.size == size
    assert [taken(limit, three) for limit in (size, size - 1)] == [3, 2]
    assert taken(size - (size - ImportFile(max_pairs=1, max_bytes=1).size + 1) // 3, three) == 2
    assert [taken(limit, three[:1], three[1:]) for limit in (size, size - 1)] == [3, 2]


@pytest.mark.parametrize(
    "damage", [lambda file: b"X" + file[1:], lambda file: file[:-3] + b"X]}", lambda file: file[:-1]]
)
def test_a_file_of_which_an_end_is_damaged_is_told_apart(damage: Callable[[bytes], bytes]) -> None:
    """A person who was cut isn't somebody else."""
    with pytest.raises(CorruptStateError):
        split(damage(content_of({"p": {"X": "1"}, "q": {"X": "2"}})))


def test_whoever_is_forgotten_is_taken_out_in_any_letter_case() -> None:
    """An id is the same person however a source writes it."""
    content = content_of({"AB-1": {"X": "1"}, "ab-2": {"X": "2"}})

    assert set(split(without(content, "ab-1"))) == {"ab-2"}
    assert without(content, "ab-3") == content
