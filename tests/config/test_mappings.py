"""Mappings in the file: kinds, options, examples, and what is refused."""

import pytest

from tests.config.support import APP, CONNECTOR, connector_of, document, load, mapping_of, mapping_problem, only_problem
from upa_core.config import check_examples
from upa_core.domain.language.expressions import Attribute, Call, Constant
from upa_core.domain.people.mapping import Mapping


def test_kinds():
    """A mapping is direct, an expression or a constant."""
    assert mapping_of(source="extensionAttribute7").expression == Attribute(
        "onPremisesExtensionAttributes.extensionAttribute7"
    )
    assert mapping_of(expression="ToUpper([city])").expression == Call("ToUpper", (Attribute("city"),))
    assert mapping_of(constant="1000").expression == Constant("1000")


def test_extensions_take_the_application_of_the_file():
    """`ext:Name` is the directory extension of source.extension_app, in mappings, expressions, scope and examples."""
    connector = connector_of(
        source={**CONNECTOR["source"], "extension_app": APP},
        scope={"clauses": ["ext:InScope IS TRUE"]},
        mappings=[
            {
                "target": "A",
                "expression": 'Join("-", [ext:X], [ext:Y])',
                "examples": [{"in": {"ext:X": "1"}, "out": "1"}],
            }
        ],
    )
    start = "extension_5f05e38cbd0e49ec8c9cc4cfe370248c_"

    assert connector.inputs == (f"{start}InScope", f"{start}X", f"{start}Y")


def test_all_options():
    """Every option of the file is the domain's."""
    options = {
        "type": "date",
        "on_empty": "default",
        "default": "1900-12-31",
        "on_invalid": "fail_run",
        "max_length": 10,
        "on_too_long": "truncate",
        "format": "dd.MM.yyyy",
        "state": "proposed",
        "redact": True,
    }

    expected = Mapping("T", Attribute("employeeHireDate"), **{**options, "default": "31.12.1900"})
    assert mapping_of(source="employeeHireDate", **options) == expected
    assert mapping_of(source="accountEnabled", type="boolean", words=["no", "yes"]).words == ("no", "yes")


@pytest.mark.parametrize(
    ("keys", "key", "message"),
    [
        ({"constant": "1601-01-01", "type": "date"}, "constant", "is January 1, 1601, which stands for no date"),
        ({"constant": "2079-06-07", "type": "datetime"}, "constant", "after 2079-06-06, and SharePoint stores no such"),
        (
            {"source": "employeeHireDate", "type": "date", "on_empty": "default", "default": "9999-12-31"},
            "default",
            "is December 31, 9999",
        ),
        ({}, "", "exactly one"),
        ({"source": "city", "constant": "x"}, "", "source and constant"),
        ({"source": "citty"}, "source", "citty"),
        ({"source": "proxyAddresses"}, "source", "several values"),
        ({"source": "ext:X"}, "source", "extension_app"),
        ({"source": "signInActivity"}, "source", "400"),
        ({"source": "manager"}, "source", "SharePoint"),
        ({"source": "memberOf"}, "source", "group membership"),
        ({"source": "accountEnabled", "type": "date"}, "type", "is a boolean"),
        ({"source": "employeeHireDate", "type": "integer"}, "type", "is a datetime"),
        ({"expression": 'Split([city], ",")'}, "expression", "several values"),
        ({"expression": "ToUpper([hireDate])"}, "expression", "at character 9: hireDate"),
        ({"expression": 'Join(",",\n toUpper([city]))'}, "expression", "at line 2, character 2"),
        ({"source": "city", "format": "yyyy"}, "format", "is for date"),
        ({"source": "employeeHireDate", "type": "date", "format": "ffffffff"}, "format", "isn't supported"),
        ({"source": "employeeHireDate", "type": "date", "format": "e"}, "format", "isn't a standard format"),
        ({"source": "city", "words": ["a", "b"]}, "words", "is for boolean"),
        ({"source": "accountEnabled", "type": "boolean", "words": ["a", "a"]}, "words", "different words"),
        ({"source": "accountEnabled", "type": "boolean", "words": ["a"]}, "words", ""),
        ({"source": "city", "default": "x"}, "default", "only used"),
        ({"source": "city", "on_empty": "default"}, "on_empty", "needs a default"),
        ({"source": "city", "on_empty": "default", "default": ""}, "default", "must not be empty"),
        ({"source": "city", "on_empty": "default", "default": "xyz", "max_length": 2}, "default", "longer than"),
        ({"source": "city", "on_empty": "default", "default": "x\x00"}, "default", "U+0000"),
        (
            {"source": "employeeHireDate", "type": "date", "on_empty": "default", "default": "never"},
            "default",
            "ISO 8601",
        ),
        ({"source": "city", "type": "date", "on_empty": "default", "default": "0001-01-01"}, "default", "is empty"),
        ({"constant": "x\x00"}, "constant", "U+0000"),
        ({"constant": "xyz", "max_length": 2}, "constant", "longer than"),
        ({"constant": "soon", "type": "date"}, "constant", "'soon' isn't a date"),
        ({"constant": ""}, "constant", "must not be empty"),
        ({"source": "city", "max_length": 0}, "max_length", "at least 1"),
        ({"source": "city", "type": "strng"}, "type", "must be one of"),
    ],
)
def test_refused_mappings(keys, key, message):
    """Each thing that is wrong with a mapping is one problem at its key."""
    problem = mapping_problem(**keys)

    assert problem.where == "connectors[0].mappings[0]" + (f".{key}" if key else "")
    assert message in problem.message


