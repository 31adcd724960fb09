"""The result of a batch by its archived answers: each property of each person is confirmed, refused, or unknown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from upa_core.domain.individual.batch import Task
from upa_core.domain.individual.compare import DATE_ORDERS, holds
from upa_core.domain.individual.record import PersonRecord
from upa_core.domain.language.values import ValueType
from upa_core.domain.people.escrow_entry import UNANSWERED, WHOLE, EscrowReason
from upa_core.domain.people.verdict import PersonVerdict, Refusal, Verdict


def judge(tasks: Iterable[Task], records: Iterable[PersonRecord], *, given_up: str = "", batch: str = "") -> Verdict:
    """Judge everybody in a batch from the archive alone; `given_up`: why some of them have no answers.

    `batch`: its run and name, by which a write without an answer is found again.
    Nobody is confirmed where nobody has answers and it was given up.
    """
    found = {record.person: record for record in records}
    if given_up and not found:
        return Verdict(confirmed=False, why=given_up)
    failed: dict[str, PersonVerdict] = {}
    for task in tasks:
        record = found.get(task.person)
        if record is None:
            failed[task.person] = PersonVerdict(
                {WHOLE: Refusal(EscrowReason.NOT_WRITTEN, task.unanswered or given_up[:80])}
            )
            continue
        verdict = _judge(task, record, UNANSWERED + batch)
        if verdict.refused:
            failed[task.person] = verdict
    return Verdict(confirmed=True, failed=failed)


_ENDINGS = {
    "no_account": Refusal(EscrowReason.INVALID_VALUE, "userPrincipalName"),
    "no_profile": Refusal(EscrowReason.PROFILE_NOT_CREATED),
    "other_person": Refusal(EscrowReason.OTHER_PERSON),
    "other_geo": Refusal(EscrowReason.OTHER_GEO),
}


def _judge(task: Task, record: PersonRecord, unanswered: str) -> PersonVerdict:
    unsent = tuple(name for name in task.values if name not in record.sent)
    if (whole := _whole(task, record)) is not None:
        whole = whole._replace(detail=unanswered) if record.ending == "unlooked" or record.doubted else whole
        return PersonVerdict({WHOLE: whole}, unsent=unsent)
    order = next((one for one in DATE_ORDERS if one == record.date_order), None)
    confirmed: list[str] = []
    refused: dict[str, Refusal] = {}
    for name, wanted in task.values.items():
        seen = record.after if name in record.sent else record.before
        if name in record.edited:
            refused[name] = Refusal(EscrowReason.USER_EDITED, name)
        elif seen is not None and name in seen and holds(_kind(record, name), wanted, seen[name], order) is True:
            confirmed.append(name)
        elif fault := record.faults.get(name):
            kind, _, code = fault.partition(" ")
            reason = EscrowReason.NOT_KEPT if kind == "unclear" else EscrowReason.REFUSED_BY_SHAREPOINT
            refused[name] = Refusal(reason, code)
        else:
            refused[name] = Refusal(EscrowReason.NOT_KEPT, name)
    return PersonVerdict(refused, confirmed, unsent)


def _whole(task: Task, record: PersonRecord) -> Refusal | None:
    """Return why nothing was written to a person's profile."""
    if record.ending == "no_profile" and task.known:
        return Refusal(EscrowReason.USER_NAME_CHANGED, record.code)
    if record.ending == "other_person" and record.stranger:
        return Refusal(EscrowReason.OTHER_PERSON, "during the write")
    if record.ending in _ENDINGS:
        return _ENDINGS[record.ending]
    if record.ending == "unlooked":
        return Refusal(EscrowReason.NOT_WRITTEN)
    if record.ending == "unreadable":
        return Refusal(EscrowReason.NOT_WRITTEN, record.code)
    if record.ending == "invalid":
        return Refusal(EscrowReason.INVALID_VALUE, record.code)
    return Refusal(EscrowReason.OTHER_PERSON, "during the write") if record.stranger else None


def _kind(record: PersonRecord, name: str) -> ValueType:
    return cast("ValueType", record.kinds.get(name, "string"))
