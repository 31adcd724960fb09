"""`upa source`: the verdict over a file, and what changed in it, without a tenant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from upa_cli.main import command_line

GOOD = "EmployeeID,Name,Grade\r\n00001,Müller,A\r\n00002,Zoë,B\r\n"


@pytest.fixture
def upa(tmp_path: Path):
    """Run `upa source …` in an empty folder; return exit code, output and errors."""

    def run(*words: object) -> tuple[int, str, str]:
        result = CliRunner().invoke(command_line(), ["source", *map(str, words)])
        return result.exit_code, result.stdout, result.stderr

    return run


def written(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_a_good_file_is_accepted_and_its_key_found(upa, tmp_path: Path) -> None:
    """Exit code 0; the column that usually names a person is the key; nothing of a connector file is needed."""
    code, out, _ = upa("check", written(tmp_path, "people.csv", GOOD))

    assert code == 0
    assert "would be accepted: 2 rows, 2 people by EmployeeID; utf-8, divided by ," in out
    assert "Müller" not in out


def test_a_refusal_says_file_line_and_what_to_write(upa, tmp_path: Path) -> None:
    """Exit code 6; with --json the finding is a document."""
    path = written(tmp_path, "people.csv", GOOD, "cp1252")
    code, out, _ = upa("check", path)
    assert code == 6
    assert f"{path}:2: REFUSED: byte 31 isn't utf-8" in out
    assert "write `encoding: cp1252`" in out

    code, out, _ = upa("check", path, "--json")
    document = json.loads(out)
    assert (code, document["status"], document["findings"][0]["line"]) == (6, "refused", 2)
    assert upa("check", path, "--encoding", "cp1252")[0] == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD.replace(",", "^"), 'write `delimiter: "^"`'),
        ("".join(f'"{line}"\r\n' for line in GOOD.splitlines()), "the whole line stands in one pair of quotes"),
        ("".join(f"'{line}'\r\n".replace(",", "','") for line in GOOD.splitlines()), "stands in quotation marks"),
        ("\u00ef\u00bb\u00bf" + GOOD, "was read as Windows-1252 and written as UTF-8"),
    ],
)
def test_a_header_that_is_cut_otherwise_is_told_and_no_key_asked_for(upa, tmp_path: Path, text: str, told: str) -> None:
    """The column that names a person is in there: what is wrong is the delimiter, the quotes, the encoding."""
    code, out, _ = upa("check", written(tmp_path, "people.csv", text))

    assert (code, told in out) == (6, True)


def test_a_text_that_looks_damaged_is_declared_by_an_option(upa, tmp_path: Path) -> None:
    """Otherwise it sets its row aside, and the remedy names the setting."""
    path = written(tmp_path, "people.csv", GOOD.replace("Zoë", "(BLOB)"))
    code, out, _ = upa("check", path)

    assert (code, "is written under `not_damaged`" in " ".join(out.split())) == (6, True)
    assert upa("check", path, "--not-damaged", "(BLOB)")[0] == upa("check", path, "--null", "(BLOB)")[0] == 0


def test_a_file_with_half_the_people_is_held_against_the_last(upa, tmp_path: Path) -> None:
    """Exit code 2, and the reason."""
    last = written(tmp_path, "last.csv", GOOD)
    code, out, _ = upa("check", written(tmp_path, "people.csv", GOOD[:-14]), "--last", last)

    assert (code, "would be held (incomplete_file)" in out) == (2, True)


def test_options_that_mean_nothing_are_usage_errors(upa, tmp_path: Path) -> None:
    """An unknown format, encoding or file, and a file without a usual key, are told in a line."""
    path = written(tmp_path, "people.csv", "A,B\r\n1,2\r\n")
    for words in (["--format", "xml"], ["--encoding", "rot13"], []):
        code, _, err = upa("check", path, *words)
        assert code == 64, words
        assert len(err.splitlines()) == 1
    assert upa("check", tmp_path / "nothing.csv", "--key", "A")[0] == 64
    assert upa("check", path, "--key", "A=mail")[0] == 0


def test_what_changed_between_two_files(upa, tmp_path: Path) -> None:
    """Who came and who isn't named any more by key, values by column; equal files exit with 0."""
    old = written(tmp_path, "old.csv", GOOD)
    new = written(tmp_path, "new.csv", "EmployeeID,Name,Grade\r\n00001,Müller,\r\n00003,Max,C\r\n")
    code, out, _ = upa("diff", old, new, "--json")

    assert code == 2
    assert json.loads(out) == {
        "old": str(old),
        "new": str(new),
        "came": ["00003"],
        "missing": ["00002"],
        "changed": 1,
        "columns": [{"name": "Grade", "changed": 1, "emptied": 1}],
        "samples": [{"key": "00001", "column": "Grade", "old": "A", "new": ""}],
    }
    assert "1 person aren't" not in upa("diff", old, new)[1]
    assert upa("diff", old, old)[:2] == (0, "The files say the same of everybody.\n")
    assert upa("diff", old, written(tmp_path, "broken.csv", 'EmployeeID,Name,Grade\r\n1,"x\r\n'))[0] == 6


def test_a_file_of_names_is_checked_as_the_connector_reads_it(upa, tmp_path: Path) -> None:
    """One name a line, no header; a last line without an end is set aside; half as many as before are held."""
    names = "ada@contoso.com\r\nBo@contoso.com\r\ncy@contoso.com\r\n"
    path = written(tmp_path, "pilot.txt", names)
    code, out, _ = upa("check", path, "--format", "names")
    assert (code, "3 rows, 3 people by userPrincipalName; utf-8\n" in out) == (0, True)

    cut = written(tmp_path, "cut.txt", names[:17] + "bo@con")
    code, out, _ = upa("check", cut, "--format", "names", "--last", path)
    assert (code, "incomplete_file" in out) == (2, True)
    assert upa("check", path, "--format", "names", "--key", "mail", "--key", "id")[0] == 64
