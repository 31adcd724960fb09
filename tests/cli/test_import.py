"""`upa import`: one file, once, in every format, by every kind of key, to its end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.sources.test_workbook import made as workbook
from tests.cli.conftest import Office
from tests.support.odd_texts import CARRIED, EMPTY, NOT_IN_XML, NOT_STORED, held
from upa_cli.shell import exits
from upa_core.adapters.clock import ScaledClock

CSV = "mail,Stadt\nada@contoso.com,Köln\nbo@contoso.com,Århus\n"


@pytest.fixture
def desk(office: Office) -> Office:
    """The office with a property that no connector owns, and people who have mail and employee ids."""
    office.sim.profiles.define("City")
    office.sim.profiles.define("Since", "date")
    for number, name in enumerate(office.people):
        office.edit(name, mail=f"{name}@contoso.com", employeeId=f"0000{number}")
    return office


def save(desk: Office, name: str, content: str | bytes) -> str:
    path = desk.folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def ready(*entries: dict[str, Any]) -> bytes:
    return b"\xef\xbb\xbf" + json.dumps({"value": entries}).encode()


def quoted(cell: str) -> str:
    return '"{}"'.format(cell.replace('"', '""'))


def cities(desk: Office) -> dict[str, str | None]:
    return {name: desk.profile(name).get("City") or None for name in desk.people}


def test_a_csv_reaches_the_people_that_it_names_and_leaves_nothing_behind(desk: Office) -> None:
    """Old → new before, the run's result after; the library is empty, the lane free, the connector's people unknown."""
    desk.sim.profiles.set(desk.people["ada"], "City", "Bonn")

    answer = desk.upa("import", save(desk, "people.csv", CSV), "--map", "Stadt=City", "--yes", "--json").json
    state = desk.upa("state", "show", "--json").json

    assert answer["outcome"] == "complete"
    assert [(one["user"], one["changes"]) for one in answer["changes"]] == [
        (desk.upn("ada"), {"City": {"old": "Bonn", "new": "Köln"}}),
        (desk.upn("bo"), {"City": {"old": "", "new": "Århus"}}),
    ]
    assert (answer["exported"], answer["failed"], answer["import_files"]) == (2, [], 1)
    assert cities(desk) == {"ada": "Köln", "bo": "Århus", "cy": None}
    assert (desk.sim.library.items(), state["lane"]["in_flight"], state["state"]["watermark"]) == ([], None, None)


def test_runs_archive_and_why_know_the_import(desk: Office) -> None:
    """It is a run of the connector, with who began it and of which file."""
    run = desk.upa("import", save(desk, "people.csv", CSV), "--map", "Stadt=City", "--yes", "--json").json["run"]

    known = desk.upa("runs", "--json").json["runs"]
    archived = desk.upa("archive", "list", "--json").json["files"]
    told = desk.upa("why", desk.upn("ada"), "--json").json["timeline"]
    again = desk.upa("import", "--watch", run, "--json").json

    assert [(one["run"], one["ad_hoc"]["kind"], one["ad_hoc"]["about"]) for one in known] == [
        (run, "import", "people.csv")
    ]
    assert [one["run"] for one in archived] == [run]
    assert [(one["run"], one["changes"]["City"]["new"]) for one in told] == [(run, "Köln")]
    assert (again["outcome"], again["file"], again["exported"]) == ("complete", "people.csv", 2)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("people.json", json.dumps([{"mail": "ada@contoso.com", "Stadt": "Köln"}])),
        ("people.jsonl", json.dumps({"mail": "ada@contoso.com", "Stadt": "Köln"}) + "\n"),
        ("people.xlsx", workbook(["mail", "Stadt"], ["ada@contoso.com", "Köln"])),
        ("people.csv", "mail;Stadt\r\nada@contoso.com;Köln\r\n".encode("utf-16")),
        ("ready.json", ready({"mail": "ada@contoso.com", "Stadt": "Köln"})),
    ],
    ids=["json", "jsonl", "xlsx", "csv in utf-16", "ready bulk file"],
)
def test_every_format_is_read(desk: Office, name: str, content: str | bytes) -> None:
    """The same row from each of them."""
    answer = desk.upa("import", save(desk, name, content), "--map", "Stadt=City", "--dry-run", "--json")

    assert (answer.code, answer.json["outcome"]) == (exits.CHANGES, "would_send")
    assert [(one["user"], one["changes"]["City"]["new"]) for one in answer.json["changes"]] == [
        (desk.upn("ada"), "Köln")
    ]


def test_every_id_type_becomes_the_object_id(desk: Office) -> None:
    """Email, CloudId, PrincipalName as the cmdlet names them, an employee id, and an id property of any name."""
    ways = {
        "Email": "Ada@Contoso.com",
        "CloudId": "{" + desk.people["ada"].upper() + "}",
        "PrincipalName": desk.upn("ada").upper(),
    }
    for kind, key in ways.items():
        file = save(desk, "ready.json", ready({"Who is it": key, "City": kind}))
        words = ("--map", "City=City", "--id-property", "Who is it", "--id-type", kind, "--dry-run", "--json")
        found = [one["person"] for one in desk.upa("import", file, *words).json["changes"]]
        assert found == [desk.people["ada"]], kind
    file = save(desk, "people.csv", "Personalnummer,City\n0,by number\n")
    words = ("--map", "City=City", "--match", "Personalnummer=employeeId", "--pad", "5", "--yes", "--json")
    assert desk.upa("import", file, *words).json["outcome"] == "complete"

    assert cities(desk) == {"ada": "by number", "bo": None, "cy": None}
    assert {job.id_type.name for job in desk.sim.jobs} == {"CLOUD_ID"}


def test_a_file_in_the_tenant_is_imported_by_its_address(desk: Office) -> None:
    """It is read, checked and sent as any other, and stays where it is; another host or site isn't asked."""
    content = ready({"IdName": "ada@contoso.com", "City": "Köln"})
    place = f"{desk.served.urls.sharepoint}/sites/upa/Imports/ready.json"
    desk.sim.library.add_file("/sites/upa/Imports", "ready.json", content, overwrite=False)
    words = ("--map", "City=City", "--match", "IdName=mail", "--yes", "--json")

    answer = desk.upa("import", "--url", place, *words)
    foreign = desk.upa("import", "--url", "https://evil.example/ready.json", *words)
    missing = desk.upa("import", "--url", place.replace("ready", "gone"), *words)
    elsewhere = [
        desk.upa("import", "--url", place.replace("/sites/upa/Imports", path), *words)
        for path in ("/sites/hr/Docs", "/Shared Documents", "/sites/upa/%2e%2e/hr/Docs")
    ]

    assert [(one.code, "only files of the connector's own site" in one.out) for one in elsewhere] == [
        (exits.REFUSED, True)
    ] * 3
    assert (answer.json["outcome"], answer.json["file"]) == ("complete", "ready.json")
    assert cities(desk)["ada"] == "Köln"
    assert [item.name for item in desk.sim.library.items()] == ["ready.json"]
    assert (foreign.code, foreign.json["error"]["kind"]) == (exits.FAILED, "ForeignLinkError")
    assert (missing.code, "no file at this address" in missing.out) == (exits.REFUSED, True)


