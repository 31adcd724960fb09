"""The record of a series of live checks: the results so far, so that another day can continue."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from upa_cli.live.check import Verdict
from upa_cli.shell.exits import CONFIG, CommandError

VERSION = 1


@dataclass
class Flight:
    """An import job that is under way."""

    file: str
    job: str
    queued: float
    """Unix seconds."""
    checks: list[str]
    properties: dict[str, list[str]]
    before: dict[str, str]
    states: list[tuple[str, float]] = field(default_factory=list)


@dataclass
class Result:
    """The result of a check, when it was found, and the service's ids of its requests."""

    result: str
    evidence: str
    at: str
    requests: list[str] = field(default_factory=list)


@dataclass
class Record:
    """All results so far. It names the test person and holds the old values of the properties: keep it private."""

    tenant: str
    person: str
    started: str
    results: dict[str, Result] = field(default_factory=dict)
    flight: Flight | None = None
    original: dict[str, str] = field(default_factory=dict)
    """The values of each property before the first import job wrote to it."""
    left: list[str] = field(default_factory=list)
    """In words: things that couldn't be cleaned up."""

    def note(self, check: str, verdict: Verdict, at: str, requests: list[str]) -> None:
        """Keep a verdict."""
        self.results[check] = Result(verdict.result, verdict.evidence, at, requests)


def load(path: Path) -> Record | None:
    """Read a record, None where there is none; raises `CommandError` where the file isn't one."""
    try:
        document: dict[str, Any] = orjson.loads(path.read_bytes())
        if document.pop("version") != VERSION:
            raise ValueError("version")
        flight = document.pop("flight")
        results = {name: Result(**one) for name, one in document.pop("results").items()}
        known = Flight(**{**flight, "states": [tuple(one) for one in flight["states"]]}) if flight else None
        return Record(**document, results=results, flight=known)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        text = f"{path} isn't a record of live checks ({type(exc).__name__}): name another file with --record"
        raise CommandError(text, CONFIG) from exc


def save(path: Path, record: Record) -> None:
    """Write a record for its owner alone, whole or not at all."""
    text = orjson.dumps({"version": VERSION, **asdict(record)}, option=orjson.OPT_INDENT_2)
    new = path.with_name(f"{path.name}.new")
    try:
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text)
        new.replace(path)
    except OSError as exc:
        raise CommandError(f"{path} can't be written ({type(exc).__name__})", CONFIG) from exc
