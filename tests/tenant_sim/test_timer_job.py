"""The UPA timer job: states on the clock, errors, logs, and what a file does to profiles."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tenant_sim import ManualClock, TenantSim
from tenant_sim.upa.importer import JobError, Limits
from tenant_sim.upa.jobs import NO_JOB, JobState

CITY = {"City": "City"}


def entry(user: str, **values: Any) -> dict[str, Any]:
    return {"IdName": user, **values}


def log_text(tenant) -> str:
    files = [item for item in tenant.sim.library.files() if "-Logs/" in item.path]
    assert len(files) == 1
    return files[0].content.decode()


def test_job_walks_through_its_states_on_the_clock(tenant):
    """Submitted for an hour, Processing, Queued, Succeeded; the profile changes at the end."""
    zoe = tenant.person()
    tenant.queue(tenant.upload({"value": [entry(zoe, City="Zürich")]}), CITY)
    seen = []
    for seconds in (0, 3600, 1800, 3600):
        tenant.sim.advance(seconds)
        seen.append((tenant.sim.jobs[0].state, "City" in tenant.sim.profiles.get(zoe)))

    assert seen == [
        (JobState.SUBMITTED, False),
        (JobState.PROCESSING, False),
        (JobState.QUEUED, False),
        (JobState.SUCCEEDED, True),
    ]
    assert tenant.sim.profiles.get(zoe)["City"] == "Zürich"
    assert tenant.sim.jobs[0].log_folder_uri == ""


def test_one_jump_of_the_clock_gives_the_same_times(tenant):
    """Whoever looks late sees what would have happened in between, at its own times."""
    zoe = tenant.person()
    job = tenant.run_import({"value": [entry(zoe, City="Bern")]}, CITY)
    start = job.submitted_at

    assert [(at - start, name) for at, name in job.transitions] == [
        (0, "SUBMITTED"),
        (3600, "PROCESSING"),
        (5400, "QUEUED"),
        (9000, "SUCCEEDED"),
    ]


def test_reads_advance_the_job_in_that_mode():
    """In mode `reads` every n-th reading pushes the job a state further, whatever the time."""
    sim = TenantSim(ManualClock())
    sim.timer_job.settings.mode, sim.timer_job.settings.reads = "reads", 2
    sim.library.add_file("/sites/upa/Imports", "a.json", b'{"value":[]}', overwrite=True)
    job_id = sim.timer_job.queue(1, "IdName", CITY, "https://contoso.sharepoint.com/sites/upa/Imports/a.json")

    states = [sim.timer_job.read(job_id).state.name for _ in range(6)]

    assert states == ["SUBMITTED", "PROCESSING", "PROCESSING", "QUEUED", "QUEUED", "SUCCEEDED"]


def test_immediate_mode_ends_at_once(tenant):
    """In mode `immediate` the job is over when the queue call returns."""
    tenant.sim.timer_job.settings.mode = "immediate"
    zoe = tenant.person()
    tenant.queue(tenant.upload({"value": [entry(zoe, City="Bern")]}), CITY)

    assert tenant.sim.jobs[0].state is JobState.SUCCEEDED
    assert tenant.sim.profiles.get(zoe)["City"] == "Bern"


def test_unknown_user_is_logged_and_the_others_are_imported(tenant):
    """State Error, ImportCompleteWithError, and a line with kind, identity and message between tabs."""
    zoe, ghost = tenant.person(), "00000000-1111-4222-8333-444444444444"
    job = tenant.run_import({"value": [entry(ghost, City="X"), entry(zoe, City="Bern")]}, CITY)

    assert (job.state, job.error) == (JobState.ERROR, JobError.IMPORT_COMPLETE_WITH_ERROR)
    assert tenant.sim.profiles.get(zoe)["City"] == "Bern"
    assert log_text(tenant) == f"IdentityNotResolvable\t{ghost}\tUser identity cannot be resolved\r\n"


def test_log_folder_and_file_have_their_names(tenant):
    """`{file}-{job id}-Logs` beside the file, by System Account; the log's name holds job id and time."""
    job = tenant.run_import({"value": [entry("nobody", City="X")]}, CITY)
    folder = f"/sites/upa/Imports/import-0-{job.job_id}-Logs"
    log = tenant.sim.library.files(folder)[0]

    assert job.log_folder_uri == f"{tenant.sim.urls.sharepoint}{folder}"
    assert log.name.startswith(f"ImportProfileProperties-{job.job_id}-20260302-103000-")
    assert tenant.sim.library.folder(folder).author == "System Account"


