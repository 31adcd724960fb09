"""A verb is a file: a command is found by its name."""

from __future__ import annotations

from keyword import iskeyword
from pathlib import Path

import pytest

from upa_cli.main import commands

FOLDER = Path(__file__).parents[2] / "upa_cli" / "commands"
FIRST_WORDS = sorted({path.split()[0].replace("-", "_") for path in commands()})


def file_of(word: str) -> Path:
    """Return where a verb lies; one that Python keeps for itself has an underscore."""
    return FOLDER / f"{word}_.py" if iskeyword(word) else FOLDER / f"{word}.py"


@pytest.mark.parametrize("path", sorted(commands()))
def test_a_command_lies_in_the_file_of_its_first_word(path: str) -> None:
    """`upa state export` is in state.py, `upa sync-user` in sync_user.py."""
    text = file_of(path.split(maxsplit=1)[0].replace("-", "_")).read_text(encoding="utf-8")

    assert f'"{path}"' in text


def test_each_file_is_a_verb() -> None:
    """What several commands share lies elsewhere."""
    assert sorted(file.stem.removesuffix("_") for file in FOLDER.glob("*.py") if file.stem != "__init__") == FIRST_WORDS
