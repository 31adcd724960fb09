"""`upa try`: what a mapping makes of real people."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Office
from upa_cli.shell import exits


def test_an_expression_is_tried_on_real_people(office: Office) -> None:
    """In → out, fill rate, the longest value and whose it is."""
    done = office.upa("try", 'Append([employeeOrgData.division], "-x")', "--people", "10")

    assert done.code == exits.OK
    assert "Research" in done.out
    assert "Research-x" in done.out
    assert "3 people in scope of" in done.out
    assert "longest: 10 characters, of ada@contoso.onmicrosoft.com" in done.out


def test_a_mapping_of_the_file_is_tried_by_its_property(office: Office) -> None:
    """The figures say how many get a value; two of three have a division."""
    tried = office.upa("try", "Division", "--json").json

    assert (tried["in_scope"], tried["filled"], tried["empty"], tried["different"]) == (3, 2, 1, 2)
    assert tried["mapping"]["expression"] == "[employeeOrgData.division]"


def test_what_is_invalid_comes_first_with_its_reason(office: Office) -> None:
    """A text that is no date is counted and named."""
    done = office.upa("try", "employeeOrgData.costCenter", "--type", "integer", "--show", "1")

    assert "invalid:" in done.out
    assert "invalid for 3 people" in done.out


def test_nothing_is_stored_and_nothing_sent(office: Office) -> None:
    """The state folder isn't even made."""
    office.upa("try", "Division")

    assert not (office.folder / "state").exists() or not any((office.folder / "state").rglob("*.json"))
    assert len(office.sim.jobs) == 0


def test_values_that_are_redacted_stay_hidden(office: Office) -> None:
    """Neither by their property nor by an expression that reads the same attribute."""
    told = office.upa("try", "Badge").out + office.upa("try", 'Append([extensionAttribute1], "!")', "--json").out

    assert "secret-7" not in told
    assert "***" in told


def test_a_scope_that_matches_nobody_says_so(office: Office) -> None:
    """Instead of an empty table."""
    office.write(replace=("    mappings:", '    scope: {clauses: ["department EQUALS nowhere"]}\n    mappings:'))
    done = office.upa("try", "Division")

    assert "is in scope: (department EQUALS nowhere)" in done.out


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("costcentre", "isn't an attribute of Graph's user"),
        ("division", "did you mean employeeOrgData.division?"),
        ("Join(", "ends too early"),
        ("DIVISION", "the property is Division"),
        (" ", "WHAT is empty"),
    ],
)
def test_what_cannot_be_tried_is_one_sentence(office: Office, what: str, told: str) -> None:
    """As the connector file would say it."""
    done = office.upa("try", what)

    assert done.code == exits.USAGE
    assert told in done.err
