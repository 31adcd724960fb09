"""PeopleManager on the wire: requests equal to Microsoft's own client, answers read as that client reads them."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upa_core.adapters.sharepoint import csom
from upa_core.adapters.sharepoint.csom_request import CsomRequest
from upa_core.adapters.sharepoint.people_wire import (
    PeopleRequest,
    ScopeAnswer,
    person_of,
    scope_of,
    text_of,
    texts_of,
)

GOLDEN = Path(__file__).parent / "golden" / "people"
A, B = "i:0#.f|membership|zoe@contoso.com", "i:0#.f|membership|o'neil&co@contoso.com"
ADA, BOB = "i:0#.f|membership|ada@contoso.onmicrosoft.com", "i:0#.f|membership|bob@contoso.onmicrosoft.com"
NS = "{http://schemas.microsoft.com/sharepoint/clientquery/2009}"
XML_TEXT = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\ufffe\uffff").filter(
        lambda c: c >= " " or c in "\t\n\r"
    ),
    max_size=20,
)
Build = Callable[[PeopleRequest], object]


def several(r: PeopleRequest) -> None:
    for account, value in ((A, "4711"), (B, "4712")):
        r.set_single(account, "CostCenter", value)
        r.set_single(account, "BadgeNumber", "0815" if account == A else "")


def mixed(r: PeopleRequest) -> None:
    r.set_single(A, "CostCenter", "4711")
    r.set_multi(A, "SPS-Skills", ["Python", "CSOM"])
    r.set_single(B, "CostCenter", "4712")


def scopes(people: dict[str, str], *, simple: bool) -> Build:
    def build(r: PeopleRequest) -> None:
        for account, value in people.items():
            with r.scope(simple=simple):
                r.set_single(account, "CostCenter", value)

    return build


def set_then_read(r: PeopleRequest) -> None:
    r.set_single(A, "CostCenter", "4711")
    r.get_one(A, "CostCenter")


def two_people(r: PeopleRequest) -> None:
    both = [r.person(A), r.person(B)]
    for one in both:
        r.load(one)


def some(*, load: bool) -> Build:
    def build(r: PeopleRequest) -> None:
        wanted = r.properties_for(A, ["CostCenter", "SPS-Skills"])
        r.get_some(wanted)
        if load:
            r.load(wanted)

    return build


def some_of_ada(r: PeopleRequest) -> None:
    r.manager()
    r.get_some(r.properties_for(ADA, ["CostCenter", "Badges"]))


def set_and_read_some(r: PeopleRequest) -> None:
    r.set_single(ADA, "CostCenter", "x")
    r.set_multi(ADA, "Badges", ["a", "b"])
    r.get_some(r.properties_for(ADA, ["CostCenter", "Badges"]))


ESCAPES = "a\"b'c\td\ne\rf ]]> 日本 😀 "
REQUESTS: dict[str, Build] = {
    "set-single": lambda r: r.set_single(A, "CostCenter", "4711"),
    "set-single-empty": lambda r: r.set_single(A, "CostCenter", ""),
    "set-single-null": lambda r: r.set_single(A, "CostCenter", None),
    "set-single-escapes": lambda r: r.set_single(B, "Größe & <x>", ESCAPES),
    "set-single-date": lambda r: r.set_single(A, "SPS-HireDate", "2026-11-27"),
    "set-multi": lambda r: r.set_multi(A, "SPS-Skills", ["Python", "CSOM"]),
    "set-multi-one": lambda r: r.set_multi(A, "SPS-Skills", ["Python"]),
    "set-multi-empty": lambda r: r.set_multi(A, "SPS-Skills", []),
    "set-several-one-manager": several,
    "set-mixed": mixed,
    "set-several-try-scopes": scopes({A: "1", B: "2"}, simple=False),
    "set-several-simple-scopes": scopes({A: "1", B: "2"}, simple=True),
    "set-then-read": set_then_read,
    "get-properties-for": lambda r: r.load(r.person(A)),
    "get-properties-for-fields": lambda r: r.load(r.person(A), "AccountName", "UserProfileProperties"),
    "get-properties-for-two": two_people,
    "get-user-profile-properties-for": some(load=True),
    "get-user-profile-properties-for-no-load": some(load=False),
    "get-user-profile-property-for": lambda r: r.get_one(A, "CostCenter"),
    "w-getsome": some_of_ada,
    "w-scopes": scopes({ADA: "x", BOB: "y"}, simple=False),
    "w-set-and-read": set_and_read_some,
}


@pytest.mark.parametrize("name", REQUESTS)
def test_requests_equal_the_captured_ones(name: str) -> None:
    """For the same calls the bytes are those of Microsoft's client."""
    request = PeopleRequest()
    REQUESTS[name](request)

    assert request.encode() == (GOLDEN / f"{name}.xml").read_bytes()