def test_a_name_without_a_mapping_is_refused_before_anything_is_queued(desk: Office) -> None:
    """It would abort the whole import job; --leave-out sends the rest."""
    file = save(desk, "ready.json", ready({"mail": "ada@contoso.com", "City": "Köln", "Office": "Viper"}))
    refused = desk.upa("import", file, "--map", "City=City", "--yes", "--json")
    misspelt = desk.upa("import", file, "--map", "city=City", "--leave-out", "Office", "--leave-out", "City", "--yes")

    assert (refused.code, refused.json["outcome"]) == (exits.REFUSED, "refused")
    assert [one["kind"] for one in refused.json["findings"]] == ["unmapped_name"]
    assert "Office (in 1)" in refused.json["findings"][0]["message"]
    assert (misspelt.code, "did you mean City?" in misspelt.out) == (exits.REFUSED, True)
    assert len(desk.sim.jobs) == 0

    left = desk.upa("import", file, "--map", "City=City", "--leave-out", "Office", "--yes", "--json")
    assert left.json["outcome"] == "complete"


def test_each_value_that_changes_by_being_read_is_told(desk: Office) -> None:
    """A date-time, a number, a boolean and a name that stands twice: what SharePoint's reader makes of them is sent."""
    text = (
        '{"value": [{"mail": "ada@contoso.com", "City": "2026-06-23T04:05:06Z"},'
        ' {"mail": "bo@contoso.com", "City": "old", "City": 1.50}, // a comment\n'
        " {'mail': 'cy@contoso.com', 'City': true}]}"
    )
    answer = desk.upa("import", save(desk, "ready.json", text), "--map", "City=City", "--yes", "--json").json

    assert [(one["path"], one["written"], one["read"]) for one in answer["reread"]] == [
        ("value[0].City", "2026-06-23T04:05:06Z", "06/23/2026 04:05:06"),
        ("value[1].City", "old", None),
        ("value[1].City", "1.50", "1.5"),
        ("value[2].City", "true", "True"),
    ]
    assert cities(desk) == {"ada": "06/23/2026 04:05:06", "bo": "1.5", "cy": "True"}


