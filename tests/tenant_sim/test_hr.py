"""HR feeds: made-up people, Microsoft's sample, mapping files, and errors that name file and line."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from tenant_sim import ManualClock, TenantSim
from tenant_sim.people import feed as people
from tenant_sim.people import hr, seeding

SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "hr" / "workers-1000.csv"


def test_feed_is_seeded():
    """The same seed yields the same people, another seed others."""
    first, again, other = (list(people.feed(50, seed)) for seed in (1, 1, 2))

    assert first == again != other
    assert tuple(first[0]) == people.COLUMNS


def test_feed_is_as_dirty_as_real_ones():
    """600 people: many scripts, quotes, backslashes, apostrophes and empty cells; ids and logins are unique ASCII."""
    rows = list(people.feed())
    text = "".join(value for row in rows for value in row.values())
    scripts = {unicodedata.name(char, "?").split()[0] for char in text if char.isalpha()}

    assert {"LATIN", "GREEK", "CYRILLIC", "HEBREW", "ARABIC", "DEVANAGARI", "THAI", "CJK", "HANGUL"} <= scripts
    assert all(char in text for char in "\"\\'ßłİ𠮷")
    assert any(value == "" for row in rows for value in row.values())
    assert len({row["WorkerID"] for row in rows}) == len({row["UserID"] for row in rows}) == 600
    assert all(row["UserID"].isascii() for row in rows)


def test_generated_people_are_valid_users_with_profiles():
    """Every made-up person passes the directory's checks."""
    sim = TenantSim(ManualClock())
    for attributes in seeding.generated(sim, 600):
        sim.directory.add(attributes)
    someone = sim.directory.users()[7]

    assert len(sim.directory) == 600
    assert someone["userPrincipalName"].endswith("@contoso.com")
    assert sim.profiles.exists(someone["id"])
    assert all(None not in user.values() for user in sim.directory.users())


def test_microsofts_sample_is_hires_and_edits():
    """1,000 rows, 624 workers: first rows are hires, later ones edits, applied in order."""
    if not SAMPLE.exists():
        pytest.skip(f"Microsoft's HR sample is not here: {SAMPLE}")
    sim = TenantSim(ManualClock())
    ids, edits = seeding.seed_hr_file(sim, SAMPLE)
    for row in edits:
        seeding.apply_edit(sim, ids, row)
    last = {row.key: row for row in hr.read(SAMPLE)}["1222"]
    user = sim.directory.get(ids["1222"])

    assert (len(ids), len(edits), len(sim.directory)) == (624, 376, 624)
    assert user["employeeOrgData"]["costCenter"] == last.attributes["employeeOrgData"]["costCenter"]
    assert user["employeeHireDate"] == last.attributes["employeeHireDate"]


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "feed.csv"
    path.write_text(text, encoding="utf-8")
    return path


MAPPING = {"key": "id", "userPrincipalName": "{id}@{domain}", "city": "Stadt", "employeeHireDate": "Start",
           "accountEnabled": "Status = ja"}  # fmt: skip


def test_any_csv_with_a_mapping(tmp_path):
    """Columns of any name; quoted cells with commas and line breaks; empty cells are None."""
    path = write(tmp_path, '\ufeffid,Stadt,Start,Status\n7,"Zürich,\nWest",2020-01-02,ja\n8,,,nein\n')
    rows = hr.read(path, MAPPING, domain="x.org")

    assert [row.attributes for row in rows] == [
        {"userPrincipalName": "7@x.org", "city": "Zürich,\nWest", "employeeHireDate": "2020-01-02T00:00:00Z",
         "accountEnabled": True},
        {"userPrincipalName": "8@x.org", "city": None, "employeeHireDate": None, "accountEnabled": False},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,Stadt,Start\n", "feed.csv:1: no column named Status"),
        ("id,Stadt,Start,Status\n7,Bern,2020-01-02\n", "feed.csv:2: the row has not as many cells"),
        ("id,Stadt,Start,Status\n7,Bern,2020-01-02,ja,x\n", "feed.csv:2: the row has not as many cells"),
        ("id,Stadt,Start,Status\n7,a,,ja\n8,b,2.1.2020,ja\n", "feed.csv:3: Start is not a date"),
        ("id,Stadt,Start,Status\n,a,,ja\n", "feed.csv:2: id is empty"),
        ('id,Stadt,Start,Status\n7,"open,,\n', "feed.csv:2: unexpected end of data"),
    ],
)
def test_broken_rows_name_file_and_line(tmp_path, text, message):
    """Missing columns, short and long rows, bad dates, empty keys, open quotes."""
    with pytest.raises(hr.HrError, match=message):
        hr.read(write(tmp_path, text), MAPPING)