def test_every_captured_request_is_written() -> None:
    """No capture is left out; EncodeClaim is a call of another type, and we don't make it."""
    request = CsomRequest()
    tenant = request.construct("{268004ae-ef6b-4e9b-8425-127220d84719}")
    request.call(tenant, "EncodeClaim", account="ada@contoso.onmicrosoft.com")

    assert {path.stem for path in GOLDEN.glob("*.xml")} - {"w-encodeclaim"} == set(REQUESTS)
    assert request.encode() == (GOLDEN / "w-encodeclaim.xml").read_bytes()


def person_by_person(r: PeopleRequest) -> None:
    for account, value in ((A, "1"), (B, None)):
        with r.scope():
            r.set_single(account, "CostCenter", value)
            r.get_some(r.properties_for(account, ["CostCenter"]))


SCOPE = (
    '<ExceptionHandlingScopeSimple Id="{0}"><Method Name="SetSingleValueProfileProperty" Id="{1}" ObjectPathId="1">'
    '<Parameters><Parameter Type="String">{2}</Parameter><Parameter Type="String">CostCenter</Parameter>{3}'
    '</Parameters></Method><ObjectPath Id="{5}" ObjectPathId="{4}" />'
    '<Method Name="GetUserProfilePropertiesFor" Id="{6}" ObjectPathId="1">'
    '<Parameters><Parameter ObjectPathId="{4}" /></Parameters></Method></ExceptionHandlingScopeSimple>'
)


def test_each_person_is_set_and_read_in_a_scope_of_their_own() -> None:
    """Ids go on through scopes: two at its start and one at its end; an object is made in the scope that needs it."""
    request = PeopleRequest()
    person_by_person(request)
    written = request.encode().decode()
    first = SCOPE.format(3, 5, A, '<Parameter Type="String">1</Parameter>', 6, 7, 8)
    second = SCOPE.format(10, 12, B.replace("&", "&amp;"), '<Parameter Type="Null" />', 13, 14, 15)

    assert f'<Actions><ObjectPath Id="2" ObjectPathId="1" />{first}{second}</Actions>' in written
    assert [f'<Constructor Id="{n}" ' in written for n in (1, 6, 13)] == [True] * 3


def queries(*loads: tuple[str, ...], between: bool = False) -> list[str]:
    """Load a person several times in a row, or with a call in between; return the queries."""
    request = PeopleRequest()
    person = request.person(A)
    for names in loads:
        request.load(person, *names)
        if between:
            request.get_one(A, "CostCenter")
    return re.findall(r"<Query Id=.*?</Query></Query>", request.encode().decode())


BOTH_NAMES = '<Property Name="AccountName" ScalarProperty="true" /><Property Name="Email" ScalarProperty="true" />'
QUERY = '<Query Id="{}" ObjectPathId="3"><Query SelectAllProperties="{}"><Properties>{}</Properties></Query></Query>'


@pytest.mark.parametrize(
    ("loads", "everything"),
    [
        ((("AccountName", "Email", "AccountName"),), "false"),
        ((("AccountName",), ("Email",)), "false"),
        (((), ("AccountName", "Email")), "true"),
        ((("AccountName", "Email"), ()), "true"),
    ],
    ids=["a name twice", "two loads", "all, then names", "names, then all"],
)
def test_loads_of_one_object_in_a_row_are_one_query(loads: tuple, everything: str) -> None:
    """The client adds to the query that it wrote last; a name counts once, in the order in which it came."""
    assert queries(*loads) == [QUERY.format(5, everything, BOTH_NAMES)]


