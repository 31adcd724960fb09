"""Core properties: the table against its sources."""

from pathlib import Path

import pytest

from upa_core.domain.people.attributes import (
    AttributeRefusedError,
    resolve_attribute,
)
from upa_core.domain.plan.core_properties import why_core

SHARED = Path(__file__).parents[4] / "shared"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("memberOf", "group membership"),
        ("signInActivity", "400"),
        ("birthday", "SharePoint"),
        ("aboutMe", "SharePoint"),
        ("skills", "SharePoint"),
        ("manager", "SharePoint keeps"),
        ("extkvbmkofy_mySchema.x", "schema extension"),
        ("extensions", "open ext"),
        ("mailboxSettings.timeZone", "main store"),
        ("passwordProfile", "password"),
        ("assignedLicenses", "^assignedLicenses can't be used: holds structures, not a text$"),
        ("employeeOrgData", "^employeeOrgData holds structures, not a text; name one of its parts$"),
        ("sn", "^sn isn't an attribute of Graph's user$"),
        ("departmnt", r"^departmnt isn't an attribute of Graph's user \(names are case-sensitive\)$"),
        (
            "extension_x",
            "^extension_x isn't a directory extension's name: extension_<32 hexadecimal digits>_<name>$",
        ),
    ],
)
def test_reasons(name, reason):
    """What can't be kept in sync is refused with its own reason."""
    with pytest.raises(AttributeRefusedError, match=reason):
        resolve_attribute(name)


@pytest.mark.parametrize(
    "name",
    [
        "AccountName",
        "Account Name",
        "Ａｃｃｏｕｎｔ Ｎａｍｅ",
        "Ｄepartment",
        "User Name",
        "UserName",
        "SPS-UserPrincipalName",
        "User Principal Name",
        "PreferredName",
        "Name",
        "FirstName",
        "LastName",
        "WorkPhone",
        "Work phone",
        "WorkEmail",
        "Work Email",
        "SPS-SipAddress",
        "SIP Address",
        "Office",
        "Title",
        "Job Title",
        "SPS-JobTitle",
        "Department",
        "SPS-Department",
        "PublicSiteRedirect",
        "Public site redirect",
        "Language Preferences",
        "SPS-MUILanguages",
        "SPS-HideFromAddressLists",
        "Manager",
        "department",
        "SID",
        "UserProfile_GUID",
        "msOnline-ObjectId",
        "IdName",
    ],
)
def test_core_properties_are_refused(name):
    """Every property of SharePoint's own sync, by internal and by display name, and the identities, have a reason."""
    assert why_core(name)


def test_display_names_of_the_documentation_are_all_known():
    """Each display name in the documentation's table is refused."""
    path = SHARED / "seeds" / "4-built-in-upa-sync.txt"
    if not path.exists():
        pytest.skip("shared/seeds/4-built-in-upa-sync.txt isn't here")
    text = (
        path.read_text(encoding="utf-8").partition("Microsoft Entra attribute User profile")[2].partition("\nNote\n")[0]
    )
    for name in (
        "Account Name",
        "User Name",
        "User Principal Name",
        "Name",
        "FirstName",
        "LastName",
        "Work phone",
        "Work Email",
        "SIP Address",
        "Office",
        "Title",
        "Job Title",
        "Department",
        "Public site redirect",
        "Language Preferences",
        "SPS-HideFromAddressLists",
        "Manager",
    ):
        assert name in text
        assert why_core(name)


def test_each_property_of_the_import_apis_own_table_is_refused():
    """The import API's documentation lists what SharePoint syncs by internal name: not one may be a target."""
    path = SHARED / "seeds" / "1-bulk-upa-import-api.txt"
    if not path.exists():
        pytest.skip("shared/seeds/1-bulk-upa-import-api.txt isn't here")
    table = path.read_text(encoding="utf-8").partition("Azure Directory attribute")[2].partition("See also")[0]
    properties = {line.split()[-1] for line in table.splitlines()[1:] if line.strip()}

    assert len(properties) >= 26
    assert {name for name in properties if not why_core(name)} == set()


@pytest.mark.parametrize("name", ["CostCenter", "Badge", "SPS-HireDate", "AboutMe", "CellPhone"])
def test_other_properties_are_not_core(name):
    """What SharePoint doesn't fill by itself may be a target."""
    assert why_core(name) == ""
