"""App settings from the environment and local.settings.json, and the parts of host.json that this host uses."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from functions_host.errors import AppError, SettingsError

_TIMESPAN = re.compile(r"(?:(?P<d>\d+)\.)?(?P<h>\d+):(?P<m>\d\d):(?P<s>\d\d(?:\.\d+)?)")
DEFAULT_TIMEOUT = timedelta(minutes=30)


def load_app_settings(app_dir: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the settings the app sees beyond the environment; the environment wins over the file, `extra` over both.

    Raises:
        SettingsError: local.settings.json is no JSON, encrypted, or holds values that aren't plain.
    """
    settings: dict[str, str] = {}
    path = app_dir / "local.settings.json"
    if path.exists():
        document = _read_json(path)
        if document.get("IsEncrypted"):
            msg = "local.settings.json is encrypted"
            raise SettingsError(msg, "run: func settings decrypt")
        for name, value in (document.get("Values") or {}).items():
            if isinstance(value, (dict, list)):
                msg = f"local.settings.json: Values.{name} must be text"
                raise SettingsError(msg, "write structures as one JSON string")
            text = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
            if name not in os.environ:
                settings[name] = text
    settings.update(extra or {})
    return settings


def resolve(text: str, settings: Mapping[str, str]) -> str:
    """Replace each `%NAME%` by the app setting of that name.

    Raises:
        SettingsError: no such setting.
    """

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name in settings:
            return settings[name]
        msg = f"'%{name}%' does not resolve to a value"
        raise SettingsError(msg, f"set {name} in the environment or in local.settings.json under Values")

    return re.sub(r"%([^%\s]+)%", value, text)


class Environment:
    """Environment variables that are set while a host lives."""

    def __init__(self) -> None:
        self._before: dict[str, str | None] = {}

    def set(self, values: Mapping[str, str]) -> None:
        """Set variables, and remember their old values."""
        for name, value in values.items():
            self._before.setdefault(name, os.environ.get(name))
            os.environ[name] = value

    def restore(self) -> None:
        """Restore the old values."""
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._before.clear()


@dataclass(frozen=True)
class QueueOptions:
    """host.json extensions.queues."""

    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    visibility_timeout: timedelta = timedelta(0)
    """How long a message stays hidden after a failure."""
    base64: bool = True
    """messageEncoding; here it decides only how large a message may be."""

    @property
    def largest_body(self) -> int:
        """Bytes that fit in one message of 64 KiB."""
        return 65536 * 3 // 4 if self.base64 else 65536


@dataclass(frozen=True)
class HostConfig:
    """The parts of host.json that this host uses."""

    queues: QueueOptions = field(default_factory=QueueOptions)
    route_prefix: str = "api"
    hub_name: str = "TestHubName"
    function_timeout: timedelta | None = DEFAULT_TIMEOUT
    max_activities: int = 10
    max_orchestrators: int = 10
    default_version: str | None = None
    """extensions.durableTask.defaultVersion: what `context.version` shows for new orchestrations."""
    match_strategy: str = "none"
    """versionMatchStrategy in lower case: none, strict or currentorolder."""
    replace_running: bool = False
    """extensions.durableTask.overridableExistingInstanceStates is AnyState."""

    def accepts(self, version: str | None) -> bool:
        """Return whether orchestrations of a version are run; others wait for a release that does."""
        if self.match_strategy == "strict":
            return (version or "") == (self.default_version or "")
        if self.match_strategy == "currentorolder":
            return _order(version) <= _order(self.default_version)
        return True


def load_host_config(app_dir: Path, settings: Mapping[str, str]) -> HostConfig:
    """Read host.json.

    Raises:
        AppError: there is none.
        SettingsError: it can't be understood.
    """
    path = app_dir / "host.json"
    if not path.exists():
        msg = f"{app_dir} is no function app: host.json is missing"
        raise AppError(msg, "name the folder that holds host.json and function_app.py")
    document = _read_json(path)
    if str(document.get("version")) != "2.0":
        msg = 'host.json must say "version": "2.0"'
        raise SettingsError(msg, "add it")
    extensions = _table(document, "extensions")
    queues = _table(extensions, "queues")
    durable = _table(extensions, "durableTask")
    batch_size = _integer(queues, "batchSize", 16, low=1, high=32)
    cpus = os.cpu_count() or 1
    return HostConfig(
        queues=QueueOptions(
            batch_size=batch_size,
            new_batch_threshold=_integer(queues, "newBatchThreshold", batch_size // 2, low=0, high=1000),
            max_dequeue_count=_integer(queues, "maxDequeueCount", 5, low=1, high=100),
            visibility_timeout=_timespan(queues.get("visibilityTimeout", "00:00:00"), "queues.visibilityTimeout"),
            base64=str(queues.get("messageEncoding", "base64")).lower() == "base64",
        ),
        route_prefix=str(_table(extensions, "http").get("routePrefix", "api")).strip("/"),
        hub_name=resolve(str(durable.get("hubName", "TestHubName")), settings),
        function_timeout=_timeout(document.get("functionTimeout")),
        max_activities=_integer(durable, "maxConcurrentActivityFunctions", 10 * cpus, low=1, high=1000),
        max_orchestrators=_integer(durable, "maxConcurrentOrchestratorFunctions", 10 * cpus, low=1, high=1000),
        default_version=durable.get("defaultVersion"),
        match_strategy=_match_strategy(durable),
        replace_running=str(durable.get("overridableExistingInstanceStates", "")).lower() == "anystate",
    )


def _match_strategy(durable: dict[str, Any]) -> str:
    strategy = str(durable.get("versionMatchStrategy", "None")).lower()
    if strategy not in ("none", "strict", "currentorolder"):
        msg = f"host.json: versionMatchStrategy must be None, Strict or CurrentOrOlder, not {strategy!r}"
        raise SettingsError(msg, "correct host.json")
    if strategy != "none" and str(durable.get("versionFailureStrategy", "Reject")).lower() != "reject":
        msg = "host.json: versionFailureStrategy is run here as Reject only"
        raise SettingsError(msg, "choose Reject, or run with --triggers azure")
    return strategy


def _order(version: str | None) -> tuple[Any, ...]:
    """Return the sort key of a version: no version first, numbers as numbers, other text last."""
    parts = (version or "").split(".") if version else []
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as exc:
        msg = f"{path.name} is not valid JSON: {exc}"
        raise SettingsError(msg, f"correct {path}") from exc
    if not isinstance(document, dict):
        msg = f"{path.name} must hold an object"
        raise SettingsError(msg, f"correct {path}")
    return document


def _table(document: dict[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name) or {}
    if not isinstance(value, dict):
        msg = f"host.json: {name} must be an object"
        raise SettingsError(msg, "correct host.json")
    return value


def _integer(table: dict[str, Any], name: str, default: int, *, low: int, high: int) -> int:
    value = table.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        msg = f"host.json: {name} must be a whole number from {low} to {high}, not {value!r}"
        raise SettingsError(msg, "correct host.json")
    return value


def _timespan(value: Any, name: str) -> timedelta:
    match = _TIMESPAN.fullmatch(str(value))
    if not match:
        msg = f"host.json: {name} must be a time span such as 00:05:00, not {value!r}"
        raise SettingsError(msg, "correct host.json")
    days, hours, minutes = (int(match[part] or 0) for part in "dhm")
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=float(match["s"]))


def _timeout(value: Any) -> timedelta | None:
    if value is None:
        return DEFAULT_TIMEOUT
    return None if str(value) == "-1" else _timespan(value, "functionTimeout")
