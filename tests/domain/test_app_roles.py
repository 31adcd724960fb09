"""The app roles that a connector needs."""

from __future__ import annotations

from upa_core.domain.app_roles import FULL_CONTROL, READ_USERS, SEND_MAIL, WRITE_PROFILES, AppRole, needed_roles
from upa_core.domain.people.attributes import EXTRA_PERMISSIONS


def test_plain_attributes_need_three_roles() -> None:
    """Users are read, the library and the import service are used; no mail, nothing special."""
    assert needed_roles(["id", "department"]) == (READ_USERS, FULL_CONTROL, WRITE_PROFILES)


def test_mail_is_a_role_of_its_own() -> None:
    """Only for who notifies by mail."""
    assert needed_roles(["id"], mail=True) == (READ_USERS, SEND_MAIL, FULL_CONTROL, WRITE_PROFILES)


def test_an_attribute_that_graph_guards_needs_its_role_or_the_wider_one() -> None:
    """The role is named with the attribute that needs it; the one that may write as well will do."""
    attribute, role = "employeeLeaveDateTime", "User-LifeCycleInfo.Read.All"
    assert EXTRA_PERMISSIONS[attribute] == role

    special = needed_roles(["id", attribute])[1]

    assert special == AppRole("graph", role, f"reads {attribute}", ("User-LifeCycleInfo.ReadWrite.All",))
    assert special.met_by(["User-LifeCycleInfo.ReadWrite.All"])
