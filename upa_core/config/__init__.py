"""The connector file `upa.yaml`: schema, validation, helpful errors, the expression grammar (text → domain)."""

from upa_core.config.examples import ExampleResult, check_examples
from upa_core.config.grammar import ExpressionSyntaxError, parse_expression
from upa_core.config.load import load_config
from upa_core.config.models import CURRENT_VERSION, json_schema
from upa_core.config.problems import ConfigFileError, ConfigProblem
from upa_core.config.result import Certificate, Config, Credential, Credentials, Example, ManagedIdentity, Notifications

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
