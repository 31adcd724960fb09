"""Other sources in the connector file: names, keys, files."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from tests.config.support import connector_of, document, load, only_problem
from upa_core.domain.sources.contract import KeyPart
from upa_core.domain.sources.joined.expectation import WEEK, ByTime
from upa_core.domain.sources.joined.since import Cursor

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
    given = {"nulls": ["NULL"], "not_damaged": ["(MEMO)"], "trailer": "END;{rows}", "ends_with_newline": "never"}
    config = load(joined(encoding="windows-1252", **given))
    connector = config.connectors[0]
    one = connector.secondaries[0]

    assert connector.columns_of(one) == ("Active", "Cost Center", "Phone")
    assert connector.directory_inputs == ("employeeId", "mobilePhone")
    assert one.match == (KeyPart("EmployeeID", "employeeId", 5),)
    contract = config.rows["contoso"]["hr"].contract
    assert (contract.encoding, contract.nulls, contract.trailer) == ("cp1252", ("NULL",), "END;{rows}")
    assert contract.not_damaged == ("(MEMO)",)
    assert not contract.ends_with_newline


def test_a_connector_without_other_sources_is_what_it_was() -> None:
    """Nothing is read beside the directory."""
    assert connector_of().secondaries == ()


@pytest.mark.parametrize(
    ("changes", "where", "told"),
    [
        ({"encoding": "rot13"}, "with[0].encoding", "isn't the name of an encoding"),
        ({"at": "https://example.com/people.csv"}, "with[0].at", "must be a path, or"),
        ({"at": "/mnt/*/people.csv"}, "with[0].at", "only the last part"),
        (
            {"at": "https://fabrikam.sharepoint.com/sites/hr/Docs/a.csv"},
            "with[0].at",
            "or the address of a file in a library on",
        ),
        (
            {"at": "http://contoso.sharepoint.com/sites/hr/Docs/a.csv"},
            "with[0].at",
            "or the address of a file in a library on",
        ),
        ({"at": "https://contoso.sharepoint.com/a.csv"}, "with[0].at", "isn't the address of a file"),
        (
            {"at": "https://contoso.sharepoint.com/sites/hr/a.csv?web=1"},
            "with[0].at",
            "isn't the address of a file",
        ),
        ({"at": "https://contoso.sharepoint.com/:x:/r/sites/hr/a.csv"}, "with[0].at", "isn't the address of a file"),
        ({"at": "https://contoso.sharepoint.com/sites/hr/%2e%2e/a.csv"}, "with[0].at", "isn't the address of a file"),
        ({"items": "value"}, "with[0].items", "is for json"),
        ({"format": "json", "delimiter": ";"}, "with[0].delimiter", "is for csv"),
        ({"match": [{"column": "A", "to": "employeeid"}]}, "with[0].match[0].to", "isn't an attribute"),
        ({"match": [{"column": "A", "to": "accountEnabled"}]}, "with[0].match[0].to", "isn't a text"),
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


def test_a_file_may_lie_in_a_library_of_the_targets_own_sharepoint() -> None:
    """The address as a browser shows it, with a pattern in the last part."""
    at = "https://Contoso.sharepoint.com/sites/hr/Shared%20Documents/people-*.csv"

    assert load(joined(at=at)).rows["contoso"]["hr"].at == at


@pytest.mark.parametrize(
    "at",
    [
        "https://contosohr.blob.evil.example/drop/people.csv",
        "https://contosohr.blob.core.windows.net.evil.example/drop/people.csv",
        "https://contosohr.blob.core.windows.net@evil.example/drop/people.csv",
        "https://evil.example/contosohr.blob.core.windows.net/drop/people.csv",
        "https://contosohr.blob.core.windows.net:8443/drop/people.csv",
        "https://contosohr.blob.core.windows.net\\@evil.example/drop/people.csv",
        "https://contosohr。blob.core.windows.net/drop/people.csv",
        "http://contosohr.blob.core.windows.net/drop/people.csv",
        "https://169.254.169.254/metadata/identity/oauth2/token",
        "https://contoso.sharepoint.com.evil.example/sites/hr/Docs/people.csv",
        "https://contoso.sharepoint.com@evil.example/sites/hr/Docs/people.csv",
        "file:///etc/passwd",
    ],
)
def test_a_host_that_only_looks_like_azures_is_refused(at: str) -> None:
    """The function app's token would go there."""
    assert "must be a path, or" in only_problem(joined(at=at)).message


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


