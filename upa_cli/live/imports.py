"""Checks that take an import job: what a file does to a profile, and what the log says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from upa_cli.live.check import STRANGER, Ended, ImportCheck, Verdict, differs, holds, untried
from upa_core.domain.bulk.import_file import BOM, ID_PROPERTY
from upa_core.domain.bulk.import_job import JobError, JobState, error_name, state_name
from upa_core.domain.bulk.job_log import LogLine, parse_log

DAY = 86_400
ESCAPES = 'Zoë "Ö\\ß" 日本 😀'
DATE_TEXT = "2026-06-23T00:00:00Z"
LONG = "upa live check " + "x" * 4000
_ORDER = ["Submitted", "Processing", "Queued", "Succeeded", "Error"]


def file_of(rows: Sequence[Mapping[str, str | None]]) -> bytes:
    """Write rows as an import file."""
    return BOM + json.dumps({"value": list(rows)}, separators=(",", ":")).encode("ascii")


def _lines(ended: Ended) -> list[LogLine]:
    return parse_log(ended.log)


def _end(ended: Ended) -> str:
    error = "" if ended.job.error == JobError.NO_ERROR else f", {error_name(ended.job.error)}"
    return f"{state_name(ended.job.state)}{error}"


def _log_form(ended: Ended) -> Verdict:
    if not ended.log_files:
        return differs(f"{_end(ended)}, and there is no log although a row can't be resolved")
    named = [line for line in _lines(ended) if line.identity.lower() == STRANGER]
    if not named:
        return differs(
            f"the log has {len(_lines(ended))} line(s) that we can read, and none names the person: {ended.log[:300]!r}"
        )
    kinds = ", ".join(sorted({line.kind for line in named}))
    return holds(f"{len(ended.log_files)} file(s) below LogFolderUri; the line's kind is {kinds}")


def _spares(ended: Ended) -> Verdict:
    (value,) = ended.values("spares-others")
    if value != "upa spared":
        return differs(f"{_end(ended)}: the other person's value didn't arrive")
    if ended.job.state != JobState.ERROR or ended.job.error != JobError.IMPORT_COMPLETE_WITH_ERROR:
        return differs(f"the value arrived, and the import job ended as {_end(ended)}")
    return holds("ImportCompleteWithError, and the other person's value arrived")


def _arrives(check: str, sent: str, shown: Callable[[str], bool] | None = None) -> Callable[[Ended], Verdict]:
    def judge(ended: Ended) -> Verdict:
        (value,) = ended.values(check)
        if shown(value) if shown else value == sent:
            return holds(f"{sent!r} reads {value!r}")
        about = [line.message for line in _lines(ended) if ended.properties[check][0] in line.message]
        return differs(f"{sent!r} reads {value!r} ({_end(ended)}){': ' + about[0] if about else ''}")

    return judge


def _order(ended: Ended) -> Verdict:
    seen = [name for name, _ in ended.states]
    known = [name for name in seen if name in _ORDER]
    if known == sorted(known, key=_ORDER.index):
        return holds(f"seen: {', '.join(seen)}")
    return differs(f"seen: {', '.join(seen)}")


def _within_a_day(ended: Ended) -> Verdict:
    hours = ended.states[-1][1] / 3600
    text = f"it ended after {hours:.1f} h"
    return holds(text) if ended.states[-1][1] <= DAY else differs(text)


def _zone(ended: Ended) -> Verdict:
    with_zone, without = ended.values("date-zone")
    if with_zone == without:
        return holds(f"with Z and without it reads {with_zone!r}")
    return differs(f"with Z it reads {with_zone!r}, without it {without!r}")


def _cleared(ended: Ended) -> Verdict:
    name = ended.properties["clear-string"][0]
    if not ended.before.get(name):
        return untried("the property was empty before: run it together with escapes")
    (value,) = ended.values("clear-string")
    return holds("an empty text cleared it") if not value else differs(f"it still reads {value!r}")


def _null_keeps(ended: Ended) -> Verdict:
    name = ended.properties["null-keeps"][0]
    kept = ended.after.get(name, "") == ended.before.get(name, "")
    return holds("null left the property as it was") if kept else differs("null changed the property")


def _too_long(ended: Ended) -> Verdict:
    name = ended.properties["too-long"][0]
    (value,) = ended.values("too-long")
    if value == LONG:
        return untried(f"{name} takes {len(LONG)} characters: name a shorter property first")
    if value and LONG.startswith(value):
        return differs(f"the value was cut to {len(value)} characters, in silence")
    named = [line for line in _lines(ended) if name in line.message]
    if named:
        return holds(f"refused, and the log names the property: {named[0].kind}: {named[0].message[:160]}")
    return differs(f"it didn't arrive ({_end(ended)}), and no line of the log names the property")


def _aborts(kind: str) -> Callable[[Ended], Verdict]:
    def judge(ended: Ended) -> Verdict:
        kinds = {line.kind for line in _lines(ended)}
        if ended.job.state != JobState.ERROR:
            return differs(f"it ended as {_end(ended)}")
        if kind not in kinds:
            return differs(f"{_end(ended)}; the log has {', '.join(sorted(kinds)) or 'nothing'}, not {kind}")
        return holds(f"{_end(ended)}, {kind}: {next(x.message for x in _lines(ended) if x.kind == kind)[:160]}")

    return judge


def _twice(ended: Ended) -> Verdict:
    if ended.job.state == JobState.SUCCEEDED:
        return differs(f"it succeeded; the profile reads {ended.values('person-twice')[0]!r}")
    return holds(f"{_end(ended)}: {ended.log[:200]!r}")


def _name_case(ended: Ended) -> Verdict:
    (value,) = ended.values("name-case")
    if value == "upa case":
        return differs("a name in another case was taken")
    return holds(f"not taken: {_end(ended)}")


def _id_case(ended: Ended) -> Verdict:
    (value,) = ended.values("id-case")
    return holds("found by an id in capitals") if value == "upa capitals" else differs(f"not found: {_end(ended)}")


def _lenient(ended: Ended) -> Verdict:
    (value,) = ended.values("newtonsoft")
    if value == "upa lenient":
        return holds("a comment, single quotes and a trailing comma are read")
    return differs(f"not read ({_end(ended)}): {ended.log[:200]!r}")


def _quiet(ended: Ended) -> Verdict:
    if ended.job.state != JobState.SUCCEEDED:
        return differs(f"it ended as {_end(ended)}")
    return differs("it succeeded and left a log") if ended.log_files else holds("it succeeded and left no log")


def _row(**more: str) -> Callable[[str, str], bytes]:
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
        judge=_log_form,
    ),
    ImportCheck(
        id="spares-others",
        title="An unresolvable person spoils only their own row",
        item="An unresolvable person spoils only their own row",
        facts=("SP-36",),
        with_stranger=True,
        sends=(("string", "upa spared"),),
        judge=_spares,
    ),
    ImportCheck(
        id="states-order",
        title="States come in their order",
        facts=("SP-53",),
        judge=_order,
        item="The order is Submitted, Processing, Queued, Succeeded or Error",
    ),
    ImportCheck(
        id="within-a-day",
        title="Import jobs end within 24 hours",
        item="Import jobs end within 24 hours",
        judge=_within_a_day,
    ),
    ImportCheck(
        id="date-form",
        title="A date is taken as yyyy-MM-dd",
        item='What `""` and odd dates do to a custom date property',
        facts=("SP-71",),
        needs="a date property (--date)",
        sends=(("date", "2026-06-23"),),
        judge=_arrives("date-form", "2026-06-23", lambda text: "2026" in text and "23" in text),
    ),
    ImportCheck(
        id="boolean-form",
        title="A boolean is taken as True",
        item=_FORMS,
        facts=("SP-96",),
        needs="a boolean property (--boolean)",
        sends=(("boolean", "True"),),
        judge=_arrives("boolean-form", "True", lambda text: text.lower() in ("true", "1")),
    ),
    ImportCheck(
        id="integer-form",
        title="An integer is taken as 42",
        item=_FORMS,
        facts=("SP-96",),
        needs="an integer property (--integer)",
        sends=(("integer", "42"),),
        judge=_arrives("integer-form", "42"),
    ),
    ImportCheck(
        id="escapes",
        title="BOM and ASCII escapes survive",
        item="BOM and ASCII escapes survive",
        facts=("SP-27",),
        sends=(("string", ESCAPES),),
        judge=_arrives("escapes", ESCAPES),
    ),
    ImportCheck(
        id="date-text",
        title="A date-like text stays a text",
        item="A date-like text stays a text",
        facts=("SP-108",),
        sends=(("string", DATE_TEXT),),
        judge=_arrives("date-text", DATE_TEXT),
    ),
    ImportCheck(
        id="date-zone",
        title="A date-time without a zone is UTC",
        facts=("SP-109",),
        item="A date-time without a zone is UTC",
        needs="two date properties (--date twice)",
        sends=(("date", "2026-06-23T00:30:00Z"), ("date", "2026-06-23 00:30:00")),
        judge=_zone,
    ),
    ImportCheck(
        id="clear-string",
        title='"" clears a string',
        item='`""` clears a string',
        facts=("SP-38",),
        sends=(("string", ""),),
        judge=_cleared,
        after="escapes",
    ),
    ImportCheck(
        id="null-keeps",
        title="null leaves a property as it is",
        item=_TAKES,
        facts=("SP-37",),
        sends=(("string", None),),
        judge=_null_keeps,
    ),
    ImportCheck(
        id="too-long",
        title="A refused value is named with its property",
        item=_TAKES,
        facts=("SP-99",),
        sends=(("string", LONG),),
        alone=_row(value=LONG),
        judge=_too_long,
        needs="a string property of fewer than 4,000 characters",
    ),
    ImportCheck(
        id="no-log",
        title="Without a failure there is no log",
        item=_BY_LOG,
        facts=("SP-44",),
        sends=(("string", "upa quiet"),),
        alone=_row(value="upa quiet"),
        judge=_quiet,
    ),
    ImportCheck(
        id="unmapped-key",
        title="A name that isn't mapped aborts the import",
        item="An unmapped key aborts the whole import",
        facts=("SP-48", "SP-104"),
        sends=(("string", "upa aborted"),),
        alone=_row(value="upa aborted", UpaNotMapped="x"),
        judge=_aborts("InvalidProperty"),
    ),
    ImportCheck(
        id="person-twice",
        title="A person twice in a file is an error",
        item="A person twice in a file is an error for that person",
        facts=("SP-49",),
        sends=(("string", "upa second"),),
        judge=_twice,
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
        judge=_name_case,
        alone=lambda person, name: file_of([{ID_PROPERTY: person, name.swapcase(): "upa case"}]),
    ),
    ImportCheck(
        id="id-case",
        title="An id in capitals is found",
        item=_TAKES,
        sends=(("string", "upa capitals"),),
        judge=_id_case,
        alone=lambda person, name: file_of([{ID_PROPERTY: person.upper(), name: "upa capitals"}]),
    ),
    ImportCheck(
        id="newtonsoft",
        title="The file is read as Newtonsoft.Json reads it",
        item=_TAKES,
        facts=("SP-107",),
        sends=(("string", "upa lenient"),),
        judge=_lenient,
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
        judge=_aborts("DataFileNotJson"),
        alone=lambda person, name: BOM + f'{{"value":[{{"{ID_PROPERTY}":"{person}","{name}":'.encode(),
    ),
]
