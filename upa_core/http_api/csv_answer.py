"""Rows as CSV over HTTP: the same columns as JSON has, a long answer in parts."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from upa_core.domain.http import Request, Response
from upa_core.domain.spreadsheet import SafeCsv
from upa_core.http_api.checks import check

PART = 10_000
"""The least number of rows in one answer; a header `Link` has the address of the rest."""


def wants_csv(request: Request) -> bool:
    """Return whether CSV is asked for; raises `ProblemError` for another format."""
    asked = request.query.get("format", "json")
    check(asked in ("json", "csv"), "format is json or csv")
    return asked == "csv"


def part_of(request: Request) -> int:
    """Return the end of the previous part, 0 for the first; raises `ProblemError` for another text."""
    after = request.query.get("after", "0")
    check(re.fullmatch("[0-9]{1,6}", after) is not None, "after is what the Link of the part before says")
    return int(after)


def csv_answer(
    request: Request, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], after: int | str | None = None
) -> Response:
    """Return rows as CSV; `after`: where the next part begins, None or "" where this is the last."""
    stream = io.StringIO()
    csv = SafeCsv(stream, () if request.query.get("after") else columns)
    for row in rows:
        csv.row(row[name] for name in columns)
    return csv_part(request, stream.getvalue(), after)


def csv_part(request: Request, text: str, after: int | str | None) -> Response:
    """Return a part of CSV, and where the next one is."""
    headers = {"Content-Type": "text/csv; charset=utf-8"}
    if after is not None and after != "":
        query = {name: value for name, value in request.query.items() if name not in ("after", "code")}
        headers["Link"] = f'<?{urlencode({**query, "after": after})}>; rel="next"'
    return Response(200, text, headers)
