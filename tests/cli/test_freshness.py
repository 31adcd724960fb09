"""`upa freshness`: two figures, and the objective's exit code."""

from __future__ import annotations

from tests.cli.conftest import Office
from upa_cli.shell import exits


def test_both_figures_before_and_after_the_first_run(office: Office) -> None:
    """Everybody accepted, nobody read back yet; before the run nothing is claimed."""
    before = office.upa("freshness")
    office.upa("run")
    after = office.upa("freshness", "--json")

    assert ("nobody's values yet" in before.out, before.code) == (True, exits.OK)
    assert (after.json["accepted"]["share_percent"], after.json["accepted"]["people"]) == (100.0, 3)
    assert after.json["accepted"]["changes_7_days"] == 7
    assert after.json["read_back"]["share_percent"] is None
    assert after.json["objective"] is None


def test_a_missed_objective_has_an_exit_code_of_its_own(office: Office) -> None:
    """An import job takes hours: an hour can't be kept."""
    office.write(replace=("    threshold:", "    freshness: {share: 95%, within: 1h}\n    threshold:"))
    office.upa("run")
    told = office.upa("freshness")

    assert (told.code, "objective     95 % within" in told.out) == (exits.CHANGES, True)
