"""Loading: what a file becomes, and how its problems are told."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.config.support import APP, CONNECTOR, MAPPING, connector_of, document, load, only_problem, problems
from upa_core.config import Certificate, ConfigFileError, Credentials, ManagedIdentity, load_config
from upa_core.config.migrations import migrate
from upa_core.config.problems import MAX_SHOWN
from upa_core.config.yaml_tree import load_tree
from upa_core.domain.connector import ChangeThreshold, Connector, Limits, Retention
from upa_core.domain.errors import ConfigError
from upa_core.domain.people.scope import Clause, Scope


def test_the_smallest_file():
    """The smallest file gives a connector with every default, in staging mode, signed in by managed identity."""
    config = load(document())
    connector = config.connectors[0]

    assert connector == Connector(connector.name, connector.source, connector.target, connector.mappings, staging=True)
    assert config.credentials == {"contoso": Credentials(ManagedIdentity(), ManagedIdentity())}
    assert config.warnings == ()
    assert config.connector("contoso") is connector
    assert config.connector("other") is None


def test_defaults_of_the_file_are_those_of_the_domain():
    """Limits, thresholds and retention default to the domain's values."""
    connector = connector_of(limits={}, threshold={}, retention={}, rhythm={})

    assert (connector.limits, connector.threshold, connector.retention) == (Limits(), ChangeThreshold(), Retention())
    assert connector.every is None


def test_limits_and_rhythm():
    """Sizes, durations and counts are read in their short forms."""
    connector = connector_of(
        limits={"max_pairs": "1000", "max_file_size": "2MB", "import_jobs_per_day": 6, "time_budget": "90s"},
        rhythm={"every": "4h", "full_round_every": "2w"},
        retention={"successes": "10d", "failures": "52w"},
        staging="true",
    )

    assert (connector.limits.max_pairs, connector.limits.max_file_bytes) == (1000, 2 * 1024 * 1024)
    assert (connector.limits.import_jobs_per_day, connector.limits.time_budget) == (6, timedelta(seconds=90))
    assert (connector.every, connector.limits.full_round_every) == (timedelta(hours=4), timedelta(weeks=2))
    assert connector.retention == Retention(timedelta(days=10), timedelta(weeks=52))
    assert connector.staging


def test_thresholds():
    """A limit that isn't named keeps its default; `none` takes it away; percent signs are allowed."""
    connector = connector_of(threshold={"updates": {"absolute": 10}, "clears": {"absolute": "none", "percent": "7.5%"}})

    assert connector.threshold == ChangeThreshold(10, 30.0, None, 7.5)


def test_scope_in_both_forms():
    """A clause may be a text or have keys; clauses are a single group."""
    texts = connector_of(scope={"clauses": ["userType equals Member", "accountEnabled IS_TRUE"]})
    keys = connector_of(
        scope={
            "groups": [
                [
                    {"attribute": "userType", "operator": "EQUALS", "value": "Member"},
                    {"attribute": "accountEnabled", "operator": "Is True"},
                ]
            ]
        }
    )

    assert texts.scope == keys.scope
    assert texts.scope == Scope(((Clause("userType", "EQUALS", "Member"), Clause("accountEnabled", "IS TRUE")),))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("department EQUALS Sales and Marketing", "Sales and Marketing"),
        ('department EQUALS " x"', " x"),
        ("department NOT EQUALS EQUALS", "EQUALS"),
        ("department REGEX MATCH a|b c", "a|b c"),
        ("employeeId GREATER_THAN_OR_EQUALS 5", "5"),
        ("department & red green", "red green"),
    ],
)
def test_clause_texts(text, value):
    """What follows the operator is the value, as it stands."""
    assert connector_of(scope={"clauses": [text]}).scope.groups[0][0].value == value


