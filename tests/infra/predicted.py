"""What infra/ deploys, as the compiler predicted it: the committed snapshots, read without a compiler.

`default` is what `azd up` gives by itself, `closed` has everything that is off by default. What only Azure knows
(`reference`, `environment`) stands in them as an expression.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from tests.support.bicep_compiler import SNAPSHOTS

SETS = ("default", "closed")
CERTIFICATE_AND_PRIVATE = {"sharePointCertificate": True, "privateNetwork": True, "recoverVault": True}
"""Parameters for facts that neither set shows; one for all of them, because each takes the compiler seconds."""


@cache
def text(name: str) -> str:
    """Return a snapshot as it lies on disk."""
    return (SNAPSHOTS / f"{name}.snapshot.json").read_text(encoding="utf-8")


@cache
def _document(name: str) -> dict[str, Any]:
    return json.loads(text(name))


def resources(name: str, kind: str = "") -> list[dict[str, Any]]:
    """Return the resources of a set, of one type if `kind` says which."""
    found: list[dict[str, Any]] = _document(name)["predictedResources"]
    return [one for one in found if kind in ("", one["type"])]


def one(name: str, kind: str, ending: str = "") -> dict[str, Any]:
    """Return the only resource of a type whose name ends so."""
    found = [resource for resource in resources(name, kind) if resource["name"].endswith(ending)]
    assert len(found) == 1, f"{len(found)} resources of type {kind} in {name}"
    return found[0]


def properties(name: str, kind: str, ending: str = "") -> dict[str, Any]:
    """Return the properties of the only resource of a type whose name ends so."""
    found: dict[str, Any] = one(name, kind, ending)["properties"]
    return found


def settings(name: str) -> dict[str, str]:
    """Return the app settings."""
    found: dict[str, str] = properties(name, "Microsoft.Web/sites/config", "/appsettings")
    return found


def outputs(name: str) -> dict[str, Any]:
    """Return the outputs of the deployment, which azd keeps as variables of the environment."""
    found: dict[str, Any] = _document(name)["outputs"]
    return found