def test_changes_and_their_cursor_are_written_together() -> None:
    """Both queries are SELECTs; `:since` belongs in the second, outside of texts."""
    more = {
        "changes": "SELECT no, cost, at FROM people WHERE at >= :since;",
        "cursor": {"column": "at", "lag": "5m"},
        "full_every": "3d",
    }
    query = load(document(**{"with": [{**SQL, **more}]}, **MAPPED), {"HR_PASSWORD": "x"}).rows["contoso"]["hr"].query
    assert query.changes.endswith(":since")
    assert (query.cursor, query.full_every) == (Cursor("at", timedelta(minutes=5)), timedelta(days=3))

    for changes, told in (
        ({"cursor": None}, "need each other"),
        ({"changes": None}, "need each other"),
        ({"changes": "SELECT no FROM people WHERE no = ':since'"}, "needs `:since`"),
        ({"changes": "DELETE FROM people WHERE at >= :since"}, "begins with SELECT"),
        ({"query": "SELECT no, at FROM people WHERE at >= :since"}, "belongs in `changes`"),
        ({"cursor": {"column": "at", "lag": "9d"}}, ""),
    ):
        one = {key: value for key, value in {**SQL, **more, **changes}.items() if value is not None}
        assert told in only_problem(document(**{"with": [one]}, **MAPPED), {"HR_PASSWORD": "x"}).message


def test_names_must_differ_from_each_other_and_from_attributes() -> None:
    """Otherwise nobody could tell what `mail.x` or `hr.x` means."""
    mappings = {"mappings": [{"target": "X", "source": "mail"}]}

    assert (
        "attribute of the directory" in only_problem(document(**{"with": [{**HR, "as": "mail"}]}, **mappings)).message
    )
    assert "another source already" in only_problem(document(**{"with": [HR, HR]}, **mappings)).message
    assert only_problem(document(**{"with": [HR], "mappings": [{"target": "X", "source": "hrr.Cost"}]})).suggestion


ALONE = {"source": {"tenant": "contoso.onmicrosoft.com", **{k: v for k, v in HR.items() if k != "as"}}}


def test_a_file_may_be_the_source_itself() -> None:
    """Its columns are named without it, or by its kind, or by the name that it is given."""
    mappings = [
        {"target": "A", "source": "mail"},
        {"target": "B", "source": "file.mail"},
        {"target": "C", "expression": "ToUpper([Cost Center])"},
    ]
    scope = {"clauses": ["Active EQUALS 1"]}
    config = load(document(**ALONE, mappings=mappings, scope=scope))
    connector = config.connectors[0]

    assert connector.primary is not None
    assert connector.columns_of(connector.primary) == ("Active", "Cost Center", "mail")
    assert connector.directory_inputs == ("employeeId",)
    assert list(config.rows["contoso"]) == ["file"]
    named = {**ALONE, "source": {**ALONE["source"], "as": "badges"}}
    assert load(document(**named, mappings=mappings[:1])).connectors[0].inputs[-1] == "badges.mail"


def test_a_source_of_its_own_may_be_joined_by_others() -> None:
    """Their columns are read by their names."""
    connector = connector_of(**ALONE, **{"with": [HR]}, mappings=[{"target": "A", "source": "hr.Cost"}])

    assert [one.name for one in connector.secondaries] == ["file", "hr"]
    assert connector.inputs == ("employeeId", "file.@key", "hr.Cost")