@pytest.mark.parametrize(
    ("clause", "message"),
    [
        ("memberOf EQUALS x", "group membership"),
        ("groups INCLUDES x", "group membership"),
        ("userType == Member", "isn't a clause"),
        ("userType", "isn't a clause"),
        ("userType EQUALS", "needs a value"),
        ("userType IS NULL x", "takes no value"),
        ("accountEnabled EQUALS true", "is a boolean"),
        ("department IS TRUE", "isn't a boolean"),
        ("proxyAddresses INCLUDES x", "several values"),
        ("department REGEX MATCH (", "pattern"),
        ("employeeId GREATER_THAN ten", "integer"),
        ("employeeHireDate GREATER_THAN 3", "is a date"),
        ("departmnt EQUALS x", "departmnt isn't"),
        ({"attribute": "department", "operator": "LIKE", "value": "x"}, "must be one of"),
        ({"attribute": "department", "operator": "EQUALS", "valu": "x"}, "isn't known"),
        (5, "isn't a clause"),
        ([], "must hold keys"),
    ],
)
def test_refused_clauses(clause, message):
    """A clause that can't work is refused with the reason, at its place."""
    problem = only_problem(document(scope={"clauses": [clause]}))

    assert message in problem.message
    assert problem.where.startswith("connectors[0].scope.clauses[0]")


def test_clauses_or_groups():
    """The short form and the long form don't mix, and an empty group is refused."""
    clause = "userType EQUALS Member"

    assert "together" in only_problem(document(scope={"clauses": [clause], "groups": [[clause]]})).message
    assert "everybody" in only_problem(document(scope={"groups": [[clause], []]})).message


EXPECTED = """
upa.yaml:3:5: connectors[0].nam: the key 'nam' isn't known here (did you mean name?)
upa.yaml:5:47: connectors[0].source.cloud: 'globl' must be one of global, usgov, dod, china (did you mean global?)
upa.yaml:11:10: connectors[0].mappings[0].target: 'Department' can't be a target: SharePoint fills it by itself from Entra's department
upa.yaml:11:30: connectors[0].mappings[0].source: departmnt isn't an attribute of Graph's user (names are case-sensitive) (did you mean department?)
upa.yaml:12:21: connectors[0].mappings[1].source: hireDate can't be used: is stored in SharePoint, not in Entra: users/delta refuses it (400) or doesn't track it; use employeeHireDate (did you mean employeeHireDate?)
upa.yaml:13:35: connectors[0].mappings[2].on_empty: 'clears' must be one of keep, clear, default (did you mean clear?)
upa.yaml:14:21: connectors[0].mappings[3].expression: at character 20: toupper isn't a function of this language (did you mean ToUpper?)
upa.yaml:15:10: connectors[0].mappings[4].target: 'c' already has a mapping in line 14
upa.yaml:16:5: connectors[0].staging: 'maybe' must be true or false
upa.yaml:17:5: connectors[0].limits: is empty
"""  # noqa: E501


def test_all_problems_at_once_with_their_lines():
    """Problems of shape and of meaning are told together, in the order of the file, each with line and way out."""
    text = """\
version: 1
connectors:
  - nam: contoso
    name: contoso
    source: {tenant: contoso.onmicrosoft.com, cloud: globl}
    target:
      admin_url: https://contoso-admin.sharepoint.com
      site_url: https://contoso.sharepoint.com/sites/upa
      folder: Imports
    mappings:
      - {target: Department, source: departmnt}
      - {target: A, source: hireDate}
      - {target: B, source: city, on_empty: clears}
      - {target: C, expression: 'Join(", ", [city], toupper([state]))'}
      - {target: c, source: city}
    staging: maybe
    limits:
"""
    with pytest.raises(ConfigFileError) as caught:
        load_config(text, {})

    assert str(caught.value) == EXPECTED.strip()


@pytest.mark.slow
def test_many_problems_are_counted_not_listed():
    """A file with thousands of problems gives a text of bounded length."""
    mappings = [{"target": f"T{i}", "source": f"nothing{i}"} for i in range(500)]

    with pytest.raises(ConfigFileError) as caught:
        load(document(mappings=mappings))

    assert len(str(caught.value).splitlines()) == MAX_SHOWN + 1
    assert len(caught.value.problems) == 500


