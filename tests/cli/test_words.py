"""The words of the command line: states aren't mixed up, tables fit a terminal, ages and addresses are told."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from tests.cli.conftest import Office
from upa_cli.shell import exits
from upa_core.domain.bulk.import_job import JobState
from upa_core.domain.documents.runs import Outcome
from upa_core.domain.health.under_way import PHASES

SHAREPOINT = {state.name.lower() for state in JobState}


@pytest.fixture
def ran(office: Office) -> Office:
    """A pipeline that has run, with somebody in escrow."""
    office.hire("late", profile=False, employeeOrgData={"costCenter": "CC-9"})
    office.upa("run")
    return office


def test_no_word_of_ours_is_one_of_sharepoints_states() -> None:
    """Neither how a run ended nor how far a file is."""
    assert not SHAREPOINT & {*get_args(Outcome), *PHASES.values()}


def test_what_sharepoint_took_is_called_accepted(ran: Office) -> None:
    """Not a sentence about a log that doesn't name somebody."""
    told = ran.upa("why", ran.upn("ada")).out

    assert re.search(r"accepted \(import job [0-9a-f-]{36}: (Succeeded|Error)\)", told)
    assert "doesn't name" not in told


def test_import_jobs_are_listed_newest_first_with_age_and_log(ran: Office) -> None:
    """Two runs, two import jobs; the one that ended in an error has the address of its log."""
    ran.edit("ada", employeeOrgData={"costCenter": "CC-7"})
    ran.upa("run")
    jobs = ran.upa("jobs", "list", "--json").json["jobs"]
    shown = ran.upa("jobs", "list").out

    assert [job["made"] for job in jobs] == sorted((job["made"] for job in jobs), reverse=True)
    assert len(jobs) >= 2
    assert all(job["age_h"] >= 0 for job in jobs)
    assert any(job["log"].startswith("https://") for job in jobs)
    assert " ago" in shown
    assert "  log     https://" in shown


def test_one_import_job_is_shown_by_its_id(ran: Office) -> None:
    """And no other."""
    job = ran.upa("jobs", "list", "--json").json["jobs"][0]
    shown = ran.upa("jobs", "list", job["id"])

    assert shown.code == exits.OK
    assert shown.out.startswith(job["id"])
    assert shown.out.count("  file    ") == 1
    assert ran.upa("jobs", "list", "nonsense").code == exits.USAGE
    assert ran.upa("jobs", "list", "5f05e38c-bd0e-49ec-8c9c-c4cfe370248c").code == exits.REFUSED


def test_tables_fit_80_columns(ran: Office) -> None:
    """No line of any table is wider, and a run id stays whole."""
    ada = ran.upn("ada")
    commands = "runs", "plan --full", "escrow list", "config check", f"why {ada}", "try CostCenter", "archive list"
    wrong = {}
    for command in commands:
        shown = ran.upa(*command.split(), COLUMNS="80")
        lines = shown.out.splitlines()
        rules = [at for at, line in enumerate(lines) if set(line.strip()) == {"─"}]
        fits = all(len(lines[at]) <= 80 for at in rules) and not re.search(r"\d{8}T\d{0,5}\n", shown.out)
        if not fits or shown.code not in (exits.OK, exits.CHANGES):
            wrong[command] = shown

    assert wrong == {}


def test_the_headings_of_runs_stay_whole_in_80_columns(ran: Office) -> None:
    """Eight columns on one line, a run on one line."""
    lines = ran.upa("runs", COLUMNS="80").out.splitlines()

    assert lines[0].split() == ["run", "status", "took", "seen", "set", "clear", "accepted", "escrow"]
    assert re.fullmatch(r"\d{8}T\d{6}Z-\w{4} +\w+ +[\d.]+ (?:min|h|d)(?: +[\d,]+){5} *", lines[2])


def test_config_check_keeps_the_files_order_and_shows_expressions(office: Office) -> None:
    """The first mapping of the file is the first that is listed; what is computed is shown as it is computed."""
    office.write(more="      - {target: Alpha, expression: 'Join(\", \", [city], [country])', state: proposed}\n")
    done = office.upa("config", "check")
    targets = [line.split()[0] for line in done.out.splitlines() if line.startswith(("Cost", "Div", "Bad", "Alp"))]

    assert targets == ["CostCenter", "Division", "Badge", "Alpha"]
    assert 'Join(", ", [city], [country])' in done.out
    assert "string, proposed" in done.out


def test_a_scope_says_that_letter_case_counts_and_that_it_matches_nobody(office: Office) -> None:
    """Checked: that it counts. Planned: that nobody meets it."""
    office.write(replace=("    mappings:", '    scope: {clauses: ["department EQUALS sales"]}\n    mappings:'))

    assert "letter case counts" in office.upa("config", "check").out
    assert "Nobody is in scope" in office.upa("plan").out