def test_a_load_after_another_action_is_a_query_of_its_own() -> None:
    """Only the last action grows: after a call the same object is asked anew."""
    assert [one.split('"')[1] for one in queries(("AccountName",), ("Email",), between=True)] == ["5", "7"]


TEXT = '<Object Type="String">{}</Object>'


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ([None], '<Parameter Type="Array"><Object Type="Null" /></Parameter>'),
        ([""], '<Parameter Type="Array"><Object Type="String"></Object></Parameter>'),
        ([], '<Parameter Type="Array" />'),
        (None, '<Parameter Type="Null" />'),
        (["a]]>b"], TEXT.format("a]]&gt;b")),
        (["'\"\t\n\r"], TEXT.format("'\"\t\n&#xD;")),
        (["\x7f\x85\xa0\u2028\u2029\ufeff"], TEXT.format("\x7f\x85\xa0\u2028\u2029\ufeff")),
        (["\U0001f44d\U0001fffe"], TEXT.format("\U0001f44d\U0001fffe")),
        ([" a "], TEXT.format(" a ")),
        (["&amp;"], TEXT.format("&amp;amp;")),
        (["x" * 300_000], TEXT.format("x" * 300_000)),
    ],
    ids=["null", "empty", "no items", "no list", "cdata", "escapes", "odd", "astral", "blanks", "escaped", "long"],
)
def test_list_items_are_written_as_single_texts_are(values: list[str | None] | None, written: str) -> None:
    """What the captured requests show of one text holds for each text of a list; nothing is trimmed or folded."""
    request = PeopleRequest()
    request.set_multi(A, "SPS-Skills", values)

    assert written in request.encode().decode()


@pytest.mark.parametrize("value", ["\x00", "\x0b", "\x1f", "\ud83d", "\ufffe", "\uffff"])
def test_what_xml_cannot_carry_is_refused(value: str) -> None:
    """Control characters, lone surrogates and the two that are no characters: an error before anything is sent."""
    request = PeopleRequest()
    with pytest.raises(ValueError, match=rf"^values: .*U\+{ord(value):04X}"):
        request.set_multi(A, "SPS-Skills", ["fine", f"a{value}b"])


@given(
    st.lists(
        st.tuples(XML_TEXT | st.none(), XML_TEXT, XML_TEXT | st.none() | st.lists(XML_TEXT | st.none(), max_size=3)),
        max_size=4,
    ),
    st.booleans(),
)
def test_any_argument_survives_an_xml_parser(sets: list[tuple], simple: bool) -> None:
    """Texts of any script, empty ones, null and lists come out of a parser as they went in; no id occurs twice."""
    request = PeopleRequest()
    for account, name, value in sets:
        with request.scope(simple=simple):
            if isinstance(value, list):
                request.set_multi(account, name, value)
            else:
                request.set_single(account, name, value)
    request.get_some(request.properties_for("a", ["b"]))
    root = ET.fromstring(request.encode())
    ids = [element.get("Id") for element in root.iter() if element.get("Id")]

    def read(element: ET.Element) -> object:
        if element.get("Type") == "Null":
            return None
        return [read(one) for one in element] if element.get("Type") == "Array" else element.text or ""

    sent = [tuple(map(read, m.find(f"{NS}Parameters"))) for m in root.iter(f"{NS}Method") if "Set" in m.get("Name")]
    assert sent == sets
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [(("a\x01", "b", "c"), "account"), (("a", "b\x01", "c"), "name"), (("a", "b", "c\ud800"), "value")],
)
def test_a_refused_character_names_its_argument(arguments: tuple[str, str, str], name: str) -> None:
    """Whoever passes what XML can't carry reads which argument holds it, and the request stays as it was."""
    request = PeopleRequest()
    with pytest.raises(ValueError, match=rf"^{name}: .*U\+"):
        request.set_single(*arguments)
    with pytest.raises(ValueError, match=r"^values: .*U\+0000"):
        request.set_multi("a", "b", ["fine", "\x00"])


def answer(*results: Any, error: object = None) -> csom.CsomAnswer:
    return csom.decode(json.dumps([{"ErrorInfo": error}, *results]).encode())


