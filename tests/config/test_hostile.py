"""Files made to hurt: nothing but a ConfigError, in bounded time."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.config.support import CONNECTOR, document, load, refusal_of
from tests.support.full import FULL
from upa_core.config import json_schema, load_config
from upa_core.domain.errors import ConfigError
from upa_core.domain.people.mapping import compile_mappings

KEYS = st.sampled_from(sorted({key for part in json_schema()["$defs"].values() for key in part["properties"]}))
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=10), KEYS, st.sampled_from(["${A}", "managed_identity"])
)
TREES = st.recursive(
    LEAVES,
    lambda part: st.one_of(st.lists(part, max_size=3), st.dictionaries(KEYS, part, max_size=4)),
    max_leaves=15,
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(TREES)
def test_any_tree_loads_or_is_refused(tree):
    """Whatever stands where, only ConfigError is raised, and it has a text."""
    error = refusal_of(ConfigError, load_config, json.dumps({"version": 1, "connectors": tree}), {"A": "x"})

    assert error is None or str(error)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(CONNECTOR)), TREES)
def test_any_part_loads_or_is_refused(key, part):
    """One wrong part of an otherwise good file is refused, never a crash."""
    error = refusal_of(ConfigError, load, document(**{key: part}))

    assert error is None or str(error)


MAPPINGS = 10_000 if FULL else 2_000


@pytest.mark.slow
@pytest.mark.full
def test_ten_thousand_mappings():
    """A connector of 10,000 mappings (2,000 in the short form) loads and compiles, each in a few milliseconds."""
    mappings = [{"target": f"P{i}", "expression": f'Join("{i}", [city], ToUpper([state]))'} for i in range(MAPPINGS)]
    started = time.perf_counter()
    connector = load(document(mappings=mappings)).connectors[0]
    compile_mappings(connector.active, connector.inputs)
    elapsed = time.perf_counter() - started

    assert len(connector.targets) == MAPPINGS
    assert elapsed < MAPPINGS * 0.006