@pytest.mark.parametrize(
    ("target", "message", "suggestion"),
    [
        ("Manager", "SharePoint fills it", ""),
        ("Work Email", "SharePoint fills it", ""),
        ("idname", "import file", ""),
        ("Cost Center", "internal name", "CostCenter"),
        ("1st", "internal name", ""),
        ("a.b", "internal name", ""),
        ("=cmd|' /C calc'!A0", "internal name", ""),
        ("../x", "internal name", ""),
        ("", "must not be empty", ""),
        ("x" * 251, "250", ""),
    ],
)
def test_refused_targets(target, message, suggestion):
    """Core properties, display names and what would be a formula or a path in a report can't be targets."""
    problem = only_problem(document(mappings=[{"target": target, "source": "city"}]))

    assert message in problem.message
    assert problem.suggestion == suggestion


@pytest.mark.parametrize("target", ["CostCenter", "SPS-HireDate", "Kostenstelle_2", "Straßenname", "部門"])
def test_accepted_targets(target):
    """Letters of any script, digits, hyphens and underscores make an internal name."""
    assert mapping_of(source="city").target == "T"
    assert connector_of(mappings=[{"target": target, "source": "city"}]).targets == (target,)


def test_clear_of_other_types_is_a_warning():
    """on_empty: clear for a date is allowed and warned of: bulk import can't do it."""
    config = load(
        document(mappings=[{"target": "T", "source": "employeeHireDate", "type": "date", "on_empty": "clear"}])
    )

    assert [(w.where, "can't clear" in w.message) for w in config.warnings] == [
        ("connectors[0].mappings[0].on_empty", True)
    ]


@pytest.mark.parametrize(
    ("keys", "where", "suggestion"),
    [
        ({"source": "employeeHireDate", "type": "date", "format": "YYYY-MM-DD"}, "format", "yyyy-MM-dd"),
        ({"source": "employeeHireDate", "type": "date", "format": "dd/mm/yyyy"}, "format", "dd/MM/yyyy"),
        ({"expression": 'FormatDateTime([city], , "yyyymmdd", "yyyy")'}, "expression", "yyyyMMdd"),
        ({"source": "employeeHireDate", "type": "date", "format": "d. MMMM 'DYm' yyyy"}, None, ""),
        ({"source": "employeeHireDate", "type": "datetime", "format": "yyyy-MM-ddTHH:mm:ssZ"}, None, ""),
        ({"source": "employeeHireDate", "type": "datetime", "format": "h:mm tt K"}, None, ""),
    ],
)
def test_a_date_format_that_is_hardly_meant_is_a_warning(keys, where, suggestion):
    """Letters that .NET writes as they are, and minutes for months, are told; the format is taken all the same."""
    found = load(document(mappings=[{"target": "A", **keys}])).warnings
    warnings = [one for one in found if "date format" in one.message]

    assert [w.where for w in warnings] == ([f"connectors[0].mappings[0].{where}"] if where else [])
    assert [w.suggestion for w in warnings] == ([suggestion] if where else [])


