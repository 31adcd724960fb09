"""Checks that take an import job: what a file does to a profile, and what the log says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from upa_cli.live import judges
from upa_cli.live.check import ImportCheck
from upa_core.domain.bulk.batch import BOM, ID_PROPERTY


def file_of(rows: Sequence[Mapping[str, str | None]]) -> bytes:
    """Write rows as an import file."""
    return BOM + json.dumps({"value": list(rows)}, separators=(",", ":")).encode("ascii")


def row(**more: str) -> Callable[[str, str], bytes]:
    """Build a file of one row: the person, the property with the value `value`, and other names."""

    def content(person: str, name: str) -> bytes:
        fixed = {key: text for key, text in more.items() if key != "value"}
        return file_of([{ID_PROPERTY: person, name: more["value"], **fixed}])

    return content


_TAKES = "What a broken or odd import file does"
_FORMS = "Which forms booleans and integers take"
_BY_LOG = "The log's form"

IMPORTS = [
    ImportCheck(
        id="log-form",
        title="The log has the form that we read",
        item=_BY_LOG,
        first=True,
        facts=("SP-43", "SP-45", "SP-47", "SP-84"),
        with_stranger=True,
        judge=judges.log_form,
    ),
    ImportCheck(
        id="spares-others",
        title="An unresolvable person spoils only their own row",
        item="An unresolvable person spoils only their own row",
        facts=("SP-36",),
        with_stranger=True,
        sends=(("string", "upa spared"),),
        judge=judges.spares,
    ),
    ImportCheck(
        id="states-order",
        title="States come in their order",
        facts=("SP-53",),
        judge=judges.order,
        item="The order is Submitted, Processing, Queued, Succeeded or Error",
    ),
    ImportCheck(
        id="within-a-day",
        title="Import jobs end within 24 hours",
        item="Import jobs end within 24 hours",
        judge=judges.within_a_day,
    ),
    ImportCheck(
        id="date-form",
        title="A date is taken as yyyy-MM-dd",
        item='What `""` and odd dates do to a custom date property',
        facts=("SP-71",),
        needs="a date property (--date)",
        sends=(("date", "2026-06-23"),),
        judge=judges.arrives("date-form", "2026-06-23", lambda text: "2026" in text and "23" in text),
    ),
    ImportCheck(
        id="boolean-form",
        title="A boolean is taken as True",
        item=_FORMS,
        facts=("SP-96",),
        needs="a boolean property (--boolean)",
        sends=(("boolean", "True"),),
        judge=judges.arrives("boolean-form", "True", lambda text: text.lower() in ("true", "1")),
    ),
    ImportCheck(
        id="integer-form",
        title="An integer is taken as 42",
        item=_FORMS,
        facts=("SP-96",),
        needs="an integer property (--integer)",
        sends=(("integer", "42"),),
        judge=judges.arrives("integer-form", "42"),
    ),
    ImportCheck(
        id="escapes",
        title="BOM and ASCII escapes survive",
        item="BOM and ASCII escapes survive",
        facts=("SP-27",),
        sends=(("string", judges.ESCAPES),),
        judge=judges.arrives("escapes", judges.ESCAPES),
    ),
    ImportCheck(
        id="date-text",
        title="A date-like text stays a text",
        item="A date-like text stays a text",
        facts=("SP-108",),
        sends=(("string", judges.DATE_TEXT),),
        judge=judges.arrives("date-text", judges.DATE_TEXT),
    ),
    ImportCheck(
        id="date-zone",
        title="A date-time without a zone is UTC",
        facts=("SP-109",),
        item="A date-time without a zone is UTC",
        needs="two date properties (--date twice)",
        sends=(("date", "2026-06-23T00:30:00Z"), ("date", "2026-06-23 00:30:00")),
        judge=judges.zone,
    ),
    ImportCheck(
        id="clear-string",
        title='"" clears a string',
        item='`""` clears a string',
        facts=("SP-38",),
        sends=(("string", ""),),
        judge=judges.cleared,
        after="escapes",
    ),
    ImportCheck(
        id="null-keeps",
        title="null leaves a property as it is",
        item=_TAKES,
        facts=("SP-37",),
        sends=(("string", None),),
        judge=judges.null_keeps,
    ),
    ImportCheck(
        id="too-long",
        title="A refused value is named with its property",
        item=_TAKES,
        facts=("SP-99",),
        sends=(("string", judges.LONG),),
        alone=row(value=judges.LONG),
        judge=judges.too_long,
        needs="a string property of fewer than 4,000 characters",
    ),
    ImportCheck(
        id="no-log",
        title="Without a failure there is no log",
        item=_BY_LOG,
        facts=("SP-44",),
        sends=(("string", "upa quiet"),),
        alone=row(value="upa quiet"),
        judge=judges.quiet,
    ),
    ImportCheck(
        id="unmapped-key",
        title="A name that isn't mapped aborts the import",
        item="An unmapped key aborts the whole import",
        facts=("SP-48", "SP-104"),
        sends=(("string", "upa aborted"),),
        alone=row(value="upa aborted", UpaNotMapped="x"),
        judge=judges.aborts("InvalidProperty"),
    ),
    ImportCheck(
        id="person-twice",
        title="A person twice in a file is an error",
        item="A person twice in a file is an error for that person",
        facts=("SP-49",),
        sends=(("string", "upa second"),),
        judge=judges.twice,
        alone=lambda person, name: file_of(
            [{ID_PROPERTY: person, name: "upa first"}, {ID_PROPERTY: person, name: "upa second"}]
        ),
    ),
    ImportCheck(
        id="name-case",
        title="Names are compared exactly",
        item=_TAKES,
        facts=("SP-87",),
        sends=(("string", "upa case"),),
        judge=judges.name_case,
        alone=lambda person, name: file_of([{ID_PROPERTY: person, name.swapcase(): "upa case"}]),
    ),
    ImportCheck(
        id="id-case",
        title="An id in capitals is found",
        item=_TAKES,
        sends=(("string", "upa capitals"),),
        judge=judges.id_case,
        alone=lambda person, name: file_of([{ID_PROPERTY: person.upper(), name: "upa capitals"}]),
    ),
    ImportCheck(
        id="newtonsoft",
        title="The file is read as Newtonsoft.Json reads it",
        item=_TAKES,
        facts=("SP-107",),
        sends=(("string", "upa lenient"),),
        judge=judges.lenient,
        alone=lambda person, name: (
            BOM + f"{{/* upa */'value':[{{'{ID_PROPERTY}':'{person}','{name}':'upa lenient'}},]}}".encode()
        ),
    ),
    ImportCheck(
        id="broken-file",
        title="Broken JSON is logged as DataFileNotJson",
        item=_TAKES,
        facts=("SP-46",),
        sends=(("string", "upa broken"),),
        judge=judges.aborts("DataFileNotJson"),
        alone=lambda person, name: BOM + f'{{"value":[{{"{ID_PROPERTY}":"{person}","{name}":'.encode(),
    ),
]
