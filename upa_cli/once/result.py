"""The result of an import, person by person, from its archive alone."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from upa_core.domain.documents.runs import FileState, Report
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.people.escrow_entry import WHOLE, EscrowReason
from upa_core.domain.people.verdict import Refusal
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.archive import load_outcome
from upa_core.state.plan_reader import people_in

NO_PROFILE = "SharePoint can't resolve them: no profile yet. Import the file again once it exists"
GONE = "its archive isn't kept any more"


@dataclass(frozen=True, slots=True)
class Failed:
    """A person who didn't get all values, or a whole import file."""

    person: str
    """Object id; "" for a whole file."""
    property: str
    """"" where the answer names none."""
    why: str


def failed_people(ports: Ports, report: Report) -> list[Failed]:
    """Return who didn't get which values, by the logs; for a file that confirmed nobody, the reason."""
    return list(chain.from_iterable(_of_file(ports, report, file) for file in report.files))


def _of_file(ports: Ports, report: Report, file: FileState) -> list[Failed]:
    if not file.settled:
        return [Failed("", "", f"{file.name} wasn't sent: {report.why}")]
    try:
        outcome = load_outcome(ports, report.run, file.name)
        people = people_in(ports, report.run, file.name, file.route)
        if outcome is None:
            return [Failed("", "", f"{file.name}: {GONE}")]
        verdict = ports.routes[file.route].judge(ports, outcome, people)
    except CorruptStateError:
        return [Failed("", "", f"{file.name}: {GONE}")]
    if not verdict.confirmed:
        return [Failed("", "", f"{file.name}: none of its {file.people:,} people is confirmed: {verdict.why}")]
    return [
        Failed(person, "" if target == WHOLE else target, _why(refusal))
        for person, one in verdict.failed.items()
        for target, refusal in one.refused.items()
    ]


def _why(refusal: Refusal) -> str:
    if refusal.reason is EscrowReason.PROFILE_NOT_CREATED:
        return NO_PROFILE
    return f"SharePoint refused the value ({refusal.detail})" if refusal.detail else "SharePoint refused the value"