def test_user_without_profile_is_not_resolved(tenant):
    """Somebody in the directory whose profile doesn't exist yet cannot be imported."""
    late = tenant.sim.directory.add({"userPrincipalName": "late@contoso.com"}, profile=False)
    job = tenant.run_import({"value": [entry(late, City="X")]}, CITY)

    assert job.error is JobError.IMPORT_COMPLETE_WITH_ERROR
    tenant.sim.profiles.create(late)
    assert tenant.run_import({"value": [entry(late, City="X")]}, CITY).state is JobState.SUCCEEDED


@pytest.mark.parametrize(("bom", "expected"), [(True, "Zürich"), (False, "ZÃ¼rich")])
def test_file_without_bom_is_read_as_latin_1(tenant, bom, expected):
    """UTF-8 without a BOM turns umlauts into mojibake: the commonest corruption."""
    zoe = tenant.person()
    tenant.run_import({"value": [entry(zoe, City="Zürich")]}, CITY, bom=bom)

    assert tenant.sim.profiles.get(zoe)["City"] == expected


def test_escaped_file_survives_without_bom(tenant):
    r"""\uXXXX escapes don't care about the encoding."""
    zoe = tenant.person()
    raw = b'{"value":[{"IdName":"%s","City":"Z\\u00fcrich"}]}' % zoe.encode()
    tenant.run_import(raw, CITY, bom=False)

    assert tenant.sim.profiles.get(zoe)["City"] == "Zürich"


def test_null_skips_and_empty_clears_a_string(tenant):
    """null leaves the value alone; "" empties a string property."""
    zoe = tenant.person()
    mapping = {"City": "City", "Badge": "Badge"}
    tenant.run_import({"value": [entry(zoe, City="Bern", Badge="T1")]}, mapping)
    tenant.run_import({"value": [entry(zoe, City=None, Badge="")]}, mapping)

    values = tenant.sim.profiles.get(zoe)
    assert (values["City"], values["Badge"]) == ("Bern", "")


def test_empty_date_becomes_january_first(tenant):
    """Bulk cannot clear dates: "" makes January 1 of it."""
    zoe = tenant.person()
    tenant.run_import({"value": [entry(zoe, HireDate="2014-05-06")]}, {"HireDate": "HireDate"})
    before = tenant.sim.profiles.get(zoe)["HireDate"]
    tenant.run_import({"value": [entry(zoe, HireDate="")]}, {"HireDate": "HireDate"})

    assert (before, tenant.sim.profiles.get(zoe)["HireDate"][5:]) == ("2014-05-06", "01-01")


def test_unmapped_property_aborts_the_whole_import(tenant):
    """One key that isn't in the map, and nobody is imported."""
    zoe, ann = tenant.person(), tenant.person("ann")
    job = tenant.run_import({"value": [entry(zoe, City="Bern"), entry(ann, AboutMe="x")]}, CITY)

    assert job.state is JobState.ERROR
    assert "City" not in tenant.sim.profiles.get(zoe)
    text = (
        f"InvalidProperty\t{ann}\tProperty 'AboutMe' is not mapped to any property in the user profile application.\r\n"
    )
    assert log_text(tenant) == text


def test_mapping_without_data_is_fine(tenant):
    """A mapped property that no entry has does no harm."""
    zoe = tenant.person()
    job = tenant.run_import({"value": [entry(zoe, City="Bern")]}, {"City": "City", "Badge": "Badge"})

    assert job.state is JobState.SUCCEEDED


