"""References to settings, and secrets that must not stand in the file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.config.support import document, load, mapping_of, only_problem, problems
from upa_core.config import ConfigFileError
from upa_core.config.references import literal_secret

SECRETS = [
    "Ab1" + "8Q~" + "abcdefghijklmnopqrstuvwxyz1234567",
    "-----BEGIN " + "PRIVATE KEY-----",
    "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE",
    "DefaultEndpointsProtocol=https;AccountKey=" + "a" * 40 + "==",
    "https://x.blob.core.windows.net/c?sv=2022&sig=" + "a" * 40,
    "https://app.azurewebsites.net/api/ui?code=" + "a" * 40,
    "https://hooks.example/send?x=1&key=" + "a" * 40,
    "https://admin:" + "hush-hush" + "@contoso.sharepoint.com",
    "Server=hr;Uid=upa;" + "Pwd=" + "hush-hush",
    "MII" + "KkwIBAzCCCk8GCSqGSIb3DQEHAaCC" * 10 + "==",
    "eyJ0eXAiOiJKV1Qi.eyJhdWQiOiJodHRwcyI" + ".abc",
]


def test_references_are_filled_in():
    """`${NAME}` becomes the setting's value, within a text too; `$${` stands for `${`."""
    content = document(
        source={"tenant": "${PREFIX}.onmicrosoft.com"},
        mappings=[{"target": "A", "constant": "${X}-${X}"}, {"target": "B", "constant": "$${X} $ {X}"}],
    )
    connector = load(content, {"PREFIX": "contoso", "X": "1"}).connectors[0]

    assert connector.source.tenant_id == "contoso.onmicrosoft.com"
    assert [m.expression.value for m in connector.mappings] == ["1-1", "${X} $ {X}"]


def test_expressions_and_examples_are_left_alone():
    """`${name}` in an expression names a group of a pattern."""
    mapping = mapping_of(
        expression=r'Replace([city], , "(?<n>a)", , "${n}${n}", , )', examples=[{"in": "a", "out": "${X}"}]
    )

    assert mapping.expression.args[4].value == "${n}${n}"


@pytest.mark.parametrize("environ", [{}, {"TENANT": ""}])
def test_a_missing_setting_is_one_problem(environ):
    """A setting that isn't there or is empty is one problem at its place, not several."""
    problem = only_problem(document(source={"tenant": "${TENANT}"}), environ)

    assert (problem.where, "the setting TENANT" in problem.message) == ("connectors[0].source.tenant", True)
    assert "export TENANT=…" in problem.message
    assert "extraSettings (docs/how-to/deploy.md)" in problem.message


def test_a_misspelt_setting_brings_a_suggestion():
    """Among settings that begin with UPA, the closest is suggested; other settings aren't talked about."""
    environ = {"UPA_TENANT": "x", "TENANTS_SECRET": "y"}

    assert only_problem(document(source={"tenant": "${UPA_TENNANT}"}), environ).suggestion == "UPA_TENANT"


@pytest.mark.parametrize("reference", ["${}", "${A B}", "${a-b}", "${$(ls)}"])
def test_odd_references_are_refused(reference):
    """What stands between the braces must be a setting's name."""
    assert "isn't a reference" in only_problem(document(source={"tenant": reference})).message


def test_values_from_the_environment_are_never_shown():
    """A wrong value that came from a setting is shown as the reference."""
    [problem] = problems(document(source={"tenant": "${TENANT}"}), {"TENANT": "hush hush"})

    assert "hush" not in problem.message
    assert "${TENANT}" in problem.message


@pytest.mark.parametrize("key", ["name", "constant", "folder", "staging", "unknown", "type"])
@pytest.mark.parametrize("secret", SECRETS)
def test_literal_secrets_are_refused_and_not_shown(secret, key):
    """What looks like a secret is refused wherever it stands, and no message holds it."""
    content = document()
    connector = content["connectors"][0]
    holder = {"constant": connector["mappings"][0], "type": connector["mappings"][0], "folder": connector["target"]}
    holder.get(key, connector)[key] = secret
    with pytest.raises(ConfigFileError) as caught:
        load(content)

    assert "not shown" in str(caught.value)
    assert secret[:40] not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "https://contoso-upa.vault.azure.net/secrets/upa-sharepoint",
        'Join(", ", [city], [country])',
        "5f05e38c-bd0e-49ec-8c9c-c4cfe370248c",
        "/sites/upa/Shared Documents",
    ],
)
def test_ordinary_texts_are_no_secrets(text):
    """Addresses, expressions and ids aren't taken for secrets."""
    assert literal_secret(text) == ""


@pytest.mark.slow
@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\x85\u2028\u2029"), max_size=40),  # YAML folds those lines
    st.dictionaries(st.sampled_from(["A", "B"]), st.text(max_size=5)),
)
def test_any_text_is_filled_in_or_refused(text, environ):
    """No text raises anything but ConfigFileError, and nothing is replaced twice."""
    try:
        mapping = load(document(mappings=[{"target": "T", "constant": text}]), environ).connectors[0].mappings[0]
    except ConfigFileError:
        return

    assert "$" in text or mapping.expression.value == text