@pytest.mark.parametrize(
    ("source", "where", "told"),
    [
        ({"at": "/mnt/x.csv"}, "source.at", "is for a source that is a file or a query"),
        ({"as": "hr"}, "source.as", "is for a source that is a file or a query"),
        ({"kind": "file", "match": HR["match"]}, "source", "a file needs `at`"),
        ({"kind": "file", "at": "/mnt/x.csv"}, "source", "needs `match`"),
        ({"kind": "file", "at": "/mnt/x.csv", "match": HR["match"], "as": "mail"}, "source.as", "an attribute of"),
        ({"kind": "sql", "match": HR["match"]}, "source", "a query needs driver"),
    ],
)
def test_what_a_source_of_its_own_lacks_is_told(source, where, told) -> None:
    """One problem, with the place."""
    problem = only_problem(document(source={"tenant": "contoso.onmicrosoft.com", **source}))

    assert told in problem.message
    assert problem.where.endswith(where)


def test_what_becomes_of_people_who_are_missing_is_said_by_the_source() -> None:
    """Nothing is cleared unless it is asked for; when a delivery is late is said beside it."""
    for written, meant in (("keep", ("keep", 0)), ("report", ("report", 0)), ({"clear_after": 3}, ("clear", 3))):
        hr = connector_of(**{"with": [{**HR, "on_missing": written, "expect": "26h"}]}, **MAPPED).secondaries[0]
        assert (hr.on_missing, hr.clear_after, hr.expect) == (*meant, timedelta(hours=26))
    assert connector_of(**{"with": [HR]}, **MAPPED).secondaries[0].on_missing == "keep"


def _expectation(written):
    return connector_of(**{"with": [{**HR, "expect": written}]}, **MAPPED).secondaries[0].expect


def test_a_delivery_is_expected_after_a_while_or_by_a_time_of_day() -> None:
    """In UTC and every day, unless a zone and days are written."""
    assert _expectation("26h") == timedelta(hours=26)
    assert _expectation("by 06:00") == ByTime(time(6), "UTC", WEEK)
    assert _expectation("by 6:30 Europe/Berlin") == ByTime(time(6, 30), "Europe/Berlin", WEEK)
    assert _expectation("By 06:00 America/Argentina/Salta Mon-Fri").days == (0, 1, 2, 3, 4)
    assert _expectation("by 06:00 UTC Sat-Mon, thu").days == (0, 3, 5, 6)
    assert _expectation("by 23:59 Mon,Wed") == ByTime(time(23, 59), "UTC", (0, 2))


@pytest.mark.parametrize(
    ("written", "told", "meant"),
    [
        ("daily before 06:00", "must be a duration such as 26h, or a time of day", "by 06:00 Europe/Berlin Mon-Fri"),
        ("06:00", "must be a duration such as 26h, or a time of day", "by 06:00 Europe/Berlin Mon-Fri"),
        (360, "must be a duration such as 26h, or a time of day", "by 06:00 Europe/Berlin Mon-Fri"),
        ("by 24:00", "isn't a time of day from 00:00 to 23:59", "by 06:00 Europe/Berlin Mon-Fri"),
        ("by 6am", "isn't a time of day from 00:00 to 23:59", "by 06:00 Europe/Berlin Mon-Fri"),
        ("by", "isn't a time of day from 00:00 to 23:59", "by 06:00 Europe/Berlin Mon-Fri"),
        ("by 06:00 Europe/Berln", "names Europe/Berln, which isn't a time zone", "by 06:00 Europe/Berlin"),
        ("by 06:00 Berlin", "names Berlin, which isn't a day", "by 06:00 Europe/Berlin Mon-Fri"),
        ("by 06:00 UTC Mon-Freitag", "names Mon-Freitag, which isn't a day", "by 06:00 Europe/Berlin Mon-Fri"),
        ("0h", "isn't between 1s and 400d", "26h"),
        ("999999w", "isn't between 1s and 400d", "26h"),
    ],
)
def test_what_is_no_expectation_is_refused_with_what_to_write(written, told, meant) -> None:
    """Nothing is guessed: a wrong zone is an hour of silence too much."""
    problem = only_problem(document(**{"with": [{**HR, "expect": written}]}, **MAPPED))

    assert told in problem.message
    assert problem.where.endswith("with[0].expect")
    assert meant in problem.suggestion