def test_person_twice_in_a_file_is_a_generic_error(tenant):
    """The same person twice gives the SqlException about multiple instances, over several lines."""
    zoe, ann = tenant.person(), tenant.person("ann")
    job = tenant.run_import({"value": [entry(zoe, City="A"), entry(ann, City="Bern"), entry(zoe, City="B")]}, CITY)

    assert job.error is JobError.IMPORT_COMPLETE_WITH_ERROR
    assert log_text(tenant).startswith(
        f"GenericError\t{zoe}\tSystem.Data.SqlClient.SqlException (0x80131904): Input data"
    )
    assert "\r\n   at " in log_text(tenant)
    assert tenant.sim.profiles.get(ann)["City"] == "Bern"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (
            rb'{"value":[{"IdName":"a","Department":"C:\Vault"}]}',
            r"Bad JSON escape sequence: \V. Path 'value[0].Department'",
        ),
        (
            b'{"value":[{"IdName":"a","office":"x"K}]}',
            "After parsing a value an unexpected character was encountered: K. Path 'value[0].office'",
        ),
        (b'{"value":[{"IdName":"a"}', "Unexpected end of content while loading JObject. Path 'value[0]'"),
        (b'{"value":[{"IdName":"a"}}', "JsonToken EndObject is not valid for closing JsonType Array. Path 'value'"),
        (b'{"value":[]} x', "Additional text encountered after finished reading JSON content: x. Path ''"),
        (b'{"value":[{"IdName":"\\u12g4"}]}', "Invalid Unicode escape sequence: "),
        (b'{"value":[{-IdName:"a"}]}', "Invalid property identifier character: -. Path 'value[0]'"),
        (b"[]", "Current JsonReader item is not an object: StartArray. Path '', line 1, position 1."),
        (b'{"value":{}}', "no array of objects"),
    ],
)
def test_bad_json_is_an_invalid_data_file(tenant, raw, message):
    """Error InvalidDataFile and the message of Newtonsoft.Json with path, line and position."""
    job = tenant.run_import(raw, CITY, bom=False)

    assert job.error is JobError.INVALID_DATA_FILE
    assert log_text(tenant).startswith("DataFileNotJson\t\t")
    assert message in log_text(tenant)


def test_missing_identity_has_its_line(tenant):
    """An entry without the id property is MissingIdentity; one with an empty id cannot be resolved."""
    tenant.run_import({"value": [{"City": "X"}, entry("", City="X")]}, CITY)

    assert log_text(tenant).splitlines() == [
        "MissingIdentity\t\tThe identity is missing for the user object",
        "IdentityNotResolvable\t\tUser identity cannot be resolved",
    ]


@pytest.mark.parametrize(("id_type", "identity"), [(0, "ZOE@contoso.com"), (2, "Zoe@Contoso.com")])
def test_people_are_found_by_mail_and_principal_name(tenant, id_type, identity):
    """Email and PrincipalName identify people as well, in any case."""
    zoe = tenant.person()
    job = tenant.run_import({"value": [entry(identity, City="Bern")]}, CITY, id_type=id_type)

    assert job.state is JobState.SUCCEEDED
    assert tenant.sim.profiles.get(zoe)["City"] == "Bern"


def test_file_deleted_before_download(tenant):
    """DataFileNotExist, and no log."""
    tenant.queue(tenant.upload({"value": []}), CITY)
    tenant.sim.library.delete(tenant.sim.library.file("/sites/upa/Imports/import.json"))
    tenant.sim.advance(3600)

    assert tenant.sim.jobs[0].error is JobError.DATA_FILE_NOT_EXIST
    assert tenant.sim.jobs[0].log_folder_uri == ""


@pytest.mark.parametrize(
    "uri", ["https://fabrikam.sharepoint.com/a.json", "https://contoso-admin.sharepoint.com/a.json"]
)
def test_file_of_another_tenant(tenant, uri):
    """DataFileNotInTenant; the admin site doesn't count as the tenant's either."""
    tenant.queue(uri, CITY)
    tenant.sim.advance(3600)

    assert tenant.sim.jobs[0].error is JobError.DATA_FILE_NOT_IN_TENANT