def test_null_says_nothing_and_an_empty_text_clears(desk: Office) -> None:
    """As in SharePoint's import; an empty cell of a CSV says nothing unless --clear-empty is said."""
    for name in desk.people:
        desk.sim.profiles.set(desk.people[name], "City", "old")
    entries = ({"mail": "ada@contoso.com", "City": None}, {"mail": "bo@contoso.com", "City": ""})
    file = save(desk, "ready.json", ready(*entries))
    planned = desk.upa("import", file, "--map", "City=City", "--dry-run", "--json").json["changes"]
    assert [(one["user"], one["changes"]["City"]["new"]) for one in planned] == [(desk.upn("bo"), "")]

    file = save(desk, "people.csv", "mail,City\nada@contoso.com,\ncy@contoso.com,x\n")
    said_nothing = desk.upa("import", file, "--map", "City=City", "--dry-run", "--json").json
    cleared = desk.upa("import", file, "--map", "City=City", "--clear-empty", "--yes", "--json").json

    assert (said_nothing["people"], cleared["people"]) == (1, 2)
    assert cities(desk) == {"ada": None, "bo": "old", "cy": "x"}


def test_hostile_cells_arrive_as_text_or_are_told(desk: Office) -> None:
    """A formula, quotes, backslashes and markup are text; a control character isn't sent, and no screen obeys one."""
    hostile = '=HYPERLINK("http://evil","x")\\u0041 <b>[red]'
    rows = [["mail", "City"], ["ada@contoso.com", hostile], ["bo@contoso.com", "a\x1b[31mb"]]
    text = "".join(",".join(map(quoted, row)) + "\n" for row in rows)

    answer = desk.upa("import", save(desk, "people.csv", text), "--map", "City=City", "--yes")
    told = desk.upa("import", save(desk, "people.csv", text), "--map", "City=City", "--dry-run", "--json").json

    assert cities(desk) == {"ada": hostile, "bo": None, "cy": None}
    assert "\x1b" not in answer.out + answer.err
    assert [(one["line"], one["property"]) for one in told["set_aside"]] == [(3, "City")]


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx"])
def test_each_text_arrives_exactly_or_not_at_all(desk: Office, form: str) -> None:
    """Line breaks, marks, numbers as texts, blanks at both ends; what SharePoint can't store is named by its line."""
    texts = [text for text in (*CARRIED, *EMPTY, *NOT_STORED) if form != "xlsx" or not set(text) & NOT_IN_XML]
    header, rows = ["employeeId", "City"], [[f"9{at:04}", text] for at, text in enumerate(texts)]
    who = [desk.hire(f"p{at:04}", employeeId=f"9{at:04}") for at in range(len(texts))]
    people = [dict(zip(header, row, strict=True)) for row in rows]
    content: dict[str, str | bytes] = {
        "csv": "".join(",".join(map(quoted, row)) + "\n" for row in [header, *rows]),
        "jsonl": "".join(json.dumps(one) + "\n" for one in people),
        "xlsx": workbook(header, *rows),
    }

    words = ("--map", "City=City", "--match", "employeeId", "--accept-held", "--over-threshold", "--yes", "--json")
    answer = desk.upa("import", save(desk, f"people.{form}", content[form]), *words).json
    got = [desk.sim.profiles.get(person).get("City", "") for person in who]

    assert dict(zip(texts, got, strict=True)) == {text: held(text) for text in texts}
    assert [one["property"] for one in answer["set_aside"]] == ["City"] * sum(text in NOT_STORED for text in texts)


