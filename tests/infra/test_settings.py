"""Settings stand in four places: the code that reads them, Bicep, the local sample, the docs. They agree."""

from __future__ import annotations

import json
import re

from azure.monitor.opentelemetry import _constants as monitor

from tests.infra import predicted
from tests.support.bicep_compiler import INFRA, ROOT
from upa_core.config.settings import KNOWN

LOCAL_ONLY = {
    "AzureWebJobsStorage": "a connection string: Azure uses the identity instead (no shared keys)",
    "UPA_CONTAINER": "a name in the host's storage account: Azure gets the container's whole address in UPA_STATE",
    "AzureWebJobsStorage__blobServiceUri": "of national clouds: the host's, and UPA_STATE comes before it",
    "UPA_CLOCK": "the scaled clock of tests and the demo",
}
"""Settings that the code reads and Azure never sets."""

SAMPLE_ONLY = {"FUNCTIONS_WORKER_RUNTIME": "Core Tools need it (core-tools#4645); Flex Consumption refuses it"}
"""Settings of the local sample that are no setting of ours."""

BY_ADDRESS = {
    "AzureWebJobsStorage__blobServiceUri",
    "AzureWebJobsStorage__queueServiceUri",
    "AzureWebJobsStorage__tableServiceUri",
}
"""How the host finds its storage in national clouds; elsewhere by the account's name."""

PLATFORM = {
    "AzureWebJobsStorage__credential",
    "AzureWebJobsStorage__clientId",
    "AzureWebJobsStorage__accountName",
    "AzureWebJobsStorage__queueServiceUri",
    "AzureWebJobsStorage__tableServiceUri",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY",
    "PYTHON_APPLICATIONINSIGHTS_LOGGER_NAME",
    "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS",
}
"""Settings that the Functions host, the worker and the telemetry exporter read."""

SETTINGS = predicted.settings("default")
BY_ADDRESSES = predicted.settings("closed")
SAMPLE = json.loads((ROOT / "local.settings.sample.json").read_text(encoding="utf-8"))["Values"]


def test_bicep_sets_what_the_code_reads() -> None:
    """Every setting that the code reads is set in Azure, except those stated as local."""
    assert set(KNOWN) - set(LOCAL_ONLY) == set(SETTINGS) - PLATFORM


def test_bicep_sets_nothing_that_nobody_reads() -> None:
    """Every setting in Bicep is read by our code or is a known one of the platform."""
    assert set(KNOWN) | PLATFORM >= set(SETTINGS)
    assert set(KNOWN) | PLATFORM | {"TEAMS_WEBHOOK"} >= set(BY_ADDRESSES)
    assert set(SETTINGS) | BY_ADDRESS >= PLATFORM


def test_local_only_settings_are_read_by_the_code() -> None:
    """The stated list of local settings holds none that has gone."""
    assert set(KNOWN) >= set(LOCAL_ONLY)


def test_the_local_sample_holds_what_the_code_reads() -> None:
    """local.settings.sample.json names exactly the settings that the code reads, and what Core Tools need."""
    assert set(KNOWN) | set(SAMPLE_ONLY) == set(SAMPLE)


def test_the_defaults_of_bicep_are_those_of_the_sample() -> None:
    """Schedules, connector file and container are the same on a developer's machine and in Azure."""
    names = ["UPA_SCHEDULE", "UPA_HOUSEKEEPING_SCHEDULE", "UPA_CONFIG", "UPA_ENTRA_AUTH"]

    assert {name: SAMPLE[name] for name in names} == {name: SETTINGS[name] for name in names}
    assert SETTINGS["UPA_STATE"].endswith(f"'{SAMPLE['UPA_CONTAINER']}')]")


def test_the_triggers_name_settings_that_bicep_sets() -> None:
    """Every %SETTING% of a trigger is set, or the app would not index in Azure."""
    named = set(re.findall(r"%(\w+)%", (ROOT / "function_app.py").read_text(encoding="utf-8")))

    assert named
    assert named <= set(SETTINGS)


def test_no_call_of_ours_is_recorded_as_a_dependency() -> None:
    """Every automatic instrumentation is off: addresses called carry account names and delta tokens."""
    off = set(SETTINGS["OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"].split(","))

    assert set(monitor._FULLY_SUPPORTED_INSTRUMENTED_LIBRARIES) <= off


def test_the_worker_has_a_handler_of_its_own_for_our_logger() -> None:
    """The logger that telemetry collects is the one that events are written to, and no other."""
    from upa_core.adapters.telemetry.log_events import LogEvents

    assert SETTINGS["PYTHON_APPLICATIONINSIGHTS_LOGGER_NAME"] == LogEvents()._logger.name
    assert SETTINGS["PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY"] == "true"


def test_settings_of_the_environment_can_not_replace_ours() -> None:
    """What `extraSettings` adds is there; a name that is ours keeps our value, whatever it says."""
    module = (INFRA / "modules" / "function-app.bicep").read_text(encoding="utf-8")

    assert BY_ADDRESSES["TEAMS_WEBHOOK"].startswith("@Microsoft.KeyVault(")
    assert "union(extraSettings, hostStorage, settings)" in module
