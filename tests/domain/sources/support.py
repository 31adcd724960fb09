"""Files for the tests of the file contract, and what is read of them."""

from __future__ import annotations

from dataclasses import replace

from upa_core.domain.sources.check import TextFile
from upa_core.domain.sources.contract import Contract, KeyPart

CONTRACT = Contract(
    keys=(KeyPart("EmployeeID"),),
    columns=("Name", "Department", "CostCenter", "HireDate", "Country"),
    dates=frozenset({"HireDate"}),
)
HEADER = "EmployeeID,Name,Department,CostCenter,HireDate,Country\r\n"
GOOD = HEADER + "".join(
    f'{number:05d},"Müller, Nr. {number}","R&D ""Blue""\r\n{number}",{number % 7:04d},2024-03-{number:02d},DE\r\n'
    for number in range(1, 9)
)


def read(data, contract=CONTRACT, last=None, **changes):
    """Return the rows that count, by key, and the verdict over a file given as text or bytes."""
    contract = replace(contract, **changes)
    raw = data if isinstance(data, bytes) else data.encode(contract.encoding)
    step = 64 if len(raw) < 10_000 else 65_536
    file = TextFile([raw[at : at + step] for at in range(0, len(raw), step)], contract, last)
    rows = {key: values for _, key, values in file}
    verdict = file.verdict
    return {key: values for key, values in rows.items() if key not in verdict.void}, verdict


def found(verdict):
    """Return effect, kind, line and cell of each finding that isn't about columns that nobody reads."""
    return [
        (finding.effect, finding.kind, finding.line, finding.cell)
        for finding in verdict.findings
        if finding.kind != "extra_column"
    ]
