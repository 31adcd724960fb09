"""What the connector file says of the mistakes that people make: the right remedy, or none."""

from __future__ import annotations

import pytest

from upa_core.config import ConfigFileError, load_config
from upa_core.config.odata import clauses_of

FILE = """\
version: 1
connectors:
  - name: staff
    source:
      tenant: contoso.onmicrosoft.com
    target:
      admin_url: https://contoso-admin.sharepoint.com
      site_url: https://contoso.sharepoint.com/sites/upa
      folder: Imports
    mappings:
      - target: CostCenter
        source: city
"""
LINE = "- target: CostCenter\n        source: city"
ADMIN, SITE = "https://contoso-admin.sharepoint.com", "https://contoso.sharepoint.com"


def told(old: str, new: str) -> str:
    """Return what is said of the file with one text replaced."""
    assert old in FILE
    with pytest.raises(ConfigFileError) as caught:
        load_config(FILE.replace(old, new), {})
    return str(caught.value)


def scope(clause: str) -> str:
    """Return what is said of one clause."""
    return told("    mappings:", f"    scope: {{clauses: [{clause!r}]}}\n    mappings:".replace('"', "'"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("CostCenter", '"HomePhone=phone"', "the attribute ('phone') is the source (did you mean HomePhone?)"),
        ("CostCenter", "Cost Center", "(did you mean CostCenter?)"),
        ("source: city", "source: city\n        on_empty: delete", "(did you mean clear?)"),
        ("source: city", "source: city\n        on_empty: ignore", "(did you mean keep?)"),
        (
            ADMIN,
            "https://fabrikam-admin.sharepoint.com",
            "admin_url: 'fabrikam-admin.sharepoint.com' isn't of the tenant",
        ),
        (SITE, "https://fabrikam.sharepoint.com", "site_url: 'fabrikam.sharepoint.com' isn't of the tenant"),
        (ADMIN, SITE, f"admin_url: 'contoso.sharepoint.com' isn't an admin site (did you mean {ADMIN}?)"),
        (ADMIN, f"{ADMIN}/_layouts/15/online", f"(did you mean {ADMIN}?)"),
        ("      - target", "\t  - target", "this line is indented with a tab: type spaces instead"),
        ("version: 1\n", "", "'version' is missing: write it at the beginning of the file (did you mean version: 1?)"),
        ("    mappings:", "    threshold: {updates: 30%}\n    mappings:", "(did you mean {percent: 30}?)"),
        (
            "- target: CostCenter\n        source: city",
            "- HomePhone=phone",
            "(did you mean {target: HomePhone, source: phone}?)",
        ),
        ("source: city", "source: city\n        type: text", "(did you mean string?)"),
        (
            "      - target: CostCenter\n        source: city",
            "      CostCenter: city",
            "must be a list, a line for each mapping",
        ),
        ("    mappings:", "    threshold: 30%\n    mappings:", "(did you mean updates: {percent: 30}?)"),
        ("    mappings:", "    drift: 5%\n    mappings:", "(did you mean {share: 5}?)"),
        ("    mappings:", "    freshness: 95%\n    mappings:", "(did you mean {share: 95%, within: 24h}?)"),
        ("    mappings:", "    freshness: {share: 0.95}\n    mappings:", "at most one percent (did you mean 95%?)"),
        ("    mappings:", "    freshness: {within: 24}\n    mappings:", "(did you mean 24h?)"),
        ("    mappings:", "    freshness: {within: 90 Minutes}\n    mappings:", "(did you mean 90m?)"),
        ("    mappings:", "    scope: accountEnabled eq true\n    mappings:", "{clauses: [accountEnabled IS TRUE]}?)"),
        (
            "    mappings:",
            "    scope: [city EQUALS Bern]\n    mappings:",
            "(did you mean {clauses: [city EQUALS Bern]}?)",
        ),
        ("source: city", "source: [city]", "must be a text, without brackets (did you mean city?)"),
        (ADMIN, "contoso-admin.sharepoint.com", f"must be an https address (did you mean {ADMIN}?)"),
        (ADMIN, "http://contoso-admin.sharepoint.com/", f"must be an https address (did you mean {ADMIN}?)"),
    ],
)
def test_a_mistake_gets_its_remedy(old: str, new: str, said: str) -> None:
    """The place that is wrong is named, and what was probably meant."""
    assert said in told(old, new)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("CostCenter", "Cost!Center", "isn't a profile property's internal name"),
        ("version: 1\n", "version: 1\ncredentials: {graph: {client_secret: x}}\n", "Name a certificate by its place"),
        ("    mappings:", "    scope: {group: Staff}\n    mappings:", "users/delta doesn't track group membership"),
        ("    mappings:", "    scope: {groups: [Staff]}\n    mappings:", "users/delta doesn't track group membership"),
    ],
)
def test_nothing_is_guessed_where_no_other_word_helps(old: str, new: str, said: str) -> None:
    """A secret, a group and a name that can't be mended are told what to do instead, without a "did you mean"."""
    text = told(old, new)

    assert said in text
    assert "did you mean" not in text


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            LINE,
            LINE.replace("city", "city\n\xa0       max_length: 5"),
            "this line is indented with a non-breaking space or the like",
        ),
        ("        source: city", "      source: city", "12:7: isn't valid YAML: this line isn't in line with the keys"),
        ("        source: city", "          source: city", "12:17: isn't valid YAML: a colon can't be here"),
        (
            "        source: city",
            "\xa0       source: city",
            "this line is indented with a non-breaking space or the like: type plain spaces instead",
        ),
        ("source: city", "source: @city", "a value can't begin with this character: put the value into quotes"),
        ("source: city", 'expression: [city] + "x"', "put the value into quotes"),
        ("folder: Imports", "folder: *", "a value can't begin with *: put the value into quotes"),
        ("folder: Imports", 'folder: "Imports', "9:15: isn't valid YAML: this quote is never closed"),
        ("connectors:\n  -", "connectors:\n   ", "must be a list, each connector beginning with a dash"),
    ],
)
def test_what_yaml_cant_read_is_said_in_plain_words_with_its_place(old: str, new: str, said: str) -> None:
    """What to type instead, and no word of the parser's."""
    text = told(old, new)

    assert said in text
    assert not {"token", "scalar", "block", "context"} & set(text.split())