def test_nothing_is_cleared_by_a_file_that_may_have_been_cut() -> None:
    """A writer that never ends its last line must count its rows before anything is cleared by them."""
    never = {**HR, "ends_with_newline": "never"}
    late = only_problem(document(**{"with": [{**never, "on_missing": {"clear_after": 3}}]}, **MAPPED))
    assert late.where.endswith("with[0].on_missing")
    clears = {"mappings": [{"target": "A", "source": "mail", "on_empty": "clear"}, *MAPPED["mappings"]]}
    clears["mappings"][1] = {**clears["mappings"][1], "on_empty": "clear"}
    empty = only_problem(document(**{"with": [never]}, **clears))
    assert empty.where.endswith("mappings[1].on_empty")
    assert "Write a `trailer`" in late.message
    assert "Write a `trailer`" in empty.message

    counted = {**never, "trailer": "END;{rows}", "on_missing": {"clear_after": 3}}
    assert connector_of(**{"with": [counted]}, **clears).secondaries[0].clear_after == 3


PILOT = "5f05e38c-bd0e-49ec-8c9c-c4cfe370248c"


def related(**changes):
    """A connector file with a group, the managers and a file of names, and a mapping and clauses that read them."""
    sources = {
        "pilot": {"as": "pilot", "kind": "group", "group": PILOT.upper()},
        "manager": {"as": "manager", "kind": "manager"},
        "named": {"as": "named", "kind": "names", "at": "/mnt/hr/pilot.txt"},
    }
    for name, change in changes.items():
        sources[name] = {**sources[name], **change}
    return document(
        **{
            "with": list(sources.values()),
            "mappings": [
                {"target": "Boss", "source": "manager.displayName"},
                {"target": "BossCode", "source": "manager.extensionAttribute7"},
            ],
            "scope": {"groups": [["pilot.member IS NOT NULL"], ["named.member IS NOT NULL"]]},
        }
    )


def test_a_group_managers_and_names_are_sources_whose_rows_end() -> None:
    """They are joined by id, or by user name; attributes of a manager are the directory's, by the same aliases."""
    config = load(related(pilot={"nested": "include", "max_drop": 20}))
    connector = config.connectors[0]
    by_name = {one.name: one for one in connector.secondaries}

    assert [one.on_missing for one in connector.secondaries] == ["leave"] * 3
    assert (by_name["pilot"].group, by_name["pilot"].nested, by_name["pilot"].max_left) == (PILOT, "include", 20)
    assert by_name["manager"].max_left == 50
    assert connector.columns_of(by_name["manager"]) == (
        "displayName",
        "id",
        "onPremisesExtensionAttributes.extensionAttribute7",
    )
    assert by_name["named"].match == (KeyPart("member", "userPrincipalName"),)
    assert (config.rows["contoso"]["named"].contract.header, connector.reads_groups) == ("member", True)
    assert "onPremisesExtensionAttributes" in connector.read_of_graph


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pilot": {"group": "Pilot users"}}, "has characters that aren't allowed here"),
        ({"pilot": {"group": None}}, "a group needs `group`, its object id"),
        ({"pilot": {"at": "/x.csv"}}, "is for file and sql, not for group"),
        ({"pilot": {"on_missing": "keep"}}, "is for file and sql, not for group"),
        ({"manager": {"nested": "ignore"}}, "is for group, not for manager"),
        ({"manager": {"match": [{"column": "a", "to": "mail"}]}}, "is for file and sql, not for manager"),
        ({"named": {"format": "json"}}, "is for file and sql, not for names"),
        ({"named": {"ends_with_newline": "never"}}, "needs proof that the file is complete"),
        ({"named": {"at": None}}, "a file needs `at`: its path or address"),
        ({"named": {"to": "accountEnabled"}}, "isn't a text"),
    ],
)
def test_what_isnt_for_them_is_refused_by_name(changes: dict[str, object], said: str) -> None:
    """Each key that the kind doesn't have, and each value that names nobody."""
    content = related(**changes)
    content["connectors"][0]["with"] = [
        {key: value for key, value in one.items() if value is not None} for one in content["connectors"][0]["with"]
    ]
    assert said in only_problem(content).message


