"""The published schema and the reference page are what the models say."""

import re
from pathlib import Path
from typing import get_args

import jsonschema
import pytest
import yaml
from pydantic import BaseModel

from upa_core.config import check_examples, json_schema, load_config
from upa_core.config.models import FileModel
from upa_core.config.reference import DOCS, main, schema_text, with_tables
from upa_core.config.validation import _models_in
from upa_core.domain.language.functions import FUNCTIONS
from upa_core.domain.people.scope import ClauseOperator

PAGE = (DOCS / "configuration.md").read_text(encoding="utf-8")
FILES = re.findall(r"```yaml\n(version: 1\n.*?)```", PAGE, re.DOTALL)
ENVIRON = {
    "UPA_CLIENT_ID": "5f05e38c-bd0e-49ec-8c9c-c4cfe370248c",
    "TEAMS_WEBHOOK": "https://hooks.example/x",
    "BADGES_PASSWORD": "x",
}


def models() -> list[type[BaseModel]]:
    """All models of the file."""
    found: list[type[BaseModel]] = [FileModel]
    for model in found:
        for info in model.model_fields.values():
            found += [inner for inner in _models_in(info.annotation) if inner not in found]
    return found


def test_the_schema_is_current():
    """docs/reference/upa.schema.json is what the models say (`python -m upa_core.config.reference`)."""
    assert (DOCS / "upa.schema.json").read_text(encoding="utf-8") == schema_text()


def test_the_tables_are_current():
    """The page's tables are what the models say (`python -m upa_core.config.reference`)."""
    assert with_tables(PAGE) == PAGE


def test_the_schema_is_a_schema():
    """The schema is valid JSON Schema of draft 2020-12."""
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_every_key_is_documented(model):
    """Every key of every part has a meaning, and every part a description."""
    assert model.__doc__
    for name, info in model.model_fields.items():
        assert info.description, f"{model.__name__}.{name}"
        assert f"| `{info.alias or name}` |" in PAGE


@pytest.mark.parametrize("text", FILES, ids=["smallest", "every key"])
def test_the_examples_of_the_page_load(text):
    """Both files of the page load, satisfy the schema, and their examples hold."""
    config = load_config(text, ENVIRON)
    jsonschema.Draft202012Validator(json_schema()).validate(yaml.safe_load(text))

    assert all(result.passed for result in check_examples(config))
    assert config.warnings == ()


def keys_of(node) -> set[str]:
    """All keys in a document."""
    if isinstance(node, dict):
        return set(node) | {key for value in node.values() for key in keys_of(value)}
    return {key for value in node for key in keys_of(value)} if isinstance(node, list) else set()


def test_the_large_example_shows_every_key():
    """The page's large file uses every key there is."""
    every = {info.alias or name for model in models() for name, info in model.model_fields.items()}

    assert every <= keys_of(yaml.safe_load(FILES[1]))


def test_every_function_and_operator_is_described():
    """The page describes every function and names every operator."""
    assert all(f"`{name}(" in PAGE for name in FUNCTIONS)
    assert all(f"`{operator}`" in PAGE for operator in get_args(ClauseOperator))


def test_the_generator_writes_schema_and_tables(tmp_path):
    """Running the generator on a page without tables gives the published page and schema."""
    (tmp_path / "configuration.md").write_text(PAGE.replace("| `folder` |", "| old |"), encoding="utf-8")
    main(tmp_path)

    assert (tmp_path / "configuration.md").read_text(encoding="utf-8") == PAGE
    assert (tmp_path / "upa.schema.json").read_text(encoding="utf-8") == schema_text()


def test_the_page_is_where_the_docs_are():
    """The generator writes into this checkout's docs."""
    assert Path(__file__).parents[2] / "docs" / "reference" == DOCS