@pytest.mark.parametrize(
    ("change", "where", "message"),
    [
        ({"rhythm": {"every": "4 hours"}}, "connectors[0].rhythm.every", "duration"),
        ({"rhythm": {"every": 4}}, "connectors[0].rhythm.every", "duration"),
        ({"limits": {"max_file_size": "101MB"}}, "connectors[0].limits.max_file_size", "at most 104857600"),
        ({"limits": {"max_file_size": "many"}}, "connectors[0].limits.max_file_size", "size"),
        ({"limits": {"max_pairs": 500001}}, "connectors[0].limits.max_pairs", "at most 500000"),
        ({"limits": {"max_pairs": "x"}}, "connectors[0].limits.max_pairs", "whole number"),
        ({"threshold": {"clears": {"percent": 101}}}, "connectors[0].threshold.clears.percent", ""),
        ({"threshold": {"clears": 5}}, "connectors[0].threshold.clears", "must hold keys"),
        ({"name": "Contoso"}, "connectors[0].name", "lower-case letters"),
        ({"name": "a" * 33}, "connectors[0].name", "32"),
        ({"mappings": []}, "connectors[0].mappings", "must not be empty"),
        ({"mappings": MAPPING}, "connectors[0].mappings", "must be a list"),
        ({"mappings": [5]}, "connectors[0].mappings[0]", "must hold keys"),
        ({"source": None}, "connectors[0].source", "is empty"),
        ({"credentials": {"graph": "password"}}, "connectors[0].credentials.graph", "neither managed_identity nor"),
    ],
)
def test_values_of_the_wrong_shape(change, where, message):
    """A value of the wrong shape is named by its path."""
    problem = only_problem(document(**change))

    assert problem.where == where
    assert message in problem.message


def test_missing_keys_are_named_at_their_parent():
    """A missing key is a problem of the part that lacks it."""
    content = document()
    del content["connectors"][0]["target"]["folder"]

    problem = only_problem(content)
    assert (problem.where, problem.message) == ("connectors[0].target", "'folder' is missing")


@pytest.mark.parametrize("key", ["client_secret", "password", "apiKey", "certificate_password"])
def test_keys_for_secrets_are_refused_with_the_reason(key):
    """There is no key for a secret, and the refusal says why."""
    content = document(credentials={"sharepoint": {"certificate": {"client_id": APP, "path": "/x", key: "hunter2"}}})

    problem = only_problem(content)
    assert "secrets don't belong" in problem.message
    assert problem.suggestion == ""


def test_two_connectors_share_neither_name_nor_property():
    """On one tenant, two connectors may not write the same property, whatever its case; names are unique."""
    other = {**CONNECTOR, "name": "other", "mappings": [{"target": "costcenter", "source": "city"}]}
    content = document()
    content["connectors"].append(other)
    problem = only_problem(content)
    assert (problem.where, "'contoso'" in problem.message) == ("connectors[1].mappings[0].target", True)

    other["name"] = "contoso"
    assert "is the name of" in problems(content)[0].message


def test_tenants_and_retired_mappings_do_not_collide():
    """Another tenant, and a retired mapping, may name the same property."""
    elsewhere = {
        **CONNECTOR,
        "name": "geo",
        "target": {
            "admin_url": "https://contosoeur-admin.sharepoint.com",
            "site_url": "https://contosoeur.sharepoint.com/sites/upa",
            "folder": "Imports",
        },
    }
    retired = {**CONNECTOR, "name": "old", "mappings": [{**MAPPING, "state": "retired"}]}
    content = document()
    content["connectors"] += [elsewhere, retired]

    assert [connector.name for connector in load(content).connectors] == ["contoso", "geo", "old"]


