"""What .NET answered, question by question, against what we answer; what isn't followed stands here with its reason."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from functions_host.errors import SettingsError
from functions_host.triggers.cron import parse_schedule
from upa_core.domain.errors import ConfigError, InvalidValueError
from upa_core.domain.language.characters import Ranges, boundary, digit, space, word
from upa_core.domain.language.dates import DateFormat
from upa_core.domain.language.letters import proper_case, to_lower, to_upper
from upa_core.domain.language.pattern import compile_pattern
from upa_core.domain.language.pattern_syntax import PatternError
from upa_core.domain.language.replace import build_replace

RECORDED = Path(__file__).parents[4] / "shared" / "data" / "dotnet-golden"
pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="the recordings of .NET aren't beside the project")

NOT_FOLLOWED: dict[str, dict[str, str]] = {
    "regex": {
        "(?=a)": "lookarounds take time that has no bound",
        "[a-z-[aeiou]]": "set subtraction: write what is left",
        "(?>a)": "atomic groups are for a matcher that backtracks",
        r"\G": "a value is matched from its start",
    },
    "ncrontab": {
        "0 0 0 30 2 *": "what never fires is refused, not silent for ever",
        "0 0 0 31 4,6 *": "what never fires is refused, not silent for ever",
    },
}
"""By file: what was asked, and why the answer is another."""


def vectors(name: str) -> Iterator[dict[str, Any]]:
    """Read one file."""
    for line in (RECORDED / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def judge(
    name: str, key: str, ours: Callable[[dict[str, Any]], object], theirs: Callable[[dict[str, Any]], object]
) -> None:
    """Compare all answers of a file; whatever differs must be listed, and whatever is listed must differ."""
    asked = list(vectors(name))
    different = [vector for vector in asked if ours(vector) != theirs(vector)]
    listed = NOT_FOLLOWED.get(name, {})

    assert len(asked) > 1
    assert [vector for vector in different if vector[key] not in listed] == []
    assert set(listed) == {vector[key] for vector in different}
    assert len(different) <= len(asked) * 0.02


def test_moments_are_written_as_net_writes_them() -> None:
    """Every recorded format, or its refusal."""

    def ours(vector: dict[str, Any]) -> str | None:
        try:
            return DateFormat.compile(vector["format"]).format(datetime.fromisoformat(vector["moment"]))
        except ConfigError:
            return None

    judge("date-format", "format", ours, lambda vector: vector.get("text"))


def test_texts_are_read_as_net_reads_them() -> None:
    """Every recorded text by every recorded format, or its refusal; what is finer than a microsecond is dropped."""

    def ours(vector: dict[str, Any]) -> datetime | None:
        try:
            return DateFormat.compile(vector["format"], reading=True).parse(vector["text"])
        except InvalidValueError:
            return None

    judge("date-parse", "text", ours, lambda v: datetime.fromisoformat(v["moment"]) if "moment" in v else None)


def test_words_get_the_capitals_that_net_gives_them() -> None:
    """PCase without separators."""
    judge("title-case", "text", lambda vector: proper_case(vector["text"]), lambda vector: vector["title"])


@pytest.mark.slow
@pytest.mark.parametrize("culture", ["", "tr"])
def test_every_character_has_the_case_that_net_gives_it(culture: str) -> None:
    """All code points, for the invariant culture and Turkish."""
    recorded = next(vector for vector in vectors("case") if vector["culture"] == culture)
    everything = "".join(chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000)
    for side, change in (("upper", to_upper), ("lower", to_lower)):
        changed = {f"{ord(a):04X}": b for a, b in zip(everything, change(everything, culture), strict=True) if a != b}
        assert changed == recorded[side]


@pytest.mark.parametrize(
    ("name", "ours"), [(r"\w", word), (r"\s", space), (r"\d", digit), (r"\b counts as a letter", boundary)]
)
def test_classes_hold_what_they_hold_in_net(name: str, ours: Callable[[], Ranges]) -> None:
    """Range by range."""
    recorded = json.loads((RECORDED / "classes.json").read_text(encoding="utf-8"))[name]
    theirs = [(int(first, 16), int(last or first, 16)) for first, _, last in (r.partition("-") for r in recorded)]

    assert list(ours()) == theirs


def answers(vector: dict[str, Any]) -> dict[str, Any] | None:
    """Return what our pattern says of a text; None where it is refused."""
    try:
        pattern = compile_pattern(vector["pattern"])
    except PatternError:
        return None
    text, places = vector["text"], [pattern.group(name) for name in vector["groups"]]
    spans = list(pattern.finditer(text))
    replace = build_replace(lambda _: text, None, vector["pattern"], None, lambda _: vector["replacement"])
    return {
        "matches": [[span and text[span[0] : span[1]] for span in map(one.__getitem__, places)] for one in spans],
        "full": pattern.fullmatch(text) is not None,
        "replaced": replace(()),
    }


@pytest.mark.slow
def test_patterns_match_and_replace_as_in_net() -> None:
    """Every match with its groups, whether the whole text matches, and what a replacement makes of it."""
    judge(
        "regex",
        "pattern",
        answers,
        lambda vector: None if "error" in vector else {key: vector[key] for key in ("matches", "full", "replaced")},
    )


def test_schedules_fire_when_ncrontab_says() -> None:
    """The next six occurrences within twelve years, or the refusal."""

    def ours(vector: dict[str, Any]) -> list[str] | None:
        try:
            schedule = parse_schedule(vector["schedule"])
        except SettingsError:
            return None
        moment: datetime | None = datetime.fromisoformat(vector["after"])
        assert moment is not None
        end = moment.replace(year=moment.year + 12)
        found: list[str] = []
        while len(found) < 6 and (moment := schedule.next_after(moment)) and moment < end:
            found.append(f"{moment:%Y-%m-%dT%H:%M:%SZ}")
        return found

    judge("ncrontab", "schedule", ours, lambda vector: vector.get("next"))
