"""Command line, simulator and functions host: each module has its test module, or says which one states its facts.

Most of them are tried from outside, by their commands and their addresses, so that one test module serves several.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = {"upa_cli": "tests/cli", "tenant_sim": "tests/tenant_sim", "functions_host": "tests/functions_host"}
STATED_IN = {
    "tests/cli/test_drift.py": "upa_cli/commands/verify",
    "tests/cli/test_from_pnp.py": "upa_cli/pnp/cmdlet upa_cli/pnp/pasted upa_cli/pnp/powershell upa_cli/pnp/statements "
    "upa_cli/pnp/tokens upa_cli/pnp/translate upa_cli/pnp/variables",
    "tests/cli/test_grants.py": "upa_cli/commands/extensions upa_cli/commands/grant upa_cli/commands/revoke"
    " upa_cli/work/role_changes",
    "tests/cli/test_hostile.py": "upa_cli/shell/context upa_cli/shell/failures upa_cli/shell/output"
    " upa_cli/shell/registry upa_cli/commands/status",
    "tests/cli/test_import.py": "upa_cli/commands/import_ upa_cli/once/cleared upa_cli/once/ending upa_cli/once/mapped"
    " upa_cli/once/options upa_cli/once/owners upa_cli/once/people upa_cli/once/plan upa_cli/once/reading"
    " upa_cli/once/ready_file upa_cli/once/result upa_cli/once/view",
    "tests/cli/test_init.py": "upa_cli/start/answers upa_cli/start/interview upa_cli/start/starter",
    "tests/cli/test_init_from_file.py": "upa_cli/start/proposals",
    "tests/cli/test_live_check.py": "upa_cli/live/catalog upa_cli/live/check upa_cli/live/direct upa_cli/live/graph"
    " upa_cli/live/imports upa_cli/live/judges upa_cli/live/questions upa_cli/live/record upa_cli/live/relations"
    " upa_cli/live/report upa_cli/live/tenant",
    "tests/cli/test_no_dead_ends.py": "upa_cli/shell/exits",
    "tests/cli/test_operations.py": "upa_cli/commands/archive upa_cli/commands/escrow upa_cli/commands/forget"
    " upa_cli/shell/csv_file"
    " upa_cli/commands/hold upa_cli/commands/housekeeping upa_cli/commands/jobs upa_cli/commands/reset"
    " upa_cli/commands/state upa_cli/commands/sync_user upa_cli/commands/why upa_cli/work/backup_file"
    " upa_cli/work/plan_files upa_cli/work/steps upa_cli/work/users",
    "tests/cli/test_reference.py": "upa_cli/main",
    "tests/cli/test_run.py": "upa_cli/commands/declined upa_cli/commands/go upa_cli/commands/pause"
    " upa_cli/commands/plan upa_cli/commands/resume upa_cli/commands/runs upa_cli/shell/progress upa_cli/shell/render"
    " upa_cli/work/against_hold upa_cli/work/one_run upa_cli/work/outcome upa_cli/work/reports upa_cli/work/runner",
    "tests/cli/test_setup.py": "upa_cli/commands/adopt upa_cli/commands/config upa_cli/commands/doctor",
    "tests/cli/test_source.py": "upa_cli/work/source_file upa_cli/work/source_options upa_cli/work/source_view",
    "tests/cli/test_try.py": "upa_cli/commands/try_",
    "tests/demo/test_demo.py": "upa_cli/commands/demo upa_cli/demo/directory upa_cli/demo/rooms upa_cli/demo/show"
    " upa_cli/demo/stage upa_cli/demo/story",
    "tests/demo/test_shell.py": "upa_cli/demo/shell",
    "tests/functions/test_app.py": "upa_cli/demo/engine upa_cli/demo/narration functions_host/azure/engine"
    " functions_host/azure/posts functions_host/azure/queues",
    "tests/functions/test_disturbances.py": "upa_cli/demo/oracle",
    "tests/distribution/test_wheel.py": "upa_cli/shell/extras",
    "tests/contracts/test_places.py": "tenant_sim/drop_folder",
    "tests/tenant_sim/test_control.py": "tenant_sim/clock tenant_sim/control/calls tenant_sim/control/options"
    " tenant_sim/control/shown tenant_sim/control/surface tenant_sim/live tenant_sim/schedule tenant_sim/sim",
    "tests/tenant_sim/test_csom.py": "tenant_sim/sharepoint/csom_values tenant_sim/sharepoint/tenant_calls",
    "tests/tenant_sim/test_delta.py": "tenant_sim/graph/log tenant_sim/graph/replica tenant_sim/graph/segments",
    "tests/tenant_sim/test_docs.py": "tenant_sim/upa/script",
    "tests/tenant_sim/test_facts.py": "tenant_sim/control/facts_table",
    "tests/tenant_sim/test_graph.py": "tenant_sim/graph/admin tenant_sim/graph/batch tenant_sim/graph/directory"
    " tenant_sim/graph/errors tenant_sim/graph/filter tenant_sim/graph/routes tenant_sim/graph/throttle"
    " tenant_sim/graph/users",
    "tests/tenant_sim/test_hr.py": "tenant_sim/people/feed tenant_sim/people/names tenant_sim/people/seeding",
    "tests/tenant_sim/test_library.py": "tenant_sim/library_items tenant_sim/library_versions"
    " tenant_sim/sharepoint/access"
    " tenant_sim/sharepoint/files tenant_sim/sharepoint/known tenant_sim/sharepoint/query"
    " tenant_sim/sharepoint/routes tenant_sim/sharepoint/shape tenant_sim/sharepoint/site"
    " tenant_sim/sharepoint/uploads tenant_sim/sharepoint/web",
    "tests/tenant_sim/test_login.py": "tenant_sim/login/apps tenant_sim/login/assertions tenant_sim/login/certificates"
    " tenant_sim/login/errors tenant_sim/login/issuing tenant_sim/login/managed_identity tenant_sim/login/routes"
    " tenant_sim/login/tokens",
    "tests/tenant_sim/test_newtonsoft.py": "tenant_sim/upa/newtonsoft/cursor tenant_sim/upa/newtonsoft/errors"
    " tenant_sim/upa/newtonsoft/reader tenant_sim/upa/newtonsoft/tree tenant_sim/upa/newtonsoft/units"
    " tenant_sim/upa/newtonsoft/values",
    "tests/tenant_sim/test_people.py": "tenant_sim/upa/profiles tenant_sim/upa/schema",
    "tests/tenant_sim/test_properties.py": "tenant_sim/graph/schema tenant_sim/graph/select tenant_sim/graph/tokens"
    " tenant_sim/sharepoint/odata",
    "tests/tenant_sim/test_real_clients.py": "tenant_sim/serving/adapter",
    "tests/tenant_sim/test_real_names.py": "tenant_sim/loopback tenant_sim/serving/urls",
    "tests/tenant_sim/test_relations.py": "tenant_sim/graph/relations/groups tenant_sim/graph/relations/managers"
    " tenant_sim/graph/relations/routes",
    "tests/tenant_sim/test_serve.py": "tenant_sim/connector tenant_sim/main tenant_sim/serving/asgi"
    " tenant_sim/serving/http tenant_sim/serving/route",
    "tests/tenant_sim/test_single_writes.py": "tenant_sim/sharepoint/people_calls tenant_sim/upa/accounts"
    " tenant_sim/upa/people_throttle tenant_sim/upa/single_values",
    "tests/tenant_sim/test_timer_job.py": "tenant_sim/upa/importer tenant_sim/upa/jobs tenant_sim/upa/values",
    "tests/functions_host/test_app.py": "functions_host/engines functions_host/host functions_host/triggers/embedded"
    " functions_host/triggers/engine functions_host/triggers/invoker functions_host/triggers/values",
    "tests/functions_host/test_azure_program.py": "functions_host/azure/program",
    "tests/functions_host/test_backend.py": "functions_host/durable/backend_documents"
    " functions_host/durable/backend_persisted",
    "tests/functions_host/test_bad_apps.py": "functions_host/errors functions_host/worker/function"
    " functions_host/worker/protos functions_host/worker/python_worker",
    "tests/functions_host/test_cli.py": "functions_host/output",
    "tests/functions_host/test_durable.py": "functions_host/durable/api functions_host/durable/choice"
    " functions_host/durable/context_v1 functions_host/durable/engine functions_host/durable/history"
    " functions_host/durable/line functions_host/durable/v1 functions_host/durable/v2/work_items",
    "tests/functions_host/test_http.py": "functions_host/http/front functions_host/http_types",
    "tests/functions_host/test_parts.py": "functions_host/clock functions_host/http/keys functions_host/http/routes"
    " functions_host/settings functions_host/store",
    "tests/functions_host/test_queues_timers.py": "functions_host/triggers/queues functions_host/triggers/timers",
    "tests/functions_host/test_replay.py": "functions_host/replay/execution functions_host/replay/outcome"
    " functions_host/replay/run_all functions_host/replay/v1 functions_host/replay/v2/run",
}
"""Test module → the modules whose facts it states, besides one of its own name."""


def _modules() -> dict[str, Path]:
    """Return each module, by its path without `.py`, with the place of a test module of its name."""
    paths = (path.relative_to(ROOT) for package in FOLDERS for path in (ROOT / package).rglob("*.py"))
    return {
        path.with_suffix("").as_posix(): ROOT / FOLDERS[path.parts[0]] / f"test_{path.name}"
        for path in paths
        if not path.name.startswith("__")
    }


def test_each_module_has_a_test_module_of_its_name_or_is_named_by_another() -> None:
    """Somebody who changes a module finds its facts, and a new module doesn't come without any."""
    named = {module for modules in STATED_IN.values() for module in modules.split()}

    assert sorted(name for name, test in _modules().items() if not test.is_file() and name not in named) == []


def test_no_module_is_named_twice_or_without_need() -> None:
    """The list follows modules that move or go, and each names one place."""
    modules = _modules()
    named = Counter(module for listed in STATED_IN.values() for module in listed.split())
    stale = [name for name in named if name not in modules or modules[name].is_file()]
    lost = [test for test in STATED_IN if not (ROOT / test).is_file()]

    assert ([name for name, times in named.items() if times > 1], stale, lost) == ([], [], [])