@pytest.mark.parametrize(
    ("source", "said", "meant"),
    [
        ("pilot.displayName", "pilot has one column, `member`, and no other", "pilot.member"),
        ("manager.displayname", "isn't an attribute", "manager.displayName"),
        ("manager.manager", "- {as: manager, kind: manager}", ""),
    ],
)
def test_a_column_that_they_dont_have_is_refused(source: str, said: str, meant: str) -> None:
    """With the one that was probably meant."""
    content = related()
    content["connectors"][0]["mappings"][0]["source"] = source
    problem = only_problem(content)
    assert said in problem.message
    assert problem.suggestion == meant


def test_leave_of_a_file_needs_proof_and_another_source() -> None:
    """A cut file would let people leave; of the source itself whom no row names takes no part anyway."""
    assert "needs proof" in only_problem(joined(on_missing="leave", ends_with_newline="never")).message
    one = load(joined(on_missing="leave")).connectors[0].secondaries[0]
    assert one.describe()[-1] == "leave"
    source = {"tenant": "contoso.onmicrosoft.com", **{k: v for k, v in HR.items() if k != "as"}, "on_missing": "leave"}
    content = document(source=source, mappings=[{"target": "CostCenter", "source": "Cost"}])
    assert "is for a source under `with`" in only_problem(content).message


def test_a_scope_that_names_a_group_is_told_how_to_join_it() -> None:
    """Where people write it first."""
    problem = only_problem(document(scope={"group": "Pilot"}))
    assert "kind: group" in problem.message
    assert "member IS NOT NULL" in problem.message


AZURE = {**SQL, "driver": "sql-server", "server": "contoso.database.windows.net"}


def _query_of(one, settings=None):
    return load(document(**{"with": [one]}, **MAPPED), settings or {"HR_PASSWORD": "x"}).rows["contoso"]["hr"].query


def test_sql_server_takes_a_user_or_the_managed_identity() -> None:
    """Its port is its own; without a user the token is for the cloud in which the server is."""
    query = _query_of(AZURE)
    assert (query.driver, query.host, query.port, query.user, query.audience) == (
        *("sql-server", "contoso.database.windows.net", 1433, "upa", ""),
    )
    bare = {key: value for key, value in AZURE.items() if key not in ("user", "password")}
    for server, audience in (
        ("contoso.database.windows.net", "https://database.windows.net"),
        ("mi1.abc123.database.windows.net:1433", "https://database.windows.net"),
        ("contoso.database.chinacloudapi.cn", "https://database.chinacloudapi.cn"),
    ):
        query = _query_of({**bare, "server": server})
        assert (query.user, query.audience) == ("", audience)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"user": None, "password": None, "server": "sql01.contoso.com"}, "write `user` and `password`"),
        (
            {"user": None, "password": None, "server": "x.database.windows.net.evil.example"},
            "isn't a server of Azure SQL",
        ),
        ({"password": None}, "a query needs password"),
        ({"user": None}, "a query needs user"),
        ({"query": "SELECT no, cost FROM people DELETE FROM people"}, "holds the word DELETE"),
        ({"query": "SELECT no INTO copy FROM people"}, "holds the word INTO"),
        ({"server": "tcp:sql01.contoso.com"}, "isn't a host"),
        ({"server": "sql01\\HR"}, "isn't a host"),
        ({"server": "user@sql01.contoso.com"}, "isn't a host"),
        ({"server": "sql01.contoso.com/x"}, "isn't a host"),
        ({"server": "sql01.contoso.com;Encrypt=no"}, "isn't a host"),
    ],
)
def test_what_sql_server_isnt_sent_is_refused(changes, told) -> None:
    """Half a sign-in, statements that change, and addresses that hold more than a host."""
    one = {key: value for key, value in {**AZURE, **changes}.items() if value is not None}
    assert told in only_problem(document(**{"with": [one]}, **MAPPED), {"HR_PASSWORD": "x"}).message