@pytest.mark.parametrize(
    ("keys", "where"),
    [
        ({"source": "employeeHireDate"}, "source"),
        ({"source": "employeeHireDate", "type": "datetime", "format": "yyyy-MM-ddTHH:mm:ssZ"}, "format"),
        ({"expression": 'FormatDateTime([employeeHireDate], , "yyyy-MM-dd", "yyyy-MM-ddTHH:mm:ss")'}, "expression"),
        ({"constant": "2026-06-23T00:00:00Z"}, "constant"),
        ({"source": "department", "on_empty": "default", "default": "2026-06-23T00:00:00Z"}, "default"),
        ({"source": "employeeHireDate", "type": "datetime"}, ""),
        ({"source": "employeeHireDate", "type": "date"}, ""),
        ({"source": "department"}, ""),
        ({"constant": "2026-06-23"}, ""),
    ],
)
def test_a_value_that_may_be_rewritten_is_a_warning(keys, where):
    """A mapping that sends date-times with a T is told so at its key; our own forms are not."""
    warnings = [
        one.where for one in load(document(mappings=[{"target": "A", **keys}])).warnings if "may arrive" in one.message
    ]

    assert warnings == ([f"connectors[0].mappings[0].{where}"] if where else [])


def test_an_attribute_that_needs_more_rights_is_a_warning():
    """employeeLeaveDateTime needs a permission of its own, which is said when the file is checked."""
    text = 'FormatDateTime([employeeLeaveDateTime], , "", "yyyy")'
    config = load(document(mappings=[{"target": "T", "expression": text}]))

    assert [w.where for w in config.warnings] == ["connectors[0].mappings[0].expression"]
    assert "User-LifeCycleInfo.Read.All" in config.warnings[0].message


def examples_of(*examples, **keys):
    """Run examples beside a mapping."""
    return check_examples(load(document(mappings=[{"target": "T", **keys, "examples": list(examples)}])))


def test_examples_that_hold():
    """Examples give values by name or, for one input, the value alone; out may be nothing, empty or invalid."""
    assert all(
        r.passed for r in examples_of({"in": "a", "out": "a"}, {"in": "", "out": None}, {"in": None}, source="city")
    )
    assert all(r.passed for r in examples_of({"in": "", "out": ""}, source="city", on_empty="clear"))
    assert all(r.passed for r in examples_of({"in": "x", "invalid": True}, source="employeeId", type="integer"))
    assert all(r.passed for r in examples_of({"in": "true", "out": "True"}, source="accountEnabled", type="boolean"))
    assert all(r.passed for r in examples_of({"in": ["a", "b"], "out": "a;b"}, expression='Join(";", [otherMails])'))
    assert all(r.passed for r in examples_of({"in": {}, "out": "x"}, constant="x"))
    assert all(
        r.passed
        for r in examples_of({"in": {"city": "Bern", "extensionAttribute1": "x"}, "out": "Bern x"},
                             expression='Join(" ", [city], [extensionAttribute1])')
    )  # fmt: skip


@pytest.mark.parametrize(
    ("example", "expected", "actual"),
    [
        ({"in": "a", "out": "b"}, "'b'", "'a'"),
        ({"in": "a"}, "nothing", "'a'"),
        ({"in": "", "out": "x"}, "'x'", "nothing"),
        ({"in": "a", "invalid": True}, "an invalid value", "'a'"),
        ({"in": "\x01", "out": "x"}, "'x'", "invalid: holds the character U+0001, which can't be stored"),
    ],
)
def test_examples_that_fail(example, expected, actual):
    """A failing example says what was expected and what came."""
    [result] = examples_of(example, source="city")

    assert (result.passed, result.expected, result.actual, result.target) == (False, expected, actual, "T")


@pytest.mark.parametrize(
    ("example", "where", "message"),
    [
        ({"in": {"state": "x"}, "out": "x"}, "in.state", "doesn't read"),
        ({"in": {"citty": "x"}, "out": "x"}, "in.citty", "isn't an attribute"),
        ({"out": "x"}, "", "'in' is missing"),
        ({"in": "x", "ot": "x"}, "ot", "isn't known"),
    ],
)
def test_refused_examples(example, where, message):
    """An example that can't be run is a problem of the file."""
    problem = mapping_problem(source="city", examples=[example])

    assert problem.where == "connectors[0].mappings[0].examples[0]" + (f".{where}" if where else "")
    assert message in problem.message


def test_an_example_of_several_inputs_names_them():
    """Where a mapping reads several attributes, an example must name them."""
    problem = mapping_problem(expression='Join(",", [city], [state])', examples=[{"in": "x", "out": "x"}])

    assert "city, state" in problem.message
