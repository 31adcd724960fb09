"""Attributes and core properties: the tables against their sources."""

import csv
from pathlib import Path

import pytest

from upa_core.domain.people.attributes import (
    ATTRIBUTES,
    REFUSED,
    AttributeRefusedError,
    resolve_attribute,
    type_of_attribute,
)

SHARED = Path(__file__).parents[4] / "shared"
APP = "5f05e38c-bd0e-49ec-8c9c-c4cfe370248c"
PARENTS = {"employeeOrgData", "onPremisesExtensionAttributes"}
KINDS = {
    "Edm.String": "text",
    "Edm.Boolean": "boolean",
    "Edm.DateTimeOffset": "datetime",
    "Collection(Edm.String)": "several",
}


def metadata():
    """The properties of Graph's user, as Microsoft's metadata has them."""
    path = SHARED / "data" / "graph-user-properties.tsv"
    if not path.exists():
        pytest.skip("shared/data/graph-user-properties.tsv isn't here")
    return dict(csv.reader(path.read_text(encoding="utf-8").splitlines(), delimiter="\t"))


def test_every_property_of_graphs_user_is_known():
    """Each of the 79 properties is readable with its type, has readable parts, or is refused with a reason."""
    for name, kind in metadata().items():
        assert name in REFUSED or name in PARENTS or ATTRIBUTES[name] == KINDS[kind]


def test_nothing_else_is_readable():
    """Readable attributes are properties of Graph's user, parts of them, or of its base type."""
    known = {*metadata(), "id", "deletedDateTime"}

    assert {path.partition(".")[0] for path in ATTRIBUTES} <= known


def test_no_attribute_is_both_readable_and_refused():
    """The two tables don't overlap."""
    assert not set(ATTRIBUTES) & set(REFUSED)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("department", "department"),
        ("employeeOrgData.costCenter", "employeeOrgData.costCenter"),
        ("extensionAttribute7", "onPremisesExtensionAttributes.extensionAttribute7"),
        ("onPremisesExtensionAttributes.extensionAttribute15", "onPremisesExtensionAttributes.extensionAttribute15"),
        ("ext:CostCenter", "extension_5f05e38cbd0e49ec8c9cc4cfe370248c_CostCenter"),
        ("extension_5f05e38cbd0e49ec8c9cc4cfe370248c_X_1", "extension_5f05e38cbd0e49ec8c9cc4cfe370248c_X_1"),
    ],
)
def test_aliases(name, path):
    """Names, aliases and dotted paths stand for these paths."""
    assert resolve_attribute(name, APP) == path


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("Department", "department"),
        ("departmnt", "department"),
        ("hireDate", "employeeHireDate"),
        ("costCenter", "employeeOrgData.costCenter"),
        ("employeeOrgData", "employeeOrgData.costCenter"),
        ("employeeOrgData.costCentre", "employeeOrgData.costCenter"),
        ("sn", "surname"),
        ("objectId", "id"),
        ("extension_CostCenter", "ext:<name>"),
        ("contoso_costCenter", "a directory extension, ext:<name>"),
        ("COSTCENTER", "employeeOrgData.costCenter"),
        ("extensionattribute7", "onPremisesExtensionAttributes.extensionAttribute7"),
        ("signInActivity", ""),
        ("qqqq", ""),
    ],
)
def test_suggestions(name, suggestion):
    """A name that is wrong brings what was probably meant."""
    with pytest.raises(AttributeRefusedError) as caught:
        resolve_attribute(name, APP)

    assert caught.value.suggestion == suggestion


@pytest.mark.parametrize(
    "name", ["extensionAttribute0", "extensionAttribute16", "extensionAttribute07", "extensionAttribute" + "9" * 5000]
)
def test_there_are_fifteen_extension_attributes(name):
    """extensionAttribute1 to 15 exist, no others."""
    with pytest.raises(AttributeRefusedError) as caught:
        resolve_attribute(name)

    assert str(caught.value) == f"{name} doesn't exist: there are extensionAttribute1 to extensionAttribute15"


@pytest.mark.parametrize("number", [1, 9, 10, 15])
def test_the_fifteen_are_known_without_their_parent(number):
    """As everybody calls them."""
    path = f"onPremisesExtensionAttributes.extensionAttribute{number}"
    assert resolve_attribute(f"extensionAttribute{number}") == path


def test_extensions_need_their_application():
    """`ext:` needs the application's id from the file, and a name that can be one."""
    with pytest.raises(AttributeRefusedError, match="extension_app"):
        resolve_attribute("ext:CostCenter")
    with pytest.raises(AttributeRefusedError, match="name"):
        resolve_attribute("ext:Cost Center", APP)


def test_extensions_may_hold_anything():
    """A directory extension's type isn't known beforehand."""
    assert type_of_attribute(resolve_attribute("ext:X", APP)) == "any"