def test_a_file_in_another_encoding_says_how_to_save_it() -> None:
    """Windows PowerShell writes UTF-16 by itself."""
    for encoding, said in (
        ("utf-16", "1:1: the file is UTF-16: save it as UTF-8"),
        ("latin-1", "9:1: the file isn't UTF-8"),
    ):
        with pytest.raises(ConfigFileError) as caught:
            load_config(FILE.replace("Imports", "Importés").encode(encoding), {})
        assert said in str(caught.value)


def test_two_addresses_of_two_tenants_are_both_named_where_nothing_tells_which_is_wrong() -> None:
    """A tenant that is named by its id takes no side."""
    file = FILE.replace("contoso.onmicrosoft.com", "11111111-2222-3333-4444-555555555555")
    with pytest.raises(ConfigFileError) as caught:
        load_config(file.replace(ADMIN, "https://fabrikam-admin.sharepoint.com"), {})

    assert "and admin_url ('fabrikam-admin.sharepoint.com') are of different tenants" in str(caught.value)
    assert "did you mean" not in str(caught.value)


@pytest.mark.parametrize(
    ("condition", "clauses"),
    [
        ("department eq 'Sales'", ["department EQUALS Sales"]),
        ("accountEnabled eq true", ["accountEnabled IS TRUE"]),
        ("mail ne null", ["mail IS NOT NULL"]),
        ("startsWith(department,'R&D.')", [r"department REGEX MATCH R\&D\..*"]),
        ("endswith(mail, '@contoso.com')", ["mail ENDS_WITH @contoso.com"]),
        ("employeeId gt 5", ["employeeId GREATER_THAN 5"]),
        ("city eq 'A' and state eq 'B'", ["city EQUALS A", "state EQUALS B"]),
        ("city eq 'A' or state eq 'B'", []),
        ("department ne 'Sales'", []),
        ("employeeId lt 5", []),
        ("department in ('A','B')", []),
    ],
)
def test_odata_becomes_clauses_only_where_they_mean_the_same(condition: str, clauses: list[str]) -> None:
    """`ne` with a value isn't NOT EQUALS: people without the attribute meet the one and not the other."""
    assert clauses_of(condition) == clauses


def test_a_condition_of_odata_is_named_as_one() -> None:
    """With the clause that means the same, where there is one."""
    one = scope('department eq "Sales"'.replace('"', "''"))
    assert "has OData's operators" in one


def test_a_percentage_may_be_written_as_one() -> None:
    """30% and 30 are one limit."""
    text = FILE.replace("    mappings:", "    threshold: {updates: {percent: 30%}}\n    mappings:")

    assert load_config(text, {}).connectors[0].threshold.updates_percent == 30


def test_a_second_condition_is_never_a_part_of_the_value() -> None:
    """`A EQUALS x and B EQUALS y` would match whoever has that whole text: nobody."""
    both, either = "city EQUALS Bern and state EQUALS BE", "city EQUALS Bern or state EQUALS BE"

    said = "(did you mean two clauses, each a line of the list: city EQUALS Bern and state EQUALS BE?)"
    assert said in scope(both)
    assert "each is a list of its own below `groups`" in scope(either)
    assert "did you mean" not in scope(either)


@pytest.mark.parametrize(
    "value", ["Search and Rescue", "Sales or Marketing", "Black AND White", "This and That EQUALS"]
)
def test_a_value_may_hold_the_words_and_and_or(value: str) -> None:
    """Only another condition after them is none of the value's business."""
    text = FILE.replace("    mappings:", f"    scope: {{clauses: ['city EQUALS {value}']}}\n    mappings:")

    assert load_config(text, {}).connectors[0].scope.groups[0][0].value == value