def test_identical_rows_are_one_and_rows_that_differ_are_nobodys(desk: Office) -> None:
    """Two rows alike collapse; two that contradict each other hold the file, and accepted nobody of them is written."""
    twice = save(desk, "a.csv", CSV + "ada@contoso.com,Köln\n")
    alike = desk.upa("import", twice, "--map", "Stadt=City", "--dry-run", "--json")
    differ = save(desk, "b.csv", CSV + "ada@contoso.com,Bonn\n")
    held = desk.upa("import", differ, "--map", "Stadt=City", "--yes", "--json")
    jobs = len(desk.sim.jobs)
    accepted = desk.upa("import", differ, "--map", "Stadt=City", "--accept-held", "--dry-run", "--json")

    assert (alike.json["people"], [one["kind"] for one in alike.json["findings"]]) == (2, ["repeated"])
    assert (held.code, held.json["outcome"], jobs) == (exits.CHANGES, "held", 0)
    assert (accepted.json["people"], [one["user"] for one in accepted.json["changes"]]) == (1, [desk.upn("bo")])


def test_rows_of_nobody_and_of_several_are_listed_and_not_sent(desk: Office) -> None:
    """Line and key of each; the others go."""
    desk.edit("cy", mail="bo@contoso.com")
    file = save(desk, "people.csv", CSV + "gone@contoso.com,Rom\n")

    answer = desk.upa("import", file, "--map", "Stadt=City", "--yes", "--json").json
    shown = desk.upa("import", file, "--map", "Stadt=City", "--dry-run").out

    assert (answer["unmatched"], answer["ambiguous"]) == (
        [{"line": 4, "key": "gone@contoso.com"}],
        [{"line": 3, "key": "bo@contoso.com"}],
    )
    assert cities(desk) == {"ada": "Köln", "bo": None, "cy": None}
    assert "gone@contoso.com" in shown
    assert "nobody in the directory has this key" in shown


def test_whoever_has_no_profile_is_named_with_the_reason(desk: Office) -> None:
    """The log is explained person by person; the others have their value, and nothing of it waits in escrow."""
    desk.hire("dora", profile=False, mail="dora@contoso.com")
    answer = desk.upa(
        "import", save(desk, "p.csv", CSV + "dora@contoso.com,Rom\n"), "--map", "Stadt=City", "--yes", "--json"
    )
    later = desk.upa("import", "--watch", answer.json["run"], "--json")

    assert (answer.code, answer.json["outcome"], answer.json["exported"]) == (exits.CHANGES, "partly", 2)
    assert [(one["user"], "no profile yet" in one["why"]) for one in answer.json["failed"]] == [
        (desk.upn("dora"), True)
    ]
    assert later.json["failed"] == answer.json["failed"]
    assert desk.upa("escrow", "list", "--json").json["people"] == []


def test_a_property_that_a_connector_owns_is_refused(desk: Office) -> None:
    """With --override it is written once, unknown and due there; the next run sends the connector's own value."""
    desk.upa("run")
    file = save(desk, "people.csv", "mail,CC\nada@contoso.com,imported\n")
    refused = desk.upa("import", file, "--map", "CC=costcenter", "--yes")
    answer = desk.upa("import", file, "--map", "CC=costcenter", "--override", "--yes", "--json").json
    imported, waits = desk.profile("ada")["CostCenter"], desk.upa("escrow", "list", "--json").json["people"]
    known = desk.upa("why", desk.upn("ada"), "--json").json["known"]
    after = desk.upa("run", "--json").json["runs"][0]["counts"]

    assert (known["CostCenter"], known["Division"], after["updated"]) == (None, "Research", 1)
    assert (refused.code, "CostCenter of people" in refused.err, len(desk.sim.jobs)) == (exits.REFUSED, True, 3)
    assert (answer["outcome"], answer["properties"]) == ("complete", {"CostCenter": "CC"})
    assert (imported, [one["reason"] for one in waits]) == ("imported", ["overridden"])
    assert desk.profile("ada")["CostCenter"] == "CC-1"
    assert desk.profile("ada")["Division"] == "Research"


