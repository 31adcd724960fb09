"""CSOM: requests equal to Microsoft's own client, and correct for any argument."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upa_core.adapters.sharepoint import csom

GOLDEN = Path(__file__).parent / "golden"
JOB = "5f05e38c-bd0e-49ec-8c9c-c4cfe370248c"
URI = "https://contoso.sharepoint.com/sites/upa/Imports/import.json"
NS = "{http://schemas.microsoft.com/sharepoint/clientquery/2009}"
XML_TEXT = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\ufffe\uffff").filter(
        lambda c: c >= " " or c in "\t\n\r"
    )
)


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("queue-cloudid", csom.encode_queue(1, "IdName", {"City": "City", "Office": "OfficeCode"}, URI)),
        ("queue-email", csom.encode_queue(0, "IdName", {"City": "City"}, URI)),
        ("queue-principalname", csom.encode_queue(2, "upn", {"City": "City"}, URI)),
        ("get-job", csom.encode_get(JOB)),
        ("get-jobs", csom.encode_list()),
        ("delete-job", csom.encode_delete(JOB)),
    ],
)
def test_requests_equal_the_captured_ones(name: str, request_: bytes) -> None:
    """For the same arguments the bytes are those of Microsoft's client."""
    assert request_ == (GOLDEN / f"{name}.xml").read_bytes()


def test_guid_in_any_spelling() -> None:
    """A job id in upper case or braces is sent as the captured request has it."""
    assert csom.encode_delete("{" + JOB.upper() + "}") == (GOLDEN / "delete-job.xml").read_bytes()


@given(st.dictionaries(XML_TEXT, XML_TEXT, max_size=5), XML_TEXT, XML_TEXT, XML_TEXT)
def test_any_argument_survives_an_xml_parser(
    property_map: dict[str, str], id_property: str, uri: str, application: str
) -> None:
    """Quotes, ampersands, line ends of any kind and all scripts come out of a parser as they went in."""
    root = ET.fromstring(csom.encode_queue(1, id_property, property_map, uri, application=application))
    parameters = root.findall(f".//{NS}Parameter")
    pairs = {e.attrib["Name"]: e.text or "" for e in root.findall(f".//{NS}Property")}

    assert (pairs, parameters[1].text or "", parameters[3].text or "", root.attrib["ApplicationName"]) == (
        property_map,
        id_property,
        uri,
        application,
    )


@given(st.sampled_from(["\x00", "\x0b", "\x1f", "\ud800", "\udfff", "\ufffe", "\uffff"]))
def test_what_xml_cannot_carry_is_refused(character: str) -> None:
    """A character outside XML 1.0 is a ValueError that names its code point."""
    for arguments in (
        ({f"a{character}": "b"}, URI),
        ({"a": f"b{character}"}, URI),
        ({"a": "b"}, URI + character),
    ):
        with pytest.raises(ValueError, match=f"U\\+{ord(character):04X}"):
            csom.encode_queue(1, "IdName", *arguments)


def test_not_a_guid() -> None:
    """A job id that isn't a guid never becomes a request."""
    with pytest.raises(ValueError, match="badly formed"):
        csom.encode_get('x"/>')


def test_decode_pairs_results_with_actions() -> None:
    r"""Results are found by action id; raw carriage returns between the tokens, as recorded, don't matter."""
    body = (
        b'\xef\xbb\xbf[\r{"SchemaVersion":"15.0.0.0","ErrorInfo":null},2,\r'
        b'{"IsNull":false},3,"\\/Guid(5f05e38c-bd0e-49ec-8c9c-c4cfe370248c)\\/"\r]'
    )
    answer = csom.decode(body)

    assert (dict(answer.results), answer.fault) == ({2: {"IsNull": False}, 3: f"/Guid({JOB})/"}, None)


def test_decode_fault() -> None:
    """An ErrorInfo comes out with message, type and code."""
    info = {"ErrorMessage": "Nö.", "ErrorCode": -1, "ErrorTypeName": "System.X", "ErrorValue": None}

    assert csom.decode(json.dumps([{"ErrorInfo": info}]).encode()).fault == csom.Fault("Nö.", "System.X", -1)


@pytest.mark.parametrize(("told", "code"), [(2147942405, -2147024891), (-2147024891, -2147024891), (5, 5), ("5", 0)])
def test_an_error_code_has_32_bits(told: object, code: int) -> None:
    """A code that comes without its sign is the same code: access denied is recognised in both forms."""
    fault = csom.decode(json.dumps([{"ErrorInfo": {"ErrorCode": told}}]).encode()).fault

    assert fault is not None
    assert fault.code == code


