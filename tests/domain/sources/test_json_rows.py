"""JSON and JSON lines: numbers as they are written, one value a name, nothing of a cut file."""

from __future__ import annotations

import pytest

from tests.domain.sources.support import found, read
from upa_core.domain.sources.contract import Contract, KeyPart

JSON = Contract((KeyPart("id"),), ("no", "work.city"), format="json")
LIST = """[{"id":"1","no":12345678901234567890123,"work":{"city":"Żółw"}},
 {"ID":"2","no":1E5,"x":[1]},
 {"id":"3","no":null}]
"""


def test_numbers_stay_as_they_are_written() -> None:
    """A number of 23 digits, 1E5, a nested value, a null, an absent name, another letter case."""
    rows, verdict = read(LIST, JSON)

    assert verdict.status == "accepted"
    assert rows == {"1": ("12345678901234567890123", "Żółw"), "2": ("1E5", ""), "3": ("", "")}
    lines = LIST[1:-2].replace("},", "}")
    assert read(lines, JSON, format="jsonl")[0] == rows


def test_a_cut_at_any_byte_gives_out_nothing_else() -> None:
    """A list that never ends is refused; lines give out whole people only."""
    good, _ = read(LIST, JSON)
    whole, lines = LIST.encode(), LIST[1:-2].replace("},", "}").encode()

    assert {read(whole[:at], JSON)[1].status for at in range(1, len(whole) - 1)} == {"refused"}
    for at in range(len(lines)):
        rows, verdict = read(lines[:at], JSON, format="jsonl")
        assert verdict.status != "accepted" or rows.items() <= good.items()


def test_a_list_below_a_name_and_its_total() -> None:
    """`items` and `total` name them; another total than the rows holds the file."""
    text = '{"meta":{"total":%d},"value":[{"id":"1","no":"a","work":{"city":"b"}}]}'

    assert read(text % 1, JSON, items="value", total="meta.total")[0] == {"1": ("a", "b")}
    assert read(text % 2, JSON, items="value", total="meta.total")[1].holds == ("incomplete_file",)


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        ('[{"id":"1","no":"a"},\n{"id":"2","no":"b","no":"c"}]', "name_twice", 2),
        ('[{"id":"1","no":"a","work":{"city":"x"},"work.city":"y"}]', "name_twice", 1),
        ('[{"id":"1","no":NaN}]', "not_json", 1),
        ('[{"id":"1"}\n{"id":"2"}]', "not_json", 2),
        ('[{"id":"1"}] x', "not_json", 1),
        ("[" + '{"a":' * 100_000, "nested", 1),
        ("[" + '{"a":' * 2_000 + "1" + "}" * 2_000 + "]", "nested", 1),
        ('[{"id":"1","no":"a","work":{"city":"x"}},\n{"id":"2","no":"b","NO":"c"}]', "name_twice", 2),
        ('[{"id":"1","no":"a","work":{"city":"x"}},\n{"id":"2","no":null,"no ":"c"}]', "name_twice", 2),
        ('[{"id":"1","no":{"code":"a"},"work":{"city":"x"}},\n{"id":"2","no":"b"}]', "list", 1),
        ('[{"id":"1","no":"a","work":{"city":{}}}]', "list", 1),
        ('[{"id":"1","no":"a\\ud83d","work":{"city":"x"}}]', "too_many_odd_rows", 0),
        ('["1"]', "not_an_object", 1),
        ('{"value":[]}', "no_list", 1),
        ('[{"id":"1","no":["a"],"work":{"city":"x"}}]', "list", 1),
        ('[{"id":"1","no":"a"}]', "header_missing", 1),
        ("<html></html>", "wrong_content", 1),
    ],
)
def test_what_cant_be_meant_is_refused(text: str, kind: str, line: int) -> None:
    """Kind and line are told, and nothing counts."""
    _, verdict = read(text, JSON)

    assert (verdict.status, found(verdict)[0][1:3]) == ("refused", (kind, line))


def test_a_structure_that_nobody_reads_refuses_nothing() -> None:
    """The first person has null in place of an object, another a list in a column that isn't read."""
    text = '[{"id":"1","no":"a","work":null,"tags":["x"]},{"id":"2","no":"b","work":{"city":"c"},"tags":{}}]'

    assert read(text, JSON)[0] == {"1": ("a", ""), "2": ("b", "c")}
    assert found(read(text, JSON, every_column=True)[1])[0][:2] == ("refused", "list")


@pytest.mark.parametrize("next_one", ['"@odata.nextLink":"https://x"', '"links":{"next":"/2"}', '"hasMore":true'])
def test_one_page_of_several_is_refused(next_one: str) -> None:
    """A document that names the next one holds some of the people; the last page names none."""
    text = '{%s,"value":[{"id":"1","no":"a","work":{"city":"b"}}]}'

    assert found(read(text % next_one, JSON, items="value")[1])[0][1] == "paged"
    last = next_one.replace('"https://x"', "null").replace('"/2"', '""').replace("true", "false")
    assert read(text % last, JSON, items="value")[1].status == "accepted"


@pytest.mark.parametrize("total", ['"\u00b2"', "9" * 5000, "2.0", "-1", "true"])
def test_a_total_that_is_no_number_is_refused(total: str) -> None:
    """Digits of other scripts, a number too long to be one, a fraction: never a defect."""
    text = '{"n":%s,"value":[{"id":"1","no":"a","work":{"city":"b"}}]}'

    assert found(read(text % total, JSON, items="value", total="n")[1])[0][1] == "no_total"


@pytest.mark.parametrize(("length", "after"), [(10_300_000, ""), (10_300_000, "\n")])
def test_a_line_that_is_too_long_hides_nobody_behind_it(length: int, after: str) -> None:
    """The file is refused: its rows must not end there as if nothing followed."""
    person = '{"id": "1", "no": "a"}\n'
    contract = Contract((KeyPart("id"),), ("no",), format="jsonl")
    content = (
        person + '{"id": "2", "no": "' + "x" * length + f'"}}{after}' + (person.replace("1", "3") if after else "")
    )
    verdict = read(content, contract)[1]

    assert (verdict.status, found(verdict)) == ("refused", [("refused", "too_large", 2, "")])