def test_values_of_a_redacted_property_are_hidden(desk: Office) -> None:
    """The preview of an overridden property obeys the connector's `redact`."""
    file = save(desk, "ready.json", ready({"mail": "cy@contoso.com", "Badge": 7.0}))

    answer = desk.upa("import", file, "--map", "Badge=Badge", "--override", "--dry-run", "--json").json
    assert answer["changes"][0]["changes"]["Badge"]["new"] == "***"
    assert answer["reread"] == []


def test_a_closed_laptop_leaves_the_import_to_whoever_wakes_next(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run goes on without it; a second import waits for it by name, and --watch tells what became of it."""

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    file = save(desk, "people.csv", CSV)
    with monkeypatch.context() as laptop:
        laptop.setattr(ScaledClock, "sleep", stop)
        stopped = desk.upa("import", file, "--map", "Stadt=City", "--yes")
    run = stopped.err.partition("upa import --watch ")[2].split()[0]
    second = desk.upa("import", file, "--map", "Stadt=City", "--yes")
    desk.upa("run")  # what the function app's tick does, too
    told = desk.upa("import", "--watch", run, "--json")

    assert (stopped.code, second.code) == (exits.INTERRUPTED, exits.LATER)
    assert f"the import of people.csv is on its way. Next: upa import --watch {run}" in second.err
    assert (told.code, told.json["outcome"], told.json["exported"]) == (exits.OK, "complete", 2)
    assert cities(desk)["ada"] == "Köln"
    assert desk.sim.library.items() == []


def test_no_wait_begins_it_and_watch_tells_where_it_is(desk: Office) -> None:
    """The command returns with the run's id as soon as SharePoint has the import job."""
    begun = desk.upa("import", save(desk, "p.csv", CSV), "--map", "Stadt=City", "--yes", "--no-wait", "--json")
    again = desk.upa("import", "--watch", begun.json["run"], "--no-wait", "--json")

    assert (begun.code, begun.json["outcome"], len(desk.sim.jobs)) == (exits.OK, "waiting", 1)
    assert (again.json["run"], again.json["file"], again.json["people"]) == (begun.json["run"], "p.csv", 2)


def test_a_large_import_is_split_over_import_files(desk: Office) -> None:
    """As the limits of the connector say; each file is an import job, one after the other."""
    desk.write(replace=("    mappings:", "    limits: {max_pairs: 1}\n    mappings:"))

    answer = desk.upa("import", save(desk, "people.csv", CSV), "--map", "Stadt=City", "--yes", "--json").json

    assert (answer["import_files"], answer["exported"], len(desk.sim.jobs)) == (2, 2, 2)


def test_what_passes_the_change_threshold_needs_a_word_of_its_own(desk: Office) -> None:
    """--yes alone isn't enough."""
    desk.write(replace=("updates: {percent: none}", "updates: {absolute: 1}"))
    file = save(desk, "people.csv", CSV)
    refused = desk.upa("import", file, "--map", "Stadt=City", "--yes")
    words = ("--map", "Stadt=City", "--yes", "--over-threshold", "--no-wait", "--json")
    answer = desk.upa("import", file, *words).json

    assert (refused.code, "the limit is 1" in refused.err) == (exits.REFUSED, True)
    assert (answer["held"], answer["outcome"]) == ("updates of 2 people in 24 h; the limit is 1", "waiting")


def test_dry_run_sends_nothing_and_writes_nothing(desk: Office) -> None:
    """Exit code 2 says that there is something to send; storage stays empty."""
    answer = desk.upa("import", save(desk, "people.csv", CSV), "--map", "Stadt=City", "--dry-run")

    assert (answer.code, len(desk.sim.jobs)) == (exits.CHANGES, 0)
    assert "Nothing was sent (--dry-run)." in answer.out
    assert list((desk.folder / "state").rglob("runs/**/*.json")) == []


def test_dates_are_written_as_dates(desk: Office) -> None:
    """A type beside the property; what is no date isn't sent, and a day number of Excel refuses the file."""
    text = "mail,In\nada@contoso.com,2026-06-23\nbo@contoso.com,soon\n"
    answer = desk.upa("import", save(desk, "p.csv", text), "--map", "In=Since:date", "--yes", "--json").json
    excel = desk.upa("import", save(desk, "x.csv", text.replace("soon", "45627")), "--map", "In=Since:date", "--yes")

    assert (answer["people"], [one["line"] for one in answer["set_aside"]]) == (1, [3])
    assert desk.profile("ada")["Since"] == "2026-06-23"
    assert (excel.code, "day number of Excel" in excel.out) == (exits.REFUSED, True)


def test_what_cant_be_meant_is_a_line_and_queues_nothing(desk: Office) -> None:
    """Wrong options, a property that nobody has, SharePoint's own property, a file that isn't JSON."""
    file = save(desk, "people.csv", CSV)
    calls: list[tuple[tuple[str, ...], int, str]] = [
        ((file, "--map", "Stadt=City"), exits.USAGE, "add --yes, or --dry-run"),
        ((file, "--yes"), exits.USAGE, "name a column and its property"),
        (("--map", "Stadt=City", "--yes"), exits.USAGE, "name a FILE"),
        ((file, "--map", "Stadt", "--yes"), exits.USAGE, "isn't COLUMN=PROPERTY"),
        ((file, "--map", "Stadt=City:money", "--yes"), exits.USAGE, "no type 'money'"),
        ((file, "--map", "Stadt=City", "--map", "mail=city", "--yes"), exits.USAGE, "two columns go to"),
        ((file, "--map", "Stadt=Department", "--yes"), exits.USAGE, "SharePoint fills it by itself"),
        ((file, "--map", "Stadt=Citty", "--yes"), exits.REFUSED, "no property Citty; did you mean City?"),
        ((file, "--map", "Stadt=City", "--match", "Stadt", "--yes"), exits.USAGE, "which attribute is Stadt?"),
        ((file, "--map", "Stadt=City", "--match", "employeeId", "--yes"), exits.USAGE, "no column is named employeeId"),
        ((file, "--map", "Stadt=City", "--match", "mail=hat", "--yes"), exits.USAGE, "isn't an attribute"),
        ((file, "--map", "Stadt=City", "--id-type", "Guess", "--yes"), exits.USAGE, "--id-type is Email"),
        ((file, "--map", "Town=City", "--yes"), exits.REFUSED, "the column Town is missing"),
        ((save(desk, "r.json", "{"), "--map", "A=City", "--yes"), exits.REFUSED, "SharePoint's reader refuses"),
        ((save(desk, "l.json", '{"people": []}'), "--map", "A=City", "--yes"), exits.REFUSED, "named `value`"),
        (("--watch", "20261122T101500Z-7f3k"), exits.REFUSED, "there is no import"),
        (("--watch", "nonsense"), exits.USAGE, "isn't a run id"),
    ]
    wrong = {}
    for words, code, text in calls:
        answer = desk.upa("import", *words)
        if answer.code != code or text not in answer.out + answer.err:
            wrong[words] = (answer.code, answer.out[-300:], answer.err[-300:])

    assert wrong == {}
    assert len(desk.sim.jobs) == 0


def test_an_import_obeys_a_pause_and_works_in_staging_mode(desk: Office) -> None:
    """Somebody who types it means it: staging mode is about the connector's own changes."""
    desk.write(staging=True)
    file = save(desk, "people.csv", CSV)
    desk.upa("pause")
    paused = desk.upa("import", file, "--map", "Stadt=City", "--yes")
    desk.upa("resume")
    answer = desk.upa("import", file, "--map", "Stadt=City", "--yes", "--no-wait", "--json").json

    assert (paused.code, "is paused" in paused.err) == (exits.REFUSED, True)
    assert (answer["outcome"], len(desk.sim.jobs)) == ("waiting", 1)


def test_forget_reaches_an_import(desk: Office) -> None:
    """The archived import file is written again without the person."""
    run = desk.upa("import", save(desk, "people.csv", CSV), "--map", "Stadt=City", "--yes", "--json").json["run"]
    desk.upa("forget", desk.upn("ada"), "--yes")
    desk.upa("archive", "get", run, "--out", str(desk.folder / "out"))
    text = "".join(path.read_text(errors="replace") for path in Path(desk.folder / "out").rglob("*") if path.is_file())

    assert desk.people["ada"] not in text
    assert desk.people["bo"] in text
