"""Row sources in the pipeline, beside the directory and as the source itself: the fake, and files of two formats."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from tests.contracts.joined_source_contract import JoinedSourceContract
from tests.crash.scenarios import quick
from tests.support.alone import AloneWorld
from tests.support.joined import JoinedWorld
from upa_core.adapters.sources.file_rows import FileRows
from upa_core.adapters.sources.folder_place import FolderPlace
from upa_core.domain.errors import UnavailableError
from upa_core.domain.sources.contract import Contract, FileFormat, KeyPart

COLUMNS = ("number", "cost")
Rows = Sequence[dict[str, str | None]]
WORLDS = [JoinedWorld, AloneWorld]


class OnFake:
    """The system answers by itself."""

    def __init__(self, world: JoinedWorld) -> None:
        self.world = world
        self.deliver = world.deliver

    def break_off(self, broken: bool) -> None:
        self.world.hr.broken = (1, UnavailableError("gone")) if broken else None


def csv(rows: Rows) -> bytes:
    lines = [",".join(one[name] or "" for name in COLUMNS) for one in rows]
    return "\r\n".join([",".join(COLUMNS), *lines, ""]).encode()


def json_lines(rows: Rows) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in rows)


class OnFiles:
    """The system writes a file for each snapshot; out of reach means that the folder is empty."""

    def __init__(self, world: JoinedWorld, folder: Path, form: FileFormat, write: Callable[[Rows], bytes]) -> None:
        self.world, self._folder, self._form, self._write = world, folder, form, write
        self._files = 0
        contract = Contract((KeyPart("number"),), COLUMNS, format=form, max_unmatched=100)
        world.rows["hr"] = FileRows(FolderPlace(str(folder / f"people-*.{form}")), contract, world.time, timedelta(0))

    def deliver(self, *rows: dict[str, str | None]) -> None:
        self.world.deliver(*rows)  # so that the world knows what was said
        self._files += 1
        path = self._folder / f"people-{self._files:03}.{self._form}"
        path.write_bytes(self._write(rows))
        os.utime(path, (self.world.now.timestamp(),) * 2)

    def break_off(self, broken: bool) -> None:
        away = self._folder / "away"
        away.mkdir(exist_ok=True)
        for path in (self._folder if broken else away).glob("people-*"):
            path.rename((away if broken else self._folder) / path.name)


class TestFake(JoinedSourceContract):
    @pytest.fixture(params=WORLDS)
    def on(self, request: pytest.FixtureRequest) -> OnFake:
        return OnFake(quick(request.param(5)))


class TestCsv(JoinedSourceContract):
    @pytest.fixture(params=WORLDS)
    def on(self, request: pytest.FixtureRequest, tmp_path: Path) -> OnFiles:
        return OnFiles(quick(request.param(5)), tmp_path, "csv", csv)


class TestJsonLines(JoinedSourceContract):
    @pytest.fixture
    def on(self, tmp_path: Path) -> OnFiles:
        return OnFiles(quick(JoinedWorld(5)), tmp_path, "jsonl", json_lines)
