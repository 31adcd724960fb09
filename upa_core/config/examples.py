"""Examples beside mappings: what goes in and what must come out."""

from __future__ import annotations

from dataclasses import dataclass

from upa_core.config.problems import shown
from upa_core.config.result import Config, Example
from upa_core.domain.connector import Connector
from upa_core.domain.people.mapping import Desired, Problem, compile_mapping


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """One example, run."""

    connector: str
    target: str
    line: int
    passed: bool
    expected: str
    actual: str


def check_examples(config: Config) -> list[ExampleResult]:
    """Run all examples of a connector file, in the order of the file."""
    connectors = {connector.name: connector for connector in config.connectors}
    return [_run(example, connectors[example.connector]) for example in config.examples]


def _run(example: Example, connector: Connector) -> ExampleResult:
    mapping = connector.mappings[example.mapping]
    values = dict(example.inputs)
    desired = compile_mapping(mapping.as_if_proven(), mapping.inputs)([values.get(path) for path in mapping.inputs])
    invalid = isinstance(desired, Problem) and desired.kind == "invalid"
    passed = invalid if example.invalid else not invalid and _given(desired) == example.expected
    expected = "an invalid value" if example.invalid else _words(example.expected)
    return ExampleResult(connector.name, mapping.target, example.line, passed, expected, _words(desired))


def _given(desired: Desired) -> str | None:
    return desired if isinstance(desired, str) else None


def _words(desired: Desired) -> str:
    if isinstance(desired, Problem):
        return f"{desired.kind}: {desired.reason}"
    return "nothing" if desired is None else shown(desired, 200)