@pytest.mark.parametrize("limits", [Limits(max_bytes=30), Limits(max_pairs=1)])
def test_too_big(tenant, limits):
    """Too many bytes or name/value pairs: DataFileTooBig."""
    tenant.sim.timer_job.limits = limits
    zoe = tenant.person()
    job = tenant.run_import({"value": [entry(zoe, City="Bern"), entry("x", City="Bern")]}, CITY)

    assert job.error is JobError.DATA_FILE_TOO_BIG


def test_values_that_do_not_fit_cost_the_person(tenant):
    """Too long, not a date, not a scalar: the person is named in the log, the others are imported."""
    tenant.sim.profiles.define("Short", max_length=3)
    people = [tenant.person(n) for n in ("a", "b", "c", "d")]
    mapping = {"Short": "Short", "HireDate": "HireDate"}
    rows = [
        entry(people[0], Short="long"),
        entry(people[1], HireDate="soon"),
        entry(people[2], Short=[1]),
        entry(people[3], Short=777),
    ]
    job = tenant.run_import({"value": rows}, mapping)

    assert job.error is JobError.IMPORT_COMPLETE_WITH_ERROR
    assert [line.split("\t")[:2] for line in log_text(tenant).splitlines()] == [["GenericError", p] for p in people[:3]]


def test_number_is_written_as_dotnet_writes_it(tenant):
    """Numbers and booleans are taken as text: 7 and True."""
    zoe = tenant.person()
    tenant.run_import({"value": [entry(zoe, City=7, Badge=True)]}, {"City": "City", "Badge": "Badge"})

    values = tenant.sim.profiles.get(zoe)
    assert (values["City"], values["Badge"]) == ("7", "True")


def test_stuck_job_stays_in_processing(tenant):
    """A stuck job never ends, whatever the clock says."""
    tenant.sim.timer_job.plan(1, "stuck")
    job = tenant.run_import({"value": []}, CITY)
    tenant.sim.advance(30 * 86_400)

    assert job.state is JobState.PROCESSING


def test_zombie_wakes_after_a_day(tenant):
    """A zombie sits in Processing for a day and then ends after all, with its old values."""
    zoe = tenant.person()
    tenant.sim.timer_job.plan("next", "zombie")
    job = tenant.run_import({"value": [entry(zoe, City="old")]}, CITY)
    tenant.sim.profiles.set(zoe, "City", "new")
    before = job.state
    tenant.sim.advance(86_400)

    assert (before, job.state) == (JobState.PROCESSING, JobState.SUCCEEDED)
    assert tenant.sim.profiles.get(zoe)["City"] == "old"


def test_internal_error_without_log(tenant):
    """InternalError with the one text ever seen, no log, and nothing imported."""
    zoe = tenant.person()
    tenant.sim.timer_job.plan(1, "internal_error")
    job = tenant.run_import({"value": [entry(zoe, City="X")]}, CITY)

    assert job.error is JobError.INTERNAL_ERROR
    assert job.error_message == "Failed to import the custom properties due to an unexpected error."
    assert (job.log_folder_uri, "City" in tenant.sim.profiles.get(zoe)) == ("", False)


def test_two_and_a_half_hours_in_processing_and_then_an_internal_error(tenant):
    """The error may strike in Processing, very late: nothing is imported, and there is no log."""
    zoe = tenant.person()
    tenant.sim.timer_job.plan(1, "internal_error_processing")
    job = tenant.run_import({"value": [entry(zoe, City="X")]}, CITY)
    start = job.submitted_at

    assert [(at - start, name) for at, name in job.transitions] == [
        (0, "SUBMITTED"),
        (3600, "PROCESSING"),
        (3600 + 9000, "ERROR"),
    ]
    assert (job.error, job.log_folder_uri) == (JobError.INTERNAL_ERROR, "")
    assert "City" not in tenant.sim.profiles.get(zoe)


