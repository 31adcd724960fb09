"""The folders of tests mirror those of the code: each module of domain, state and services has its test module."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
ELSEWHERE = {
    "domain/freshness/date_back.py": "tests/services/plan/test_dating.py",
    "domain/freshness/waiting.py": "tests/services/health/test_freshness.py",
    "domain/objective.py": "tests/domain/freshness/test_figures.py",
    "domain/documents/ad_hoc.py": "tests/services/plan/test_ad_hoc.py",
    "domain/documents/attempts.py": "tests/services/drive/test_give_up.py",
    "domain/documents/checksum.py": "tests/state/test_shard_codec.py",
    "services/deliver/individual/urgent.py": "tests/services/drive/test_sync_now.py",
    "services/drive/busy_properties.py": "tests/services/drive/test_sync_now.py",
    "services/plan/commit_plan.py": "tests/services/plan/test_export.py",
    "services/plan/doubt_events.py": "tests/services/plan/test_uncarried.py",
    "services/pull/hold_offer.py": "tests/services/pull/test_leaving.py",
    "state/rows/asked.py": "tests/services/pull/test_leaving.py",
    "domain/bulk/import_job.py": "tests/adapters/sharepoint/test_import_jobs.py",
    "domain/documents/census.py": "tests/domain/plan/test_source_shrank.py",
    "domain/documents/connector_state.py": "tests/domain/documents/test_codec.py",
    "domain/documents/quarantine.py": "tests/services/health/test_quarantine.py",
    "domain/documents/rounds.py": "tests/services/pull/test_directory.py",
    "domain/documents/sources.py": "tests/services/pull/test_rows.py",
    "domain/documents/watcher.py": "tests/services/drive/test_watcher.py",
    "domain/health/events.py": "tests/services/health/test_event_ids.py",
    "domain/health/notification_log.py": "tests/services/health/test_notify.py",
    "domain/documents/connector_keys.py": "tests/domain/documents/test_storage_layout.py",
    "domain/plan/run_people.py": "tests/state/run_people/test_results.py",
    "domain/plan/run_rows.py": "tests/state/run_people/test_results.py",
    "state/run_people/forget.py": "tests/state/run_people/test_results.py",
    "state/run_people/inline.py": "tests/state/run_people/test_results.py",
    "state/run_people/listings.py": "tests/state/run_people/test_reader.py",
    "domain/documents/individual_keys.py": "tests/domain/documents/test_storage_layout.py",
    "domain/individual/answer.py": "tests/contracts/test_adapters_and_fakes.py",
    "domain/language/characters.py": "tests/domain/language/test_pattern.py",
    "domain/language/date_format/reading.py": "tests/domain/language/test_dates.py",
    "domain/language/date_format/tokens.py": "tests/domain/language/test_dates.py",
    "domain/language/date_format/writing.py": "tests/domain/language/test_dates.py",
    "domain/language/letters.py": "tests/domain/language/test_functions.py",
    "domain/language/limits.py": "tests/domain/language/test_functions.py",
    "domain/language/pattern_nodes.py": "tests/domain/language/test_pattern.py",
    "domain/language/pattern_program.py": "tests/domain/language/test_pattern.py",
    "domain/language/pattern_syntax.py": "tests/domain/language/test_pattern.py",
    "domain/language/replace.py": "tests/domain/language/test_functions.py",
    "domain/language/table_case.py": "tests/domain/language/test_dotnet_vectors.py",
    "domain/language/table_categories.py": "tests/domain/language/test_dotnet_vectors.py",
    "domain/language/values.py": "tests/domain/people/test_mapping.py",
    "domain/people/mapping_samples.py": "tests/config/test_mappings.py",
    "domain/drift/keys.py": "tests/domain/documents/test_storage_layout.py",
    "state/drift/standing.py": "tests/services/drift/test_campaign.py",
    "services/drift/judge.py": "tests/services/drift/test_read_back.py",
    "services/drift/on_its_way.py": "tests/services/drift/test_read_back.py",
    "services/drift/partition.py": "tests/services/drift/test_read_back.py",
    "services/drift/repair.py": "tests/services/drift/test_read_back.py",
    "state/drift/documents.py": "tests/services/drift/test_read_back.py",
    "state/drift/partitions.py": "tests/services/drift/test_read_back.py",
    "domain/next_step.py": "tests/services/deliver/bulk/test_watch.py",
    "domain/people/verdict.py": "tests/domain/bulk/test_job_log.py",
    "domain/plan/batch.py": "tests/contracts/test_routes.py",
    "domain/plan/missed_by_full_round.py": "tests/services/plan/test_source_shrank.py",
    "domain/plan/round_rules.py": "tests/services/pull/test_rows.py",
    "domain/sources/at_once.py": "tests/domain/sources/test_judge.py",
    "domain/sources/cells.py": "tests/domain/sources/test_judge.py",
    "domain/sources/check.py": "tests/domain/sources/test_dirty_files.py",
    "domain/sources/closing.py": "tests/domain/sources/test_judge.py",
    "domain/sources/joined/current_rows.py": "tests/domain/sources/joined/test_snapshot.py",
    "domain/sources/joined/missing.py": "tests/domain/sources/joined/test_snapshot.py",
    "domain/sources/file_difference.py": "tests/domain/sources/test_judge.py",
    "domain/sources/contract.py": "tests/domain/sources/test_judge.py",
    "domain/sources/findings.py": "tests/domain/sources/test_judge.py",
    "domain/sources/header.py": "tests/domain/sources/test_judge.py",
    "domain/sources/joined/rules.py": "tests/services/pull/test_rows.py",
    "domain/sources/joined/secondary.py": "tests/domain/sources/joined/test_merge.py",
    "domain/sources/lines.py": "tests/domain/sources/test_csv_rows.py",
    "domain/sources/signature.py": "tests/domain/sources/test_dirty_files.py",
    "domain/sources/trailer.py": "tests/domain/sources/test_judge.py",
    "domain/people/escrow_entry.py": "tests/domain/people/test_escrow.py",
    "domain/plan/tally.py": "tests/domain/plan/test_planner.py",
    "services/insight/hold_view.py": "tests/services/insight/test_plan_view.py",
    "domain/spreadsheet.py": "tests/cli/test_hostile.py",
    "services/deliver/archive.py": "tests/contracts/route_contract.py",
    "services/deliver/bulk/flight.py": "tests/services/deliver/bulk/test_send.py",
    "services/deliver/bulk/route.py": "tests/contracts/test_routes.py",
    "services/deliver/delivery.py": "tests/contracts/route_contract.py",
    "services/deliver/routes.py": "tests/contracts/test_routes.py",
    "services/deliver/individual/route.py": "tests/contracts/test_routes.py",
    "services/doctor/finding.py": "tests/cli/test_doctor_checks.py",
    "services/insight/proposed.py": "tests/cli/test_plan_csv.py",
    "services/plan/joins.py": "tests/services/pull/test_rows.py",
    "services/plan/shard_work.py": "tests/services/plan/test_make_plan.py",
    "services/plan/hold_reason.py": "tests/services/plan/test_source_shrank.py",
    "services/pull/keys.py": "tests/services/pull/test_rows.py",
    "services/pull/result.py": "tests/services/pull/test_directory.py",
    "services/pull/sources.py": "tests/services/pull/test_rows.py",
    "services/wake.py": "tests/services/health/test_event_ids.py",
    "state/rows/shard_rows.py": "tests/state/test_shard_codec.py",
}
"""Modules whose facts show only where they are used: which test module states them."""


def _modules() -> dict[str, Path]:
    """Return each module by its name below upa_core, with the place of its test."""
    core = ROOT / "upa_core"
    paths = (path for layer in ("domain", "state", "services") for path in (core / layer).rglob("*.py"))
    names = (path.relative_to(core) for path in paths if path.name != "__init__.py")
    return {name.as_posix(): ROOT / "tests" / name.with_name(f"test_{name.name}") for name in names}


def test_each_module_has_its_test_module_or_says_which_other_states_its_facts() -> None:
    """Somebody who changes a module finds its tests by its name."""
    assert sorted(name for name, test in _modules().items() if not test.is_file() and name not in ELSEWHERE) == []


def test_nothing_is_said_to_be_tested_elsewhere_that_has_its_own_or_is_gone() -> None:
    """The list shrinks when a test module is written, and follows a module that moves."""
    modules = _modules()
    stale = [name for name in ELSEWHERE if name not in modules or modules[name].is_file()]
    lost = [test for test in ELSEWHERE.values() if not (ROOT / test).is_file()]

    assert (stale, lost) == ([], [])