def test_an_alias_shares_mappings_among_geos():
    """A list of mappings may be written once and be named by an alias: a connector per geo."""
    text = """\
version: 1
connectors:
  - name: nam
    source: &source {tenant: contoso.onmicrosoft.com}
    target: {admin_url: "https://contoso-admin.sharepoint.com", site_url: "https://contoso.sharepoint.com/s", folder: I}
    scope: {clauses: [preferredDataLocation EQUALS NAM]}
    mappings: &mappings
      - {target: CostCenter, source: employeeOrgData.costCenter}
  - name: eur
    source: *source
    target:
      {admin_url: "https://contosoeur-admin.sharepoint.com", site_url: "https://contosoeur.sharepoint.com/s", folder: I}
    scope: {clauses: [preferredDataLocation EQUALS EUR]}
    mappings: *mappings
"""
    nam, eur = load_config(text, {}).connectors

    assert nam.mappings == eur.mappings
    assert nam.target.lane != eur.target.lane


def test_an_active_and_a_proposed_mapping_may_share_a_property():
    """A proposed mapping may stand beside the active one that it is to replace; two active ones may not."""
    proposed = {"target": "CostCenter", "source": "city", "state": "proposed"}

    assert len(connector_of(mappings=[MAPPING, proposed]).mappings) == 2
    assert "already has a mapping" in only_problem(document(mappings=[MAPPING, MAPPING])).message


def test_credentials_of_file_and_connector():
    """A connector's own credentials replace the file's; a certificate belongs to the source tenant by default."""
    certificate = {"certificate": {"client_id": APP, "path": "/run/upa.pem"}}
    content = document()
    content["credentials"] = {"sharepoint": certificate, "graph": {"managed_identity": {"client_id": APP}}}
    content["connectors"].append(
        {
            **CONNECTOR,
            "name": "own",
            "mappings": [{"target": "X", "constant": "x"}],
            "credentials": {"graph": certificate},
        }
    )
    loaded = load(content).credentials
    expected = Certificate("contoso.onmicrosoft.com", APP, "/run/upa.pem")

    assert loaded["contoso"] == Credentials(ManagedIdentity(APP), expected)
    assert loaded["own"] == Credentials(expected, ManagedIdentity())


@pytest.mark.parametrize(
    ("change", "suggestion"),
    [
        ({"name": "Contoso (HR)"}, "contoso-hr"),
        ({"source": {**CONNECTOR["source"], "cloud": "GCC High"}}, "usgov"),
        ({"source": {**CONNECTOR["source"], "cloud": "gcc"}}, "global"),
        ({"source": {**CONNECTOR["source"], "cloud": "21Vianet"}}, "china"),
        ({"credentials": {"graph": "managed_identiy"}}, "managed_identity"),
        ({"scope": {"clauses": ["userType EQUAL Member"]}}, "userType EQUALS Member"),
        ({"scope": {"clauses": ["department ENDSWITH x y"]}}, "department ENDS_WITH x y"),
        ({"scope": {"clauses": ["mail NOT NULL"]}}, "mail IS NOT NULL"),
        ({"mappings": [{"target": "Badge", "source": "extensionAttribut7"}]}, "extensionAttribute7"),
    ],
)
def test_what_was_probably_meant_is_suggested(change, suggestion):
    """A near miss is answered with what the file would take, whole, to be copied."""
    assert only_problem(document(**change)).suggestion == suggestion


def test_a_file_is_read_from_disk(tmp_path: Path):
    """A Path is read; its name stands before each problem; one that can't be read is a ConfigError."""
    path = tmp_path / "other.yaml"
    path.write_text(json.dumps(document()), encoding="utf-8")
    assert load_config(path, {}).name == "other.yaml"

    path.write_text("version: 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^other\.yaml:1:1: 'connectors' is missing$"):
        load_config(path, {})
    with pytest.raises(ConfigError, match="there is no such file"):
        load_config(tmp_path / "absent.yaml", {})


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("2", "newer than this program"),
        ("0", "isn't a version"),
        ("one", "whole number"),
        (None, "missing"),
    ],
)
def test_versions(version, message):
    """A missing, unreadable or newer version is one problem, told before anything else."""
    content = {**document(), "version": version, "nonsense": "x"}

    assert message in only_problem(content).message


