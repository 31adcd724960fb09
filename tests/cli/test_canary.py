"""The canary's connector."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from tests.support.world import NO_THRESHOLD, World
from upa_cli.work.canary import canary_of


def test_a_canary_is_never_held() -> None:
    """One person is any share of one: neither threshold nor staging mode applies to it."""
    threshold = replace(NO_THRESHOLD, updates_absolute=0, updates_percent=0.0, clears_absolute=0, clears_percent=0.0)
    connector = World(threshold=threshold, staging=True).connector
    cli: Any = SimpleNamespace(connector=connector, app=SimpleNamespace(connectors={"hr": connector}))
    canary = canary_of(cli)

    assert (canary.name, canary.staging, canary.threshold) == ("hr-canary", False, NO_THRESHOLD)
