"""The connector file `upa.yaml`: schema, validation, helpful errors, the expression grammar (text → domain).

Names are loaded when they are first used: pydantic, PyYAML and lark aren't imported while the function app is indexed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from upa_core.config.examples import ExampleResult, check_examples
    from upa_core.config.grammar import ExpressionSyntaxError, parse_expression
    from upa_core.config.load import load_config
    from upa_core.config.models import CURRENT_VERSION, json_schema
    from upa_core.config.problems import ConfigFileError, ConfigProblem
    from upa_core.config.result import (
        Certificate,
        Config,
        Credential,
        Credentials,
        Example,
        ManagedIdentity,
        Notifications,
    )

_PLACES = {
    "CURRENT_VERSION": "models",
    "Certificate": "result",
    "Config": "result",
    "ConfigFileError": "problems",
    "ConfigProblem": "problems",
    "Credential": "result",
    "Credentials": "result",
    "Example": "result",
    "ExampleResult": "examples",
    "ExpressionSyntaxError": "grammar",
    "ManagedIdentity": "result",
    "Notifications": "result",
    "check_examples": "examples",
    "json_schema": "models",
    "load_config": "load",
    "parse_expression": "grammar",
}

__all__ = [
    "CURRENT_VERSION",
    "Certificate",
    "Config",
    "ConfigFileError",
    "ConfigProblem",
    "Credential",
    "Credentials",
    "Example",
    "ExampleResult",
    "ExpressionSyntaxError",
    "ManagedIdentity",
    "Notifications",
    "check_examples",
    "json_schema",
    "load_config",
    "parse_expression",
]


def __getattr__(name: str) -> Any:
    """Load a name from its module on first use."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
