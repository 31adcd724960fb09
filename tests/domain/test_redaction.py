"""Values of redacted properties are hidden, and so are the attributes that they are made of."""

from __future__ import annotations

from tests.support.world import World
from upa_core.domain.people.mapping import direct
from upa_core.domain.redaction import HIDDEN, Redactor

REDACTOR = Redactor(World(mappings=(direct("city", "Badge", redact=True), direct("state", "State"))).connector)


def test_old_and_new_value_of_a_redacted_property_are_hidden() -> None:
    """Each property of the new values is there, in order; a property that is shown keeps both values."""
    changes = REDACTOR.changes({"Badge": "old-7", "State": "BE"}, {"State": "ZH", "Badge": "new-7"})

    assert changes == {"Badge": {"old": HIDDEN, "new": HIDDEN}, "State": {"old": "BE", "new": "ZH"}}
    assert list(changes) == ["Badge", "State"]


def test_unknown_and_empty_stay_what_they_are() -> None:
    """They tell no value, and an administrator must tell them from one."""
    assert REDACTOR.values({"Badge": None, "State": ""}) == {"Badge": None, "State": ""}
    assert REDACTOR.value("Badge", "") == ""


def test_a_source_attribute_of_a_redacted_mapping_is_hidden() -> None:
    """Whatever type it has; an attribute of other mappings is shown."""
    assert (REDACTOR.source("city", 7), REDACTOR.source("city", None)) == (HIDDEN, None)
    assert REDACTOR.source("state", "ZH") == "ZH"
