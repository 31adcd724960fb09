"""The judgements at the end of an import job: one function for each check that needs one."""

from __future__ import annotations

from collections.abc import Callable

from upa_cli.live.check import STRANGER, Ended, Verdict, differs, holds, untried
from upa_core.domain.bulk.import_job import JobError, JobState, error_name, state_name
from upa_core.domain.bulk.job_log import LogLine, parse_log

DAY = 86_400
ESCAPES = 'Zoë "Ö\\ß" 日本 😀'
DATE_TEXT = "2026-06-23T00:00:00Z"
LONG = "upa live check " + "x" * 4000
_ORDER = ["Submitted", "Processing", "Queued", "Succeeded", "Error"]


def _lines(ended: Ended) -> list[LogLine]:
    return parse_log(ended.log)


def _end(ended: Ended) -> str:
    error = "" if ended.job.error == JobError.NO_ERROR else f", {error_name(ended.job.error)}"
    return f"{state_name(ended.job.state)}{error}"


def log_form(ended: Ended) -> Verdict:
    """Judge whether the log has the form that we read."""
    if not ended.log_files:
        return differs(f"{_end(ended)}, and there is no log although a row can't be resolved")
    named = [line for line in _lines(ended) if line.identity.lower() == STRANGER]
    if not named:
        return differs(
            f"the log has {len(_lines(ended))} line(s) that we can read, and none names the person: {ended.log[:300]!r}"
        )
    kinds = ", ".join(sorted({line.kind for line in named}))
    return holds(f"{len(ended.log_files)} file(s) below LogFolderUri; the line's kind is {kinds}")


def spares(ended: Ended) -> Verdict:
    """Judge whether an unresolvable person spoils only their own row."""
    (value,) = ended.values("spares-others")
    if value != "upa spared":
        return differs(f"{_end(ended)}: the other person's value didn't arrive")
    if ended.job.state != JobState.ERROR or ended.job.error != JobError.IMPORT_COMPLETE_WITH_ERROR:
        return differs(f"the value arrived, and the import job ended as {_end(ended)}")
    return holds("ImportCompleteWithError, and the other person's value arrived")


def arrives(check: str, sent: str, shown: Callable[[str], bool] | None = None) -> Callable[[Ended], Verdict]:
    """Judge whether the value of a check arrives: as it was sent, or as `shown` wants it."""

    def judge(ended: Ended) -> Verdict:
        (value,) = ended.values(check)
        if shown(value) if shown else value == sent:
            return holds(f"{sent!r} reads {value!r}")
        about = [line.message for line in _lines(ended) if ended.properties[check][0] in line.message]
        return differs(f"{sent!r} reads {value!r} ({_end(ended)}){': ' + about[0] if about else ''}")

    return judge


def order(ended: Ended) -> Verdict:
    """Judge whether states come in their order."""
    seen = [name for name, _ in ended.states]
    known = [name for name in seen if name in _ORDER]
    if known == sorted(known, key=_ORDER.index):
        return holds(f"seen: {', '.join(seen)}")
    return differs(f"seen: {', '.join(seen)}")


def within_a_day(ended: Ended) -> Verdict:
    """Judge whether import jobs end within 24 hours."""
    hours = ended.states[-1][1] / 3600
    text = f"it ended after {hours:.1f} h"
    return holds(text) if ended.states[-1][1] <= DAY else differs(text)


def zone(ended: Ended) -> Verdict:
    """Judge whether a date-time without a zone is UTC."""
    with_zone, without = ended.values("date-zone")
    if with_zone == without:
        return holds(f"with Z and without it reads {with_zone!r}")
    return differs(f"with Z it reads {with_zone!r}, without it {without!r}")


def cleared(ended: Ended) -> Verdict:
    """Judge whether an empty text clears a string."""
    name = ended.properties["clear-string"][0]
    if not ended.before.get(name):
        return untried("the property was empty before: run it together with escapes")
    (value,) = ended.values("clear-string")
    return holds("an empty text cleared it") if not value else differs(f"it still reads {value!r}")


def null_keeps(ended: Ended) -> Verdict:
    """Judge whether null leaves a property as it is."""
    name = ended.properties["null-keeps"][0]
    kept = ended.after.get(name, "") == ended.before.get(name, "")
    return holds("null left the property as it was") if kept else differs("null changed the property")


def too_long(ended: Ended) -> Verdict:
    """Judge whether a refused value is named with its property."""
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


def aborts(kind: str) -> Callable[[Ended], Verdict]:
    """Judge whether the import ends in an error with a line of this kind in its log."""

    def judge(ended: Ended) -> Verdict:
        kinds = {line.kind for line in _lines(ended)}
        if ended.job.state != JobState.ERROR:
            return differs(f"it ended as {_end(ended)}")
        if kind not in kinds:
            return differs(f"{_end(ended)}; the log has {', '.join(sorted(kinds)) or 'nothing'}, not {kind}")
        return holds(f"{_end(ended)}, {kind}: {next(x.message for x in _lines(ended) if x.kind == kind)[:160]}")

    return judge


def twice(ended: Ended) -> Verdict:
    """Judge whether a person twice in a file is an error."""
    if ended.job.state == JobState.SUCCEEDED:
        return differs(f"it succeeded; the profile reads {ended.values('person-twice')[0]!r}")
    return holds(f"{_end(ended)}: {ended.log[:200]!r}")


def name_case(ended: Ended) -> Verdict:
    """Judge whether names are compared exactly."""
    (value,) = ended.values("name-case")
    if value == "upa case":
        return differs("a name in another case was taken")
    return holds(f"not taken: {_end(ended)}")


def id_case(ended: Ended) -> Verdict:
    """Judge whether an id in capitals is found."""
    (value,) = ended.values("id-case")
    return holds("found by an id in capitals") if value == "upa capitals" else differs(f"not found: {_end(ended)}")


def lenient(ended: Ended) -> Verdict:
    """Judge whether the file is read as Newtonsoft.Json reads it."""
    (value,) = ended.values("newtonsoft")
    if value == "upa lenient":
        return holds("a comment, single quotes and a trailing comma are read")
    return differs(f"not read ({_end(ended)}): {ended.log[:200]!r}")


def quiet(ended: Ended) -> Verdict:
    """Judge whether without a failure there is no log."""
    if ended.job.state != JobState.SUCCEEDED:
        return differs(f"it ended as {_end(ended)}")
    return differs("it succeeded and left a log") if ended.log_files else holds("it succeeded and left no log")