def test_state_may_read_unknown_at_first(tenant):
    """Unknown, then Submitted and the rest; meanwhile the job can be cancelled and then never runs."""
    zoe = tenant.person()
    for nth in (1, 2):
        tenant.sim.timer_job.plan(nth, "unknown")
    uri = tenant.upload({"value": [entry(zoe, City="X")]})
    tenant.queue(uri, CITY)
    tenant.queue(uri, CITY)
    first, second = tenant.sim.jobs
    states = [first.state]
    gone = tenant.sim.timer_job.delete(second.job_id)
    for seconds in (600, 3600):
        tenant.sim.advance(seconds)
        states.append(first.state)
    tenant.sim.advance(86_400)

    assert states == [JobState.UNKNOWN, JobState.SUBMITTED, JobState.PROCESSING]
    assert (gone, second.state, tenant.sim.jobs) == (True, JobState.UNKNOWN, [first])
    assert first.state is JobState.SUCCEEDED


def test_too_many_import_jobs_exceed_the_list_view_threshold(tenant):
    """Past the threshold queueing and status fail alike, by ProcessQuery and by REST; the running jobs go on."""
    tenant.sim.timer_job.settings.most_jobs = 2
    uri = tenant.upload({"value": []})
    for _ in range(3):
        assert tenant.queue(uri, CITY)[0]["ErrorInfo"] is None
    told = tenant.queue(uri, CITY)[0]["ErrorInfo"]
    rest = tenant.session.get(
        f"{tenant.sim.urls.admin}/_api/Microsoft.Online.SharePoint.TenantManagement.Office365Tenant/"
        "GetImportProfilePropertyJobs",
        headers={**tenant.bearer("admin"), "Accept": "application/json"},
    )
    tenant.sim.advance(4 * 3600)

    assert told["ErrorMessage"] == rest.json()["odata.error"]["message"]["value"]
    assert told["ErrorMessage"].endswith("exceeds the list view threshold.")
    assert [job.state for job in tenant.sim.jobs] == [JobState.SUCCEEDED] * 3


def test_log_folders_of_many_import_jobs_fill_the_folder(tenant):
    """Files and log folders that nobody removes end in a folder that cannot be listed."""
    tenant.sim.library.list_view_threshold = 5
    for _ in range(3):
        tenant.run_import({"value": [entry("nobody", City="X")]}, CITY)
    listed = tenant.site("web/getfolderbyserverrelativepath(decodedurl='/sites/upa/Imports')/folders")

    assert listed.status_code == 500
    assert "list view threshold" in listed.json()["odata.error"]["message"]["value"]


def test_internal_error_may_leave_half_of_the_values(tenant):
    """An internal error in the middle: some people have their values, some not."""
    people = [tenant.person(n) for n in "abcd"]
    tenant.sim.timer_job.plan(1, "internal_error_partial")
    tenant.run_import({"value": [entry(p, City="X") for p in people]}, CITY)

    assert ["City" in tenant.sim.profiles.get(p) for p in people] == [True, True, False, False]


def test_late_log_folder(tenant):
    """The log folder appears an hour after the error."""
    tenant.sim.timer_job.plan(1, "late_log")
    tenant.queue(tenant.upload({"value": [entry("nobody", City="X")]}), CITY)
    tenant.sim.advance(9000)
    job = tenant.sim.jobs[0]
    at_once = job.log_folder_uri
    tenant.sim.advance(3600)

    assert (job.state, at_once) == (JobState.ERROR, "")
    assert job.log_folder_uri.endswith("-Logs")


def test_no_log_at_all(tenant):
    """An error without any log exists too."""
    tenant.sim.timer_job.plan(1, "no_log")
    job = tenant.run_import({"value": [entry("nobody", City="X")]}, CITY)

    assert (job.error, job.log_folder_uri) == (JobError.IMPORT_COMPLETE_WITH_ERROR, "")


