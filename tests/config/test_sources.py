"""Other sources in the connector file: names, keys, files."""

from __future__ import annotations

import pytest

from tests.config.support import connector_of, document, load, only_problem
from upa_core.domain.sources.contract import KeyPart

HR = {
    "as": "hr",
    "kind": "file",
    "at": "/mnt/hr/people-*.csv",
    "match": [{"column": "EmployeeID", "to": "employeeId", "pad": 5}],
}


def joined(**changes):
    """A connector file with one more source, a mapping and a clause that read it."""
    return document(
        **{
            "with": [{**HR, **changes}],
            "mappings": [
                {"target": "CostCenter", "source": "hr.Cost Center"},
                {"target": "Phone", "expression": "Coalesce([hr.Phone], [mobilePhone])"},
            ],
            "scope": {"clauses": ["hr.Active EQUALS 1"]},
        }
    )


def test_columns_are_read_by_the_sources_name() -> None:
    """A mapping, an expression and a clause name them; keys are asked of the directory."""
    config = load(joined(encoding="windows-1252", nulls=["NULL"], trailer="END;{rows}", ends_with_newline="never"))
    connector = config.connectors[0]
    one = connector.secondaries[0]

    assert connector.columns_of(one) == ("Active", "Cost Center", "Phone")
    assert connector.directory_inputs == ("employeeId", "mobilePhone")
    assert one.match == (KeyPart("EmployeeID", "employeeId", 5),)
    contract = config.rows["contoso"]["hr"].contract
    assert (contract.encoding, contract.nulls, contract.trailer) == ("cp1252", ("NULL",), "END;{rows}")
    assert not contract.ends_with_newline


def test_a_connector_without_other_sources_is_what_it_was() -> None:
    """Nothing is read beside the directory."""
    assert connector_of().secondaries == ()


@pytest.mark.parametrize(
    ("changes", "where", "told"),
    [
        ({"encoding": "rot13"}, "with[0].encoding", "isn't an encoding of text"),
        ({"at": "https://example.com/people.csv"}, "with[0].at", "is neither a path nor"),
        ({"at": "/mnt/*/people.csv"}, "with[0].at", "only the last part"),
        ({"items": "value"}, "with[0].items", "is for json"),
        ({"format": "json", "delimiter": ";"}, "with[0].delimiter", "is for csv"),
        ({"match": [{"column": "A", "to": "employeeid"}]}, "with[0].match[0].to", "isn't an attribute"),
        ({"match": [{"column": "A", "to": "accountEnabled"}]}, "with[0].match[0].to", "is no text"),
        ({"kind": "fil"}, "with[0].kind", "must be"),
        ({"as": "HR"}, "with[0].as", ""),
    ],
)
def test_what_has_no_meaning_is_told_at_its_place(changes, where, told) -> None:
    """One problem, with the place."""
    content = joined(**changes)
    if "as" in changes:
        content["connectors"][0] |= {"mappings": [{"target": "X", "source": "mail"}], "scope": {}}
    problem = only_problem(content)

    assert told in problem.message
    assert problem.where.endswith(where)


SQL = {
    "as": "hr",
    "kind": "sql",
    "driver": "postgresql",
    "server": "db.contoso.com:5433",
    "database": "hr",
    "user": "upa",
    "password": "${HR_PASSWORD}",
    "query": "SELECT no, cost FROM people;",
    "match": [{"column": "no", "to": "employeeId"}],
}
MAPPED = {"mappings": [{"target": "X", "source": "hr.cost"}]}


def test_a_query_is_one_select_and_its_password_a_reference() -> None:
    """Everything that is needed is asked for; the password is never shown."""
    query = load(document(**{"with": [SQL]}, **MAPPED), {"HR_PASSWORD": "geheim"}).rows["contoso"]["hr"].query
    assert (query.host, query.port, query.text, query.password) == (
        *("db.contoso.com", 5433, "SELECT no, cost FROM people", "geheim"),
    )
    assert "geheim" not in repr(query)

    for changes, told in (
        ({"password": "geheim"}, "must be a reference"),
        ({"query": "DELETE FROM people"}, "begins with SELECT"),
        ({"query": "SELECT 1; DELETE FROM people"}, "one statement"),
        ({"server": None}, "a query needs server"),
        ({"server": "db:x"}, "isn't a host"),
        ({"at": "/mnt/x.csv"}, "is for file"),
    ):
        one = {key: value for key, value in {**SQL, **changes}.items() if value is not None}
        problem = only_problem(document(**{"with": [one]}, **MAPPED), {"HR_PASSWORD": "x"})
        assert told in problem.message
        assert "geheim" not in str(problem)
    problem = only_problem(document(**{"with": [{**HR, "query": "SELECT 1"}]}, **MAPPED))
    assert "is for sql" in problem.message


def test_names_must_differ_from_each_other_and_from_attributes() -> None:
    """Otherwise nobody could tell what `mail.x` or `hr.x` means."""
    mappings = {"mappings": [{"target": "X", "source": "mail"}]}

    assert (
        "attribute of the directory" in only_problem(document(**{"with": [{**HR, "as": "mail"}]}, **mappings)).message
    )
    assert "another source already" in only_problem(document(**{"with": [HR, HR]}, **mappings)).message
    assert only_problem(document(**{"with": [HR], "mappings": [{"target": "X", "source": "hrr.Cost"}]})).suggestion
