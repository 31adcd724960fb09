"""Where the processes of a parallel run begin to collect."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.collected_apart import in_one_order, parts_from

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class One:
    """A test."""

    nodeid: str


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five modules of the same size, four of them in two folders, and what holds no tests."""
    for name in ("a/test_1.py", "a/inner/test_2.py", "b/test_3.py", "b/test_4.py", "test_5.py", "c/data.py", "more.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("text", encoding="utf-8")
    return tmp_path


def test_each_process_collects_everything_and_begins_elsewhere(folder: Path) -> None:
    """Three processes begin with the first third of the text, the second and the last."""
    parts = [[Path(part).name for part in parts_from(folder, process, 3)] for process in range(3)]

    assert parts == [["a", "b", "test_5.py"], ["a", "b", "test_5.py"], ["b", "test_5.py", "a"]]
    assert [Path(part).name for part in parts_from(folder, 4, 5)] == ["test_5.py", "a", "b"]


def test_no_module_of_the_project_is_left_out() -> None:
    """What the processes are given holds every module of tests."""
    parts = [Path(part) for part in parts_from(ROOT / "tests", 1, 3)]
    found = {module for part in parts for module in ([part] if part.is_file() else part.rglob("test_*.py"))}

    assert found == set((ROOT / "tests").rglob("test_*.py"))


def test_wherever_a_process_began_the_tests_have_one_order() -> None:
    """The parts are put in order, and in each the tests keep theirs: xdist refuses processes that differ."""
    a = [One("tests/a/test_2.py::test_z"), One("tests/a/test_1.py::test_y[x/y]")]
    b = [One("tests/b/test_3.py::test_b"), One("tests/b/test_3.py::test_a")]
    alone = [One("tests/test_5.py::test_d"), One("tests/test_5.py::test_c")]

    assert in_one_order(b + alone + a) == in_one_order(alone + a + b) == a + b + alone