@pytest.mark.parametrize("char", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1e"])
def test_a_cell_may_hold_any_separator(tmp_path, char):
    """What Python's splitlines takes for the end of a line is text in a cell, quoted or not."""
    path = write(tmp_path, f'id,Stadt,Start,Status\n7,Bern{char}West,,ja\n8,"Basel{char}Ost",,nein\n')

    assert [row.attributes["city"] for row in hr.read(path, MAPPING)] == [f"Bern{char}West", f"Basel{char}Ost"]


def test_all_bad_rows_are_told_at_once(tmp_path):
    """One error names each row that can't be used, with line and cell."""
    path = write(tmp_path, "id,Stadt,Start,Status\n7,a,2.1.2020,ja\n,b,,ja\n8,c,,ja\n9,d\n")
    with pytest.raises(hr.HrError) as caught:
        hr.read(path, MAPPING)

    assert [line.partition("feed.csv:")[2] for line in str(caught.value).splitlines()] == [
        "2: Start is not a date (yyyy-MM-dd): '2.1.2020'",
        "3: id is empty",
        "5: the row has not as many cells as the heading",
    ]


def test_bad_rows_are_set_aside(tmp_path):
    """With a place for them, the other rows are read."""
    aside: list[str] = []
    rows = hr.read(write(tmp_path, "id,Stadt,Start,Status\n,b,,ja\n8,c,,ja\n"), MAPPING, aside=aside)

    assert ([row.key for row in rows], len(aside)) == (["8"], 1)


def test_a_file_that_is_no_feed_says_which_it_is(tmp_path):
    """Missing, empty, separated by semicolons, in Windows-1252: each has its own sentence."""
    semicolons = write(tmp_path, "id;Stadt;Start;Status\n7;Bern;;ja\n")
    with pytest.raises(hr.HrError, match="separated by semicolons"):
        hr.read(semicolons, MAPPING)
    with pytest.raises(hr.HrError, match="there is no such file"):
        hr.read(tmp_path / "none.csv", MAPPING)
    (tmp_path / "empty.csv").write_bytes(b"")
    with pytest.raises(hr.HrError, match="is empty"):
        hr.read(tmp_path / "empty.csv", MAPPING)
    (tmp_path / "old.csv").write_bytes("id,Stadt,Start,Status\n7,Zürich,,ja\n".encode("cp1252"))
    with pytest.raises(hr.HrError, match="Windows-1252"):
        hr.read(tmp_path / "old.csv", MAPPING)


def test_value_that_entra_could_not_hold_names_the_line(tmp_path):
    """A row that the directory refuses is named too."""
    path = write(tmp_path, f"id\n{'9' * 17}\n")
    mapping = {"key": "id", "userPrincipalName": "{id}@{domain}", "employeeId": "id"}

    with pytest.raises(hr.HrError, match=r"feed\.csv:2: employeeId holds 16 characters"):
        seeding.seed_hr_file(TenantSim(), path, mapping)


def test_mapping_file(tmp_path):
    """A mapping is a small YAML file; without key or userPrincipalName it is refused."""
    path = tmp_path / "map.yaml"
    path.write_text("key: id\nuserPrincipalName: '{id}@{domain}'\n")
    assert hr.load_mapping(path) == {"key": "id", "userPrincipalName": "{id}@{domain}"}
    for text in ("key: id\n", "- a\n", "key: [a\n", "key: 1\nuserPrincipalName: 2\n"):
        path.write_text(text)
        with pytest.raises(hr.HrError, match=r"map\.yaml: "):
            hr.load_mapping(path)
