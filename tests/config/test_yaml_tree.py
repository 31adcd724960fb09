"""YAML without traps and without bombs."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.config.support import refusal_of
from upa_core.config import ConfigFileError
from upa_core.config.yaml_tree import MAX_BYTES, MAX_NODES, load_tree, place_of


def refusal(content):
    """The one problem of a file that isn't accepted."""
    with pytest.raises(ConfigFileError) as caught:
        load_tree(content, "upa.yaml")
    return caught.value.problems[0]


def test_plain_words_stay_words():
    """Nothing turns into a boolean, a number, a time or a date."""
    tree = load_tree("a: no\nb: 1:30\nc: 0042\nd: 2026-01-01\ne: 1e3\nf: =\n", "x")

    assert dict(tree) == {"a": "no", "b": "1:30", "c": "0042", "d": "2026-01-01", "e": "1e3", "f": "="}


def test_nothing_is_empty_tilde_and_null():
    """An empty value, ~ and null mean nothing; in quotes they are texts."""
    tree = load_tree("a:\nb: ~\nc: null\nd: ''\ne: 'null'\nf: [~, x]\n", "x")

    assert dict(tree) == {"a": None, "b": None, "c": None, "d": "", "e": "null", "f": [None, "x"]}


def test_json_is_yaml():
    """A JSON file is read as well, with a byte order mark too."""
    assert load_tree(b'\xef\xbb\xbf{"a": {"b": ["c"]}}', "x") == {"a": {"b": ["c"]}}


def test_places():
    """Each key and item knows its line and column; parts of a path that name nothing are passed over."""
    tree = load_tree("a:\n  - x\n  - b: y\n", "x")

    assert place_of(tree, ("a", 1, "Union", "b"))[:3] == (("a", 1, "b"), 3, 5)
    assert place_of(tree, ("a", 0))[1:3] == (2, 5)
    assert place_of(tree, ("nope",))[:3] == ((), 1, 1)


def test_duplicate_keys_are_refused_with_both_lines():
    """A key that stands twice is refused, naming the first place."""
    problem = refusal("a: 1\nb: 2\na: 3\n")

    assert (problem.line, problem.column) == (3, 1)
    assert "line 1" in problem.message


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: !!python/object/apply:os.system [ls]", "tags"),
        ("a: !!str 5", "tags"),
        ("a: !secret x", "tags"),
        ("a: &x {b: 1}\nc: {<<: *x}", "merge"),
        ("a: 1\n---\nb: 2", "one document"),
        ("a: *x", "alias"),
        ("a: &x [*x]", "alias"),
        ("a: [1", "isn't valid YAML"),
        ("a:\n\t- b", "indented with a tab"),
        ("a: \x01", "isn't valid YAML"),
        ("? [a]\n: b", "key must be a text"),
        ("? {a: b}\n: c", "key must be a text"),
        ("~: b", "key must be a text"),
        ("- a", "must hold keys"),
        ("just text", "must hold keys"),
        ("", "must hold keys"),
        ("a: \ud800", "half a surrogate pair"),
        (b"a: \xff\xfe", "UTF-8"),
        (b"a: 1\nb: \x80", "UTF-8"),
        ("a: " + "[" * 30 + "]" * 30, "nested"),
        ("a: " + "[" * 100_000, "nested"),
        ("a: [" + "x," * MAX_NODES + "]", "parts"),
        ("x" * (MAX_BYTES + 1), "larger"),
    ],
)
def test_refusals(content, message):
    """What is dangerous, ambiguous or not YAML is refused in words."""
    assert message in refusal(content).message


def test_an_alias_bomb_is_refused_at_once():
    """Nested aliases are counted as if written out, and never written out."""
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12)
    )
    started = time.perf_counter()

    assert "too large" in refusal(bomb).message
    assert time.perf_counter() - started < 10


def test_aliases_may_nest_only_so_deep():
    """A chain of aliases counts towards the depth."""
    chain = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 40))

    assert "too deep" in refusal(chain).message


def test_aliases_share_parts():
    """An alias stands for its part."""
    assert load_tree("a: &x {b: c}\nd: *x\ne: &y z\nf: *y", "x") == {
        "a": {"b": "c"},
        "d": {"b": "c"},
        "e": "z",
        "f": "z",
    }


@given(st.binary(max_size=60))
def test_any_bytes_are_a_tree_or_refused(content):
    """No bytes raise anything but ConfigFileError."""
    error = refusal_of(ConfigFileError, load_tree, content, "x")

    assert error is None or error.problems


@given(
    st.lists(
        st.sampled_from(
            ["a", ": ", "\n", "- ", "[", "]", "{", "}", "&x ", "*x", "  ", "'", '"', "|\n", "#", "!t ", ","]
        ),
        max_size=30,
    )
)
def test_any_row_of_yaml_signs_is_a_tree_or_refused(signs):
    """No row of YAML's own signs raises anything but ConfigFileError."""
    error = refusal_of(ConfigFileError, load_tree, "".join(signs), "x")

    assert error is None or error.problems