def test_migrations_run_step_by_step():
    """An older file is brought up one version at a time, and parts keep their lines."""
    tree = load_tree("version: 1\nconectors:\n  - x\n", "x")

    def rename(tree):
        tree["connectors"] = tree.pop("conectors")
        tree.places["connectors"] = tree.places.pop("conectors")

    def add(tree):
        tree["added"] = None

    assert migrate(tree, {1: rename, 2: add}, 3) is None
    assert (tree["version"], tree["connectors"], "added" in tree) == ("3", ["x"], True)
    assert tree.places["connectors"] == (2, 1)


def test_notifications():
    """Notifications have a shape; the webhook is a secret and only comes by reference."""
    content = {
        **document(),
        "notifications": {
            "events": ["held"],
            "email": {"to": ["a@x.com"]},
            "webhook": "${HOOK}",
            "silence_after": "2d",
        },
    }
    notifications = load(content, {"HOOK": "https://hooks.example/a?sig=s3cr3ts3cr3ts3cr3t"}).notifications

    assert (notifications.events, notifications.email, notifications.silence_after) == (
        ("held",),
        ("a@x.com",),
        timedelta(days=2),
    )
    assert "s3cr3t" in (notifications.webhook or "")
    assert "s3cr3t" not in repr(notifications)


@pytest.mark.parametrize(
    ("notifications", "message"),
    [
        ({"webhook": "https://hooks.example/a"}, "must be a reference"),
        ({"webhook": "${HOOK}"}, "must be an https"),
        ({"email": {"to": ["nobody"]}}, "isn't a mail address"),
        ({"email": {"to": []}}, "must not be empty"),
        ({"events": ["fail"]}, "must be one of"),
    ],
)
def test_refused_notifications(notifications, message):
    """What can't notify anybody is refused, without showing the webhook."""
    problem = only_problem({**document(), "notifications": notifications}, {"HOOK": "ftp://s3cr3t"})

    assert message in problem.message
    assert "s3cr3t" not in str(problem)


def test_staging_and_rhythm_decide_no_value():
    """The fingerprint depends on mappings and scope, not on rhythm, limits, thresholds or the order of mappings."""
    two = [MAPPING, {"target": "City2", "source": "city"}]
    base = connector_of(mappings=two)

    assert base.fingerprint == connector_of(mappings=two[::-1], staging=True, rhythm={"every": "4h"}).fingerprint
    assert base.fingerprint != connector_of(mappings=two, scope={"clauses": ["userType EQUALS Member"]}).fingerprint
    assert base.fingerprint != connector_of(mappings=two[:1]).fingerprint


def test_an_address_that_graph_does_not_take_is_refused_with_a_figure():
    """Two hundred and forty directory extensions don't fit into one request; the error says how long it would be."""
    many = [
        {"target": f"P{n}", "source": f"extension_{APP.replace('-', '')}_attributeOfSomeLength{n}"} for n in range(240)
    ]
    problem = only_problem(document(mappings=many))

    assert problem.message.startswith("245 attributes make an address of ")
    assert problem.message.endswith("Graph takes 16,384 characters")
    assert load(document(mappings=many[:150])).connectors[0].address_length < 16_384


def test_managers_attributes_make_an_address_too():
    """What is asked of managers has the same limit as what is asked of people, and is counted with them."""
    name = f"manager.extension_{APP.replace('-', '')}_attributeOfSomeLength"
    many = [{"target": f"P{n}", "source": f"{name}{n}"} for n in range(280)]
    joined = [{"as": "manager", "kind": "manager"}]
    problem = only_problem(document(mappings=many, **{"with": joined}))

    assert "attributes make an address of " in problem.message
    assert problem.message.endswith("Graph takes 16,384 characters")
    assert load(document(mappings=many[:150], **{"with": joined})).connectors[0].address_length < 16_384