def test_empty_job_id_although_the_job_runs(tenant):
    """The queue call returns zeros, but the job is listed under its real id and source."""
    tenant.sim.timer_job.plan(1, "empty_job_id")
    zoe = tenant.person()
    uri = tenant.upload({"value": [entry(zoe, City="Bern")]})
    answer = tenant.queue(uri, CITY)
    tenant.sim.advance(9000)

    assert answer[4] == f"/Guid({NO_JOB})/"
    assert [(job.source_uri, job.state) for job in tenant.sim.jobs] == [(uri, JobState.SUCCEEDED)]
    assert tenant.sim.jobs[0].job_id != NO_JOB


def test_unknown_outcome_is_refused(tenant):
    """A misspelt outcome, state or kind of log is an error, not a success."""
    for fields in ({"outcome": "stuckk"}, {"hang": "processing"}, {"log": "never"}, {"fails_in": "Submitted"}):
        with pytest.raises(ValueError, match="one of"):
            tenant.sim.timer_job.plan(1, **fields)


def test_job_keeps_the_file_as_downloaded(tenant):
    """The bytes that were imported can be looked at later, even when the file is gone."""
    data = {"value": [entry("x", City="X")]}
    job = tenant.run_import(data, CITY)

    assert job.file == b"\xef\xbb\xbf" + orjson.dumps(data)


def test_looking_at_a_store_lets_happen_what_is_due(tenant):
    """Reading or editing through the Python API first runs what the clock has reached."""
    zoe = tenant.person()
    tenant.queue(tenant.upload({"value": [entry(zoe, City="Bern"), entry("x", City="X")]}), CITY)
    tenant.sim.clock.advance(9000)
    tenant.sim.directory.remove(zoe)

    assert any("-Logs/" in item.path for item in tenant.sim.library.files())
    assert "Bern" in [change.value for change in tenant.sim.profiles.history(zoe)]


@pytest.mark.parametrize(
    ("value", "reformatted"),
    [
        ("2026-06-23T00:00:00Z", "06/23/2026 00:00:00"),
        ("2026-06-23T00:00:00+02:00", "06/22/2026 22:00:00"),
        ("/Date(0)/", "01/01/1970 00:00:00"),
        ("2026-06-23 00:00:00", "2026-06-23 00:00:00"),
        ("2026-06-23", "2026-06-23"),
    ],
)
def test_date_like_text_stays_or_is_reformatted(tenant, value, reformatted):
    """The switch import_dates says whether a text that looks like a date-time reaches a string property as it was."""
    zoe = tenant.person()
    seen = []
    for switch in ("text", "reformatted"):
        tenant.sim.timer_job.settings.import_dates = switch
        tenant.run_import({"value": [entry(zoe, City=value)]}, CITY)
        seen.append(tenant.sim.profiles.get(zoe)["City"])

    assert seen == [value, reformatted]


@pytest.mark.parametrize(
    ("zone", "value", "day"),
    [
        (0, "2026-06-23T00:30:00Z", "2026-06-23"),
        (-420, "2026-06-23T00:30:00Z", "2026-06-22"),
        (-420, "2026-06-23 00:30:00", "2026-06-23"),
        (-420, "2026-06-23T00:30:00", "2026-06-23"),
        (0, "2026-06-23T00:30:00+02:00", "2026-06-22"),
    ],
)
def test_a_date_with_a_zone_is_moved_to_the_servers(tenant, zone, value, day):
    """A date-time with a zone becomes the day at the server; one without a zone is taken as it stands."""
    tenant.sim.profiles.define("Loc", "date")
    zoe = tenant.person()
    tenant.sim.timer_job.settings.server_zone_min = zone
    tenant.run_import({"value": [entry(zoe, Loc=value)]}, {"Loc": "Loc"})

    assert tenant.sim.profiles.get(zoe)["Loc"] == day


def test_what_newtonsoft_takes_is_imported(tenant):
    """Comments, bare names, single quotes and octal numbers are read; the number isn't what was written."""
    zoe = tenant.person()
    job = tenant.run_import(f"{{value:[/* x */{{'IdName':'{zoe}',City:0123,}},]}}".encode(), CITY)

    assert job.state is JobState.SUCCEEDED
    assert tenant.sim.profiles.get(zoe)["City"] == "83"
