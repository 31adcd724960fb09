"""Connector files for the tests: a small one that can be changed by path."""

import copy
import json

import pytest

from upa_core.config import ConfigFileError, load_config

APP = "5f05e38c-bd0e-49ec-8c9c-c4cfe370248c"
MAPPING = {"target": "CostCenter", "source": "employeeOrgData.costCenter"}
CONNECTOR = {
    "name": "contoso",
    "source": {"tenant": "contoso.onmicrosoft.com"},
    "target": {
        "admin_url": "https://contoso-admin.sharepoint.com",
        "site_url": "https://contoso.sharepoint.com/sites/upa",
        "folder": "Imports",
    },
    "mappings": [MAPPING],
}


def document(**changes):
    """The smallest file, with parts of its only connector replaced."""
    connector = copy.deepcopy(CONNECTOR)
    connector.update(changes)
    return {"version": 1, "connectors": [connector]}


def load(content, environ=None):
    """Load a document given as Python data (JSON is YAML)."""
    return load_config(json.dumps(content, ensure_ascii=False), environ or {})


def refusal_of(kind, function, *args):
    """The error of this kind that a call raises, or None; other errors pass through."""
    try:
        function(*args)
    except kind as error:
        return error
    return None


def connector_of(**changes):
    """The only connector of a changed file."""
    return load(document(**changes)).connectors[0]


def problems(content, environ=None):
    """All problems of a file that isn't accepted."""
    with pytest.raises(ConfigFileError) as caught:
        load(content, environ)
    return caught.value.problems


def only_problem(content, environ=None):
    """The one problem of a file."""
    found = problems(content, environ)
    assert len(found) == 1, found
    return found[0]


def mapping_of(**keys):
    """The only mapping of a file that maps T by these keys."""
    return connector_of(mappings=[{"target": "T", **keys}]).mappings[0]


def mapping_problem(**keys):
    """The one problem of such a mapping."""
    return only_problem(document(mappings=[{"target": "T", **keys}]))
