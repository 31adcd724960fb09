"""The outcomes of a probe of single writes, in words: each has its severity and its way out."""

from __future__ import annotations

from typing import Any

import pytest

from upa_core.domain.individual.proof import PropertyProof
from upa_core.domain.people.mapping import direct
from upa_core.services.doctor.probe_findings import RIGHTS, finding_of

TITLE = direct("jobTitle", "UpaTitle", route="individual")
SKILLS = direct("department", "Skills", type="terms", route="individual")


@pytest.mark.parametrize(
    ("fields", "ends"),
    [
        ({}, "; nothing clears it"),
        ({"clear": "empty"}, "; an empty value clears it"),
        ({"clear": "null"}, "; null clears it"),
    ],
)
def test_what_works_is_told_with_what_clears_it(fields: dict[str, Any], ends: str) -> None:
    """Terms also with whether new ones are made."""
    found = finding_of(TITLE, PropertyProof("string", "works", **fields))
    made = finding_of(SKILLS, PropertyProof("terms", "works", new_terms=True, **fields))
    existing = finding_of(SKILLS, PropertyProof("terms", "works", **fields))

    assert (found.check, found.severity, found.fix) == ("individual", "ok", "")
    assert found.evidence == f"UpaTitle (string) can be set and read back{ends}"
    assert made.evidence == f"Skills (terms) can be set and read back, new terms are made{ends}"
    assert existing.evidence == f"Skills (terms) can be set and read back, existing terms only{ends}"


@pytest.mark.parametrize(
    ("found", "code", "evidence", "fix"),
    [
        ("unclear", "NoTermToTry", "UpaTitle (string) couldn't be tried: the profile holds no term", "name a user"),
        ("refused", "", "SharePoint refuses to set UpaTitle (string)", "see the name of the error"),
        (
            "refused",
            "PropertyNotEditableException",
            "SharePoint refuses to set UpaTitle (string): Prop",
            "SharePoint doesn't",
        ),
        ("refused", "PropertyNotFoundException", "SharePoint refuses to set", "make the property, or correct its name"),
        ("refused", "PropertyInvalidFormatException", "SharePoint refuses to set", "the property in SharePoint has"),
        ("refused", "TermStoreOperationException", "SharePoint refuses to set", "the term set takes no new terms"),
        ("refused", "UserProfileException", "SharePoint refuses to set", RIGHTS),
        ("denied", "X", "this app may not set UpaTitle (string): X", RIGHTS),
        ("not_kept", "", "UpaTitle (string) was accepted, and another value or none is read back", "the user may have"),
        ("unclear", "X", "what came of setting UpaTitle (string) isn't known: X", "run the probe again"),
    ],
)
def test_what_doesnt_work_is_an_error_with_its_way_out(found: Any, code: str, evidence: str, fix: str) -> None:
    """By SharePoint's name of the refusal, where it has one."""
    told = finding_of(TITLE, PropertyProof("string", found, code))

    assert (told.check, told.severity) == ("individual", "error")
    assert told.evidence.startswith(evidence)
    assert told.fix.startswith(fix)