BOOM = {
    "ErrorMessage": "Boom",
    "ErrorCode": -2146232832,
    "ErrorTypeName": "Microsoft.Office.Server.UserProfiles.UserProfileException",
}
FAULT = csom.Fault("Boom", BOOM["ErrorTypeName"], -2146232832)


@pytest.mark.parametrize("results", [(2, {"IsNull": False}), (2, {"IsNull": False}, 3, None), ()])
def test_a_set_answers_nothing_or_null(results: tuple) -> None:
    """A set has worked when the header holds no error, whether its own answer is null or isn't there."""
    assert answer(*results).fault is None


@pytest.mark.parametrize("results", [(), (2, {"IsNull": False}), (2, {"IsNull": False}, 3, None)])
def test_an_error_in_the_header_counts_whatever_else_is_answered(results: tuple) -> None:
    """Results before an error don't hide it."""
    assert answer(*results, error=BOOM).fault == FAULT


def test_a_scope_without_exception() -> None:
    """A scope that went well says so."""
    assert scope_of(answer(3, {"HasException": False, "ErrorInfo": None}).results, 3) == ScopeAnswer(True)


def test_a_scope_with_exception() -> None:
    """A scope's exception has message, type and code."""
    assert scope_of(answer(3, {"HasException": True, "ErrorInfo": BOOM}).results, 3) == ScopeAnswer(True, True, FAULT)


def test_a_scope_of_which_nothing_was_said() -> None:
    """A scope without an answer was perhaps never carried out: it isn't a success."""
    assert scope_of(answer(2, {"IsNull": False}).results, 3) == ScopeAnswer(answered=False)


@pytest.mark.parametrize("told", [True, {}, {"HasException": "no"}, []])
def test_a_scope_of_another_shape(told: object) -> None:
    """What isn't a scope's answer is a ValueError, never a success."""
    with pytest.raises(ValueError, match="scope"):
        scope_of(answer(3, told).results, 3)


def loaded(*results: Any) -> Any:
    request = PeopleRequest()
    person = request.person(A)
    query = request.load(person)
    return person_of(answer(*results).results, person, query)


@pytest.mark.parametrize("results", [(4, {"IsNull": True}, 5, None), (4, {"IsNull": True})])
def test_a_null_person(results: tuple) -> None:
    """An account without a profile is nobody."""
    assert loaded(*results) is None


def test_a_person() -> None:
    """Properties come as an object; an empty one is an empty text."""
    told = {
        "AccountName": A,
        "DisplayName": "Zoe",
        "UserProfileProperties": {"CostCenter": "4711", "Empty": ""},
        "PersonalSiteHostUrl": "https://contoso-my.sharepoint.com:443/",
    }
    found = loaded(4, {"IsNull": False}, 5, told)

    assert (found.account, found.display_name, found.properties) == (A, "Zoe", {"CostCenter": "4711", "Empty": ""})
    assert found.site_host == "https://contoso-my.sharepoint.com:443/"


def test_rest_s_form_of_properties_is_refused() -> None:
    """A list of Key and Value isn't what ProcessQuery answers: the client refuses it, and so do we."""
    told = {"AccountName": A, "UserProfileProperties": [{"Key": "CostCenter", "Value": "4711"}]}
    with pytest.raises(ValueError, match="object"):
        loaded(4, {"IsNull": False}, 5, told)


@pytest.mark.parametrize("value", ["v", None, ""])
def test_one_property(value: str | None) -> None:
    """A property is a text, an empty text or null."""
    assert text_of(answer(3, value).results, 3) == value


@pytest.mark.parametrize(("told", "read"), [(["1", ""], ["1", ""]), (["1", None], ["1", None]), (None, [])])
def test_some_properties(told: object, read: list) -> None:
    """Several come as a list in the order asked for, null among them; null for all is an empty list."""
    assert texts_of(answer(5, told).results, 5) == read


@pytest.mark.parametrize("told", ["x", {"a": "b"}, [1], [["a"]], 5, True])
def test_values_of_another_kind_are_refused(told: object) -> None:
    """A number or a structure in a text's place is a ValueError."""
    with pytest.raises(ValueError, match="text"):
        texts_of(answer(5, told).results, 5)
    with pytest.raises(ValueError, match="text"):
        text_of(answer(3, [told]).results, 3)