@pytest.mark.parametrize(
    "body",
    [[{}], [{"error": "throttled"}], [{"ErrorInfo": None}, 3, None, 3, None], [{"ErrorInfo": None}, 3]],
    ids=["empty", "another error", "twice", "half a pair"],
)
def test_half_an_answer_is_none(body: list) -> None:
    """A header that is silent about errors, two results of one action, an action without its result: no success."""
    with pytest.raises(ValueError, match=r"header|results"):
        csom.decode(json.dumps(body).encode())


def test_decode_is_lenient() -> None:
    """A raw control character in a text and an unreadable code don't hide SharePoint's message."""
    body = b'[{"ErrorInfo":{"ErrorMessage":"two\nlines","ErrorCode":"x","ErrorTypeName":null}}]'

    assert csom.decode(body).fault == csom.Fault("two\nlines", "", 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{}",
        b"[]",
        b"[1]",
        b'[{"ErrorInfo":null},1]',
        b'[{},"1",2]',
        b'[{"ErrorInfo":"x"}]',
        b"[{},tru",
        b"\xff\xfe",
    ],
)
def test_other_bodies_are_value_errors(body: bytes) -> None:
    """Whatever isn't an answer of ProcessQuery is a ValueError, and nothing else."""
    with pytest.raises(ValueError):  # noqa: PT011 - the JSON decoder's texts vary
        csom.decode(body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
    )
)
def test_no_json_document_breaks_decode(document: object) -> None:
    """Any JSON document either decodes or is a ValueError."""
    try:
        answer = csom.decode(json.dumps(document).encode())
    except ValueError:
        return

    assert isinstance(document, list)
    assert len(answer.results) <= len(document) // 2


@given(st.uuids())
def test_guid_forms(guid: object) -> None:
    """The wire form and the bare form of a guid read the same, in any case."""
    text = str(guid)
    expected = None if text == csom.EMPTY_GUID else text

    assert [csom.guid_of(f"/Guid({text.upper()})/"), csom.guid_of(text)] == [expected, expected]


def test_empty_guid_is_none() -> None:
    """The empty guid names nothing."""
    assert csom.guid_of(f"/Guid({csom.EMPTY_GUID})/") is None


@pytest.mark.parametrize("value", [None, 5, "", "x", "/Guid()/", "/Guid(x)/", True, {}])
def test_not_a_guid_value(value: object) -> None:
    """Anything else in a guid's place is a ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011 - uuid's own text varies
        csom.guid_of(value)


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(9999, 1, 1)))  # noqa: DTZ001 - bounds are naive
def test_dates_count_months_from_zero(moment: datetime) -> None:
    """The wire form of a date names the month from 0 and milliseconds last."""
    m = moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    text = f"/Date({m.year},{m.month - 1},{m.day},{m.hour},{m.minute},{m.second},{m.microsecond // 1000})/"

    assert csom.date_of(text) == m


def test_short_dates() -> None:
    """Parts that a date leaves out are zero."""
    assert csom.date_of("/Date(2016,10,2)/") == datetime(2016, 11, 2, tzinfo=UTC)


def test_user_id_types() -> None:
    """The numbers of the ways to match people are SharePoint's."""
    assert {kind.name: kind.value for kind in csom.UserIdType} == {"EMAIL": 0, "CLOUD_ID": 1, "PRINCIPAL_NAME": 2}


def test_date_in_milliseconds() -> None:
    """The older wire form of a date is milliseconds since 1970."""
    assert csom.date_of("/Date(1480110652000)/") == datetime(2016, 11, 25, 21, 50, 52, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "/Date()/",
        "/Date(2016,12,1)/",
        "/Date(2016)x/",
        "/Date(99999999999999999)/",
        f"/Date({10**30})/",
        "/Date(99999,1,1)/",
    ],
)
def test_not_a_date(value: object) -> None:
    """Anything else in a date's place is a ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011 - datetime's own texts vary
        csom.date_of(value)


def test_an_empty_map_is_written_as_microsofts_client_writes_it():
    """Without entries the dictionary is one closed element."""
    body = csom.encode_queue(1, "IdName", {}, "https://contoso.sharepoint.com/a.json")

    assert b'<Parameter Type="Dictionary" /><Parameter Type="String">https' in body


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((1, "Id\x01", {"a": "b"}, "https://x"), "id_property"),
        ((1, "Id", {"a\x01": "b"}, "https://x"), "property_map"),
        ((1, "Id", {"a": "b\x01"}, "https://x"), "property_map"),
        ((1, "Id", {"a": "b"}, "https://x\x01"), "source_uri"),
    ],
)
def test_a_refused_character_names_its_argument(arguments, name):
    """Whoever passes what XML can't carry reads which argument holds it."""
    with pytest.raises(ValueError, match=rf"^{name}: .*U\+0001$"):
        csom.encode_queue(*arguments)
