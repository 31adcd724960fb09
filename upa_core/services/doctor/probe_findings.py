"""The outcomes of a probe in words for an administrator."""

from __future__ import annotations

from typing import Final

from upa_core.domain.individual.proof import PropertyProof
from upa_core.domain.people.mapping import Mapping
from upa_core.services.doctor.finding import Finding

CHECK: Final = "individual"
RIGHTS: Final = (
    "grant SharePoint User.ReadWrite.All (and TermStore.ReadWrite.All for terms) and run the probe again; where it is "
    "denied all the same, SharePoint takes no single writes of apps in this tenant: leave these mappings out"
)
_REFUSED = {
    "PropertyNotEditableException": (
        "SharePoint doesn't see this app as an administrator of profiles: only properties that users may edit can be "
        "written singly; leave this one to route: bulk"
    ),
    "PropertyNotFoundException": "make the property, or correct its name",
    "PropertyInvalidFormatException": "the property in SharePoint has another type: correct the mapping's type",
    "TermStoreOperationException": "the term set takes no new terms: use existing ones",
    "UserProfileException": RIGHTS,
}


def finding_of(mapping: Mapping, proven: PropertyProof) -> Finding:
    """Return the finding about one property: what was proven, or why not, and what to do."""
    name = f"{mapping.target} ({mapping.type})"
    if proven.found == "works":
        clears = {"": "nothing clears it", "empty": "an empty value clears it", "null": "null clears it"}[proven.clear]
        terms = (
            "" if mapping.type != "terms" else ", new terms are made" if proven.new_terms else ", existing terms only"
        )
        return Finding(CHECK, "ok", f"{name} can be set and read back{terms}; {clears}")
    code = f": {proven.code}" if proven.code else ""
    if proven.code == "NoTermToTry":
        fix = "name a user whose property holds a term, or pass --new-term LABEL"
        return Finding(CHECK, "error", f"{name} couldn't be tried: the profile holds no term", fix)
    texts: dict[str, tuple[str, str]] = {
        "refused": (f"SharePoint refuses to set {name}{code}", _REFUSED.get(proven.code, "see the name of the error")),
        "denied": (f"this app may not set {name}{code}", RIGHTS),
        "not_kept": (
            f"{name} was accepted, and another value or none is read back",
            "the user may have hidden it (Only me): such a value can't be confirmed; or the type isn't the property's",
        ),
        "unclear": (f"what came of setting {name} isn't known{code}", "run the probe again"),
    }
    evidence, fix = texts[proven.found]
    return Finding(CHECK, "error", evidence, fix)
