"""The reader of the import file answers as Newtonsoft.Json did, recorded on .NET (shared/data/dotnet-golden)."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenant_sim.upa import newtonsoft
from tenant_sim.upa.newtonsoft import UNDEFINED, BadJsonError, Constructor, Date, load  # type: ignore[attr-defined]
from tenant_sim.upa.newtonsoft.values import float_text

GOLDEN = Path(__file__).parents[3] / "shared" / "data" / "dotnet-golden"
NOT_FOLLOWED: dict[str, str] = {}
"""Texts of vectors that aren't followed, each with its reason: none."""


def vectors(name: str) -> list[dict[str, Any]]:
    if not GOLDEN.is_dir():
        pytest.skip(f"the vectors of .NET are not here: {GOLDEN}")
    return [json.loads(line) for line in (GOLDEN / name).read_text(encoding="utf-8").splitlines()]


def compact(value: Any) -> str:
    """Write a tree as `JToken.ToString(Formatting.None)` does."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{compact(name)}:{compact(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(compact, value)) + "]"
    if isinstance(value, Constructor):
        return f"new {value.name}({','.join(map(compact, value.arguments))})"
    if value is UNDEFINED:
        return "undefined"
    if isinstance(value, float):
        text = float_text(value)
        return json.dumps(text) if not math.isfinite(value) else text if set(text) & set(".E") else f"{text}.0"
    if isinstance(value, Date):
        fraction = f".{value.ticks:07}".rstrip("0") if value.ticks else ""
        zone = {"Utc": "Z", "Local": "+00:00", "Unspecified": ""}[value.kind]
        return f'"{value.moment.isoformat(timespec="seconds")[:19]}{fraction}{zone}"'
    text = json.dumps(value, ensure_ascii=False)
    return text.translate({point: f"\\u{point:04x}" for point in (0x85, 0x2028, 0x2029)})


def kind(value: Any) -> str:
    """Name what a value was read as, in Newtonsoft's words."""
    if value is None or value is UNDEFINED:
        return "Null" if value is None else "Undefined"
    names = {bool: "Boolean", int: "Integer", float: "Float", str: "String", list: "Array", dict: "Object"}
    return names.get(type(value), type(value).__name__)


def answer(text: str) -> dict[str, str]:
    try:
        return {"value": compact(newtonsoft.parse(text, dates=True))}
    except BadJsonError as exc:
        return {"error": str(exc)}


def test_texts_are_read_and_refused_as_by_newtonsoft():
    """Each recorded text gives the recorded tree, or the recorded message with its path, line and position."""
    asked = vectors("json.jsonl")
    wrong = {}
    for vector in asked:
        text = vector.pop("text")
        if text not in NOT_FOLLOWED and answer(text) != vector:
            wrong[text] = (answer(text), vector)

    assert wrong == {}
    assert len(NOT_FOLLOWED) <= len(asked) * 0.02


def test_values_are_what_newtonsoft_makes_of_them():
    """Each recorded value is of the recorded kind, and .NET's text of it is the recorded one."""
    wrong = {}
    for vector in vectors("json-values.jsonl"):
        value = newtonsoft.parse(f'{{"v":{vector["json"]}}}', dates=True)["v"]
        text = None if "error" in vector else newtonsoft.as_text(value)
        if (kind(value), text) != (vector["kind"], vector["as_text"]):
            wrong[vector["json"]] = (kind(value), text)

    assert wrong == {}


def test_each_value_that_changes_by_being_read_is_named():
    """What `changes` names of the recorded values is what comes back as another text."""
    for vector in vectors("json-values.jsonl"):
        told = list(newtonsoft.changes(f'{{"v":{vector["json"]}}}'))
        written = json.loads(vector["json"]) if vector["json"].startswith('"') else vector["json"]
        if vector["kind"] in ("Null", "Array", "Object"):
            assert told == []
        else:
            assert [one.read for one in told] == [vector["as_text"]] * (written != vector["as_text"]), vector


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"value":[{"id":0123,"n":"0123"}]}', [("value[0].id", "0123", "83")]),
        ('{"value":[{"a b":1.10}]}', [("value[0]['a b']", "1.10", "1.1")]),
        ('{"a":"x","a":"y"}', [("a", "x", None)]),
        (r'{"a":"x\ud83dy"}', [("a", r"x\ud83dy", "x\ufffdy")]),
        (
            '{"a":null,"b":"true","c":["2026-06-23T00:00:00Z"]}',
            [("c[0]", "2026-06-23T00:00:00Z", "06/23/2026 00:00:00")],
        ),
        (r'{"a":"\/Date(0)\/"}', [("a", "/Date(0)/", "01/01/1970 00:00:00")]),
        ('{"a":tru}', None),
    ],
)
def test_changes_name_path_and_both_texts(text, told):
    """A change has the path of its value, what was written and what is read; bad JSON is an error."""
    if told is None:
        with pytest.raises(BadJsonError, match="boolean"):
            list(newtonsoft.changes(text))
    else:
        assert [(one.path, one.written, one.read) for one in newtonsoft.changes(text)] == told


@pytest.mark.parametrize(
    ("text", "message", "path", "position"),
    [
        ('{"a":1}//', "Unexpected end while parsing comment.", "", 8),
        ('{"a":1}/*x', "Unexpected end while parsing comment.", "", 10),
        ('{"a":1} # x', "Additional text encountered after finished reading JSON content: #.", "", 8),
        ('{"a":09}', "Input string '09' is not a valid number.", "a", 7),
        ('{"a":0xFFFFFFFFFFFFFFFFF}', "Input string '0xFFFFFFFFFFFFFFFFF' is not a valid number.", "a", 24),
        ('{"a":1_0}', "Unexpected character encountered while parsing number: _.", "a", 6),
        ('{"a":1,"b"}', "Invalid character after parsing property name. Expected ':' but got: }.", "a", 10),
        ('{"\U0001f600":x}', "Unexpected character encountered while parsing value: x.", "\U0001f600", 6),
        ("{a\u00e9-:1}", "Invalid JavaScript property identifier character: -.", "", 3),
        ('{"a":"\\u004', "Unexpected end while parsing Unicode escape sequence.", "a", 8),
        ('{"a":"x\\', 'Unterminated string. Expected delimiter: ".', "a", 8),
        ('{"a":n', "Unexpected end when reading JSON.", "a", 6),
        ('{"it\'s":x}', "Unexpected character encountered while parsing value: x.", r"['it\'s']", 8),
        ('{"a":[1)', "JsonToken EndConstructor is not valid for closing JsonType Array.", "a", 8),
    ],
)
def test_messages_that_no_vector_has(text, message, path, position):
    """Further places where the reader stops have the words, path and position of Newtonsoft's source."""
    assert answer(text) == {"error": f"{message} Path '{path}', line 1, position {position}."}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=40)
@given(st.dictionaries(st.text(max_size=6), VALUES, max_size=4), st.booleans())
def test_the_quick_way_reads_what_the_reader_reads(document, escaped):
    """Good JSON that is read by the standard library gives the same tree as the reader does."""
    text = json.dumps(document, ensure_ascii=escaped)

    assert newtonsoft.parse(text) == load(text, dates=False)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_as_dotnet_writes_it_is_the_same_double(value):
    """.NET writes the shortest text that reads back as the same number."""
    assert float(float_text(value)) == value
