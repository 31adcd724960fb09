"""The library over REST: folders, files, chunks, deleting, locks, storage."""

from __future__ import annotations

import uuid

import pytest

FOLDER = "/sites/upa/Imports"
IN_FOLDER = f"web/getfolderbyserverrelativepath(decodedurl='{FOLDER}')"
FILE = f"web/getfilebyserverrelativepath(decodedurl='{FOLDER}/a.json')"


@pytest.fixture
def file(tenant):
    tenant.upload(b"hello", "a.json", bom=False)
    return tenant.sim.library.file(f"{FOLDER}/a.json")


def add(tenant, name: str, data: bytes = b"x", overwrite: str = "true"):
    path = f"{IN_FOLDER}/files/addusingpath(decodedurl='{name}',overwrite={overwrite})"
    return tenant.site(path, "POST", data=data)


def test_upload_shows_the_file_and_can_be_read_back(tenant):
    """AddUsingPath answers with the file's properties; Length is a string; $value gives the bytes."""
    made = add(tenant, "a.json", b"hello").json()

    assert (made["Name"], made["Length"], made["ServerRelativeUrl"]) == ("a.json", "5", f"{FOLDER}/a.json")
    assert tenant.site(f"{FILE}/$value").content == b"hello"


@pytest.mark.parametrize(
    ("accept", "read"),
    [
        ("application/json;odata=nometadata", lambda a: a.json()["Length"]),
        ("application/json", lambda a: a.json()["Length"] if a.json()["odata.type"] == "SP.File" else None),
        ("application/json;odata=verbose", lambda a: a.json()["d"]["Length"]),
        ("*/*", lambda a: a.text.split("<d:Length>")[1][0]),
    ],
)
def test_answers_come_in_the_form_that_was_asked(tenant, file, accept, read):
    """No, little or verbose metadata; Atom when no JSON is accepted."""
    assert read(tenant.site(FILE, headers={"Accept": accept})) == "5"


def test_existing_file_needs_overwrite(tenant, file):
    """overwrite=false on an existing file is an error; true makes a new version."""
    refused = add(tenant, "a.json", b"new", "false")
    add(tenant, "a.json", b"new")

    assert refused.status_code == 400
    assert "already exists" in refused.json()["odata.error"]["message"]["value"]
    assert (file.content, file.version) == (b"new", 2)


def test_apostrophe_in_a_name(tenant):
    """A quote is doubled inside the literal."""
    made = add(tenant, "o''brien (1), x.json").json()

    assert made["Name"] == "o'brien (1), x.json"
    assert (
        tenant.site(
            "web/getfilebyserverrelativepath(decodedurl=@f)?@f='/sites/upa/Imports/o''brien (1), x.json'"
        ).json()["Length"]
        == "1"
    )


@pytest.mark.parametrize("name", ["a*b.json", "a:b", " a "])
def test_bad_file_names(tenant, name):
    """Characters that SharePoint doesn't permit are refused."""
    assert add(tenant, name).status_code == 400


def test_upload_into_a_missing_folder(tenant):
    """Nobody creates the folder: 404."""
    folder = "web/getfolderbyserverrelativepath(decodedurl='/sites/upa/Nowhere')"
    path = f"{folder}/files/addusingpath(decodedurl='a',overwrite=true)"

    assert tenant.site(path, "POST", data=b"x").status_code == 404


def test_folders_are_created_and_listed(tenant, file):
    """POST web/folders creates; /folders and /files list children; a parent must exist."""
    made = tenant.site("web/folders", "POST", json={"ServerRelativeUrl": f"{FOLDER}/sub"})
    orphan = tenant.site("web/folders", "POST", json={"ServerRelativeUrl": f"{FOLDER}/no/sub"})
    folders = tenant.site(f"{IN_FOLDER}/folders").json()["value"]
    files = tenant.site(f"{IN_FOLDER}/files?$select=Name,Length").json()["value"]

    assert (made.status_code, orphan.status_code) == (201, 404)
    assert [one["Name"] for one in folders] == ["sub"]
    assert files == [{"Length": "5", "Name": "a.json"}]
    assert tenant.site(IN_FOLDER).json()["ItemCount"] == 2


def test_list_view_threshold(tenant):
    """A folder with more than 5,000 children can no longer be listed; single files can be reached."""
    tenant.sim.library.list_view_threshold = 3
    for n in range(4):
        add(tenant, f"{n}.json")
    answer = tenant.site(f"{IN_FOLDER}/files")

    assert answer.status_code == 500
    assert "exceeds the list view threshold" in answer.json()["odata.error"]["message"]["value"]
    assert tenant.site(f"web/getfilebyserverrelativepath(decodedurl='{FOLDER}/1.json')").status_code == 200


@pytest.mark.parametrize("by", [{"method": "DELETE"}, {"method": "POST", "headers": {"X-HTTP-Method": "DELETE"}}])
def test_delete_is_permanent(tenant, file, by):
    """REST delete leaves nothing in the recycle bin."""
    answer = tenant.site(FILE, **{"headers": {"IF-MATCH": "*"}, **by})

    assert answer.status_code == 200
    assert (tenant.sim.library.items(), tenant.sim.library.storage_bytes()) == ([], 0)
    assert tenant.site(FILE).status_code == 404


def test_etag_guards_a_delete(tenant, file):
    """IF-MATCH with another version: 412."""
    etag = tenant.site(FILE).json()["ETag"]
    add(tenant, "a.json", b"new")

    assert tenant.site(FILE, "DELETE", headers={"IF-MATCH": etag}).status_code == 412


def test_recycled_file_goes_on_using_storage(tenant, file):
    """recycle() gives an id, and the bytes count until the bin is emptied."""
    answer = tenant.site(f"{FILE}/recycle()", "POST")
    uuid.UUID(answer.json()["value"])
    bin_ = tenant.site("web/recyclebin").json()["value"]
    usage = tenant.site("site/usage").json()["Storage"]
    tenant.sim.library.empty_recycle_bin()

    assert ([one["LeafName"] for one in bin_], usage) == (["a.json"], "5")
    assert tenant.sim.library.storage_bytes() == 0


def test_folder_is_deleted_with_its_content(tenant):
    """Deleting a folder takes its files along."""
    tenant.site("web/folders", "POST", json={"ServerRelativeUrl": f"{FOLDER}/logs"})
    tenant.sim.library.add_file(f"{FOLDER}/logs", "x.log", b"x", overwrite=True)
    tenant.site(f"web/getfolderbyserverrelativepath(decodedurl='{FOLDER}/logs')", "DELETE")

    assert tenant.sim.library.items() == []


def test_locked_file_is_423(tenant, file):
    """A file somebody has open can be read, but not replaced or deleted, nor can its folder."""
    tenant.sim.library.lock(file.path)
    statuses = [
        tenant.site(FILE, "DELETE").status_code,
        add(tenant, "a.json").status_code,
        tenant.site(f"{FILE}/$value").status_code,
    ]
    tenant.sim.library.unlock(file.path)

    assert statuses == [423, 423, 200]
    assert tenant.site(FILE, "DELETE").status_code == 200


def test_retained_file_leaves_a_copy(tenant, file):
    """Under retention the delete succeeds, but the storage stays used."""
    tenant.sim.library.retain(file.path)
    answer = tenant.site(FILE, "DELETE")

    assert answer.status_code == 200
    assert (tenant.sim.library.items(), tenant.sim.library.storage_bytes()) == ([], 5)


LABEL = "SP_CompliancePolicy_SPPolicyStoreProxy_GetListComplianceTag"


def label_of(tenant, library: str = "Imports"):
    return tenant.site(LABEL, "POST", json={"listUrl": f"https://contoso.sharepoint.com/sites/upa/{library}"})


def test_a_librarys_label_is_shown(tenant):
    """A library without a label shows null; with one its name and what it does; a library that isn't there is 404."""
    none = label_of(tenant).json()
    tenant.sim.library.set_label(FOLDER, "Keep 7 years", days=2555)
    label = label_of(tenant).json()

    assert none == {"odata.null": True}
    assert (label["TagName"], label["TagDuration"], label["HasRetentionAction"]) == ("Keep 7 years", 2555, True)
    tenant.sim.library.add_folder(f"{FOLDER}/today")
    assert [label_of(tenant, name).status_code for name in ("Nowhere", "Imports/today")] == [404, 404]


@pytest.mark.parametrize(("record", "status", "stays"), [(False, 200, 1), (True, 403, 1)])
def test_files_of_a_labelled_library_are_kept(tenant, record, status, stays):
    """What is new gets the label: deleting leaves a copy, and records can't be deleted."""
    tenant.sim.library.set_label(FOLDER, "Keep", days=30, record=record)
    add(tenant, "a.json", b"x")

    assert tenant.site(FILE, "DELETE").status_code == status
    assert tenant.sim.library.storage_bytes() == stays


def test_a_label_that_only_marks_keeps_nothing(tenant, file):
    """Without days a label is a mark; files from before a label have none."""
    tenant.sim.library.set_label(FOLDER, "Sensitive", record=True)
    old = tenant.site(FILE, "DELETE").status_code
    tenant.sim.library.set_label(FOLDER, "Sensitive")
    add(tenant, "a.json", b"x")

    assert (old, tenant.site(FILE, "DELETE").status_code, tenant.sim.library.storage_bytes()) == (200, 200, 0)


def chunk(tenant, step: str, upload: str, data: bytes, offset: int | None = None):
    arguments = f"uploadId=guid'{upload}'" + ("" if offset is None else f",fileOffset={offset}")
    return tenant.site(f"{FILE}/{step}({arguments})", "POST", data=data)


UPLOAD = "7f2b1d52-1111-4222-8333-444455556666"


def test_chunked_upload(tenant, file):
    """start, continue, finish: each says the next offset, the last shows the file; an empty finish is fine."""
    first = chunk(tenant, "startupload", UPLOAD, b"abc").json()
    second = chunk(tenant, "continueupload", UPLOAD, b"defg", 3).json()
    last = chunk(tenant, "finishupload", UPLOAD, b"", 7).json()

    assert (first["value"], second["value"], last["Length"]) == ("3", "7", "7")
    assert file.content == b"abcdefg"


def test_chunk_at_a_wrong_offset(tenant, file):
    """A gap between slices is refused, and the file keeps its old content."""
    chunk(tenant, "startupload", UPLOAD, b"abc")

    assert chunk(tenant, "continueupload", UPLOAD, b"def", 5).status_code == 400
    assert file.content == b"hello"


def test_interrupted_upload_locks_the_file_for_a_quarter_of_an_hour(tenant, file):
    """Within 15 minutes of the last slice nobody else can replace the file; after 30 the session is dead."""
    chunk(tenant, "startupload", UPLOAD, b"abc")
    at_once = add(tenant, "a.json").status_code
    tenant.sim.advance(15 * 60 + 1)
    later = add(tenant, "a.json").status_code
    tenant.sim.advance(15 * 60)
    session = chunk(tenant, "finishupload", UPLOAD, b"", 3).status_code

    assert (at_once, later, session) == (423, 200, 400)


def test_cancelled_upload_frees_the_file(tenant, file):
    """cancelupload ends the session and the lock."""
    chunk(tenant, "startupload", UPLOAD, b"abc")
    chunk(tenant, "cancelupload", UPLOAD, b"")

    assert add(tenant, "a.json").status_code == 200


def test_too_much_in_one_request(tenant):
    """Above the single-request limit chunks are mandatory."""
    tenant.sim.library.max_single_request = 10

    assert add(tenant, "a.json", b"x" * 11).status_code == 413


def test_file_over_two_gigabytes(tenant, file):
    """A file larger than the service takes is refused when its last slice comes; the old content stays."""
    tenant.sim.library.max_file = 10
    chunk(tenant, "startupload", UPLOAD, b"x" * 8)

    assert chunk(tenant, "finishupload", UPLOAD, b"xyz", 8).status_code == 400
    assert file.content == b"hello"


def test_contextinfo_hands_out_a_digest(tenant):
    """Nobody needs one with a bearer token, clients fetch it anyway."""
    assert tenant.site("contextinfo", "POST").json()["FormDigestValue"]
    verbose = tenant.site("contextinfo", "POST", headers={"Accept": "application/json;odata=verbose"}).json()
    assert verbose["d"]["GetContextWebInformation"]["FormDigestValue"]


def test_relative_paths_and_ids(tenant, file):
    """A folder may be named relative to its site, a file by its id, a list by its title."""
    by_id = tenant.site(f"web/getfilebyid('{file.unique_id}')").json()["Name"]
    relative = tenant.site("web/getfolderbyserverrelativeurl('Imports')/files('a.json')").json()["Name"]
    by_list = tenant.site("web/lists/getbytitle('Imports')/rootfolder/files").json()["value"][0]["Name"]

    assert [by_id, relative, by_list] == ["a.json"] * 3


def test_root_site_has_a_library_too(tenant):
    """The root site's documents are reached without a site path."""
    answer = tenant.site("web/getfolderbyserverrelativeurl('Shared Documents')", site="")

    assert answer.json()["ServerRelativeUrl"] == "/Shared Documents"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("web/nonsense", 404),
        ("nonsense", 404),
        ("site/anything", 404),
        ("web/getfolderbyserverrelativepath(decodedurl='open", 400),
    ],
)
def test_unknown_and_broken_paths(tenant, path, status):
    """What isn't a resource is 404, what isn't OData 400."""
    assert tenant.site(path).status_code == status


def test_unknown_site(tenant):
    """A site that doesn't exist is 404."""
    assert tenant.site("web", site="/sites/nowhere").status_code == 404


def test_admin_host_has_no_library(tenant):
    """Files belong on a site, never on the admin host."""
    url = f"{tenant.sim.urls.admin}/_api/web/getfolderbyserverrelativeurl('Shared Documents')"

    assert tenant.session.get(url, headers=tenant.bearer("admin")).status_code == 404


def test_token_of_the_other_host_is_refused(tenant):
    """One token per host: the admin host's audience isn't the site's."""
    answer = tenant.site("web", headers=tenant.bearer("admin"))

    assert answer.status_code == 401
    assert "Invalid audience" in answer.headers["x-ms-diagnostics"]


def test_expired_token_is_refused(tenant):
    """A token past its end: 401, on the site and for ProcessQuery."""
    for host, path in (("sharepoint", "/sites/upa/_api/web"), ("admin", "/_vti_bin/client.svc/ProcessQuery")):
        token = tenant.sim.token("upa-sync", host, lifetime=-1)
        answer = tenant.session.post(
            f"{getattr(tenant.sim.urls, host)}{path}", data="<x/>", headers={"Authorization": f"Bearer {token}"}
        )

        assert answer.status_code == 401
        assert "expired" in answer.headers["x-ms-diagnostics"]


def test_token_from_a_secret_is_refused(tenant):
    """SharePoint takes no token from a client secret: 401 Unsupported app only token."""
    token = tenant.sim.token("upa-sync", "sharepoint", with_secret=True)
    answer = tenant.site("web", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 401
    assert answer.json()["error_description"] == "Unsupported app only token."


def test_library_needs_full_control_or_a_grant(tenant, file):
    """Without Sites.FullControl.All: 403; Sites.Selected helps only on granted sites."""
    app = tenant.sim.apps.client
    app.revoke("sharepoint", "Sites.FullControl.All")
    nothing = tenant.site(FILE)
    app.grant("sharepoint", "Sites.Selected")
    selected = tenant.site(FILE).status_code
    app.sites.add("/sites/upa")

    assert nothing.status_code == 403
    assert nothing.json()["odata.error"]["code"].startswith("-2147024891")
    assert (selected, tenant.site(FILE).status_code) == (403, 200)


LISTING = f"web/getfolderbyserverrelativepath(decodedurl='{FOLDER}')/files"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("$filter=Name eq 'b.json'", ["b.json"]),
        ("$filter=Length gt 10", ["c.json"]),
        ("$filter=startswith(Name,'a') or substringof('C.j',Name)", ["a.json", "c.json"]),
        ("$filter=not (Name eq 'a.json') and TimeCreated gt datetime'2020-01-01T00:00:00Z'", ["b.json", "c.json"]),
        ("$orderby=Name desc", ["c.json", "b.json", "a.json"]),
        ("$orderby=Length desc,Name desc&$top=2", ["c.json", "b.json"]),
        ("$skip=1&$top=1", ["b.json"]),
    ],
)
def test_lists_are_filtered_sorted_and_cut(tenant, query, names):
    """$filter, $orderby, $skip and $top do what OData says, in this order."""
    for name, data in (("a.json", b"1"), ("b.json", b"1"), ("c.json", b"1" * 40)):
        tenant.upload(data, name)

    assert [one["Name"] for one in tenant.site(f"{LISTING}?{query}").json()["value"]] == names


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("$select=Name,Nonsense", 400, "The field or property 'Nonsense' does not exist."),
        ("$filter=Nonsense eq 1", 400, "The field or property 'Nonsense' does not exist."),
        ("$orderby=Nonsense", 400, "The field or property 'Nonsense' does not exist."),
        ("$filter=Name eq", 400, "is not valid."),
        ("$top=many", 400, "is not valid."),
        ("$orderby=Name down", 400, "is not valid."),
        ("$filter=endswith(Name,'x')", 501, "endswith"),
        ("$expand=ListItemAllFields", 501, "$expand"),
        ("$skiptoken=x", 501, "$skiptoken"),
    ],
)
def test_query_options_are_never_ignored(tenant, query, status, said):
    """An unknown name is refused in SharePoint's words, also of an empty list; what isn't simulated is named."""
    answer = tenant.site(f"{LISTING}?{query}")

    assert (answer.status_code, said in answer.text) == (status, True), answer.text


@pytest.mark.parametrize("path", ["web/currentuser", "site/owner", "web/lists/getbytitle('x')/items", "search/query"])
def test_resources_that_are_not_simulated_are_named(tenant, path):
    """What SharePoint has and the simulator hasn't is 501, not a resource that nobody found."""
    answer = tenant.site(path)

    assert (answer.status_code, "NotSimulated" in answer.text) == (501, True)


def test_recycle_by_the_method_header(tenant):
    """recycle() posted with X-HTTP-Method: DELETE recycles, as some clients send it."""
    tenant.upload(b"1", "a.json")
    file = f"web/getfilebyserverrelativepath(decodedurl='{FOLDER}/a.json')"
    answer = tenant.site(f"{file}/recycle()", "POST", headers={"X-HTTP-Method": "DELETE"})

    assert answer.status_code == 200
    assert len(tenant.sim.library.recycle_bin) == 1


def test_a_missing_file_and_a_missing_folder_have_their_own_words(tenant):
    """SharePoint names the file that doesn't exist; of a folder it says File Not Found."""
    file = tenant.site(f"web/getfilebyserverrelativepath(decodedurl='{FOLDER}/no.json')")
    folder = tenant.site("web/getfolderbyserverrelativepath(decodedurl='/sites/upa/None')")

    assert file.status_code == folder.status_code == 404
    assert file.json()["odata.error"]["message"]["value"] == f"The file {FOLDER}/no.json does not exist."
    assert folder.json()["odata.error"]["message"]["value"] == "File Not Found."


def upload_raw(tenant, name: str = "a.json"):
    path = f"{LISTING}/addusingpath(decodedurl='{name}',overwrite=true)"
    return tenant.site(path, "POST", data=b'\xef\xbb\xbf{"value":[]}')


def error_of_import(tenant, name: str = "a.json") -> str:
    tenant.queue(f"{tenant.sim.urls.sharepoint}{FOLDER}/{name}", {"City": "City"})
    tenant.sim.advance(4 * 3600)
    return tenant.sim.jobs[-1].error.name


def test_a_library_that_requires_check_out_hides_new_files(tenant):
    """The file answers CheckOutType 0 and Level 255, and the timer job doesn't find it before it is checked in."""
    tenant.sim.library.change_settings(FOLDER, force_checkout=True)
    shown = upload_raw(tenant).json()
    hidden = error_of_import(tenant)
    file = f"web/getfilebyserverrelativepath(decodedurl='{FOLDER}/a.json')"
    done = tenant.site(f"{file}/checkin(comment='',checkintype=0)", "POST")
    after = tenant.site(f"{file}?$select=CheckOutType,Level").json()

    assert (shown["CheckOutType"], shown["Level"], hidden) == (0, 255, "DATA_FILE_NOT_EXIST")
    assert (done.status_code, after["CheckOutType"], after["Level"]) == (200, 2, 1)
    assert error_of_import(tenant) == "NO_ERROR"
    assert upload_raw(tenant).status_code == 423
    assert tenant.site(f"{file}/checkin(comment='',checkintype=0)", "POST").status_code == 400


@pytest.mark.parametrize(("visibility", "error"), [(0, "NO_ERROR"), (2, "DATA_FILE_NOT_EXIST")])
def test_a_draft_is_seen_by_those_who_may_see_drafts(tenant, visibility, error):
    """Where approval is asked for, a new file is Level 2; whether the timer job finds it hangs on who sees drafts."""
    tenant.sim.library.change_settings(FOLDER, moderation=True, draft_visibility=visibility)

    assert upload_raw(tenant).json()["Level"] == 2
    assert error_of_import(tenant) == error
    file = f"web/getfilebyserverrelativepath(decodedurl='{FOLDER}/a.json')"
    assert tenant.site(f"{file}/approve(comment='')", "POST").status_code == 200
    assert error_of_import(tenant) == "NO_ERROR"


def test_settings_of_a_library_can_be_read(tenant):
    """A list by title or by path has its settings, and its columns say which have to be filled in."""
    settings = {
        "path": FOLDER,
        "force_checkout": True,
        "moderation": True,
        "draft_visibility": 2,
        "required": ["Owner"],
    }
    tenant.session.post(f"{tenant.sim.urls.control}/library/settings", json=settings)
    by_title = tenant.site("web/lists/getbytitle('Imports')?$select=ForceCheckout,EnableModeration").json()
    by_path = tenant.site(f"web/getlist('{FOLDER}')").json()
    columns = tenant.site("web/lists/getbytitle('Imports')/fields?$filter=Required eq true").json()["value"]

    assert by_title == {"ForceCheckout": True, "EnableModeration": True}
    assert (by_path["DraftVersionVisibility"], by_path["Title"]) == (2, "Imports")
    assert [one["InternalName"] for one in columns] == ["FileLeafRef", "Owner"]
    assert tenant.site("web/lists/getbytitle('Shared Documents')").json()["ForceCheckout"] is False


def test_a_lock_may_keep_readers_out(tenant, file):
    """An exclusive lock answers 423 to a download too; an ordinary one lets readers in."""
    tenant.sim.library.lock(file.path)
    assert tenant.site(f"{FILE}/$value").status_code == 200
    tenant.sim.library.lock(file.path, unreadable=True)
    assert tenant.site(f"{FILE}/$value").status_code == 423


def test_a_file_may_be_swapped_as_soon_as_it_was_read(tenant, file):
    """The reader has the old bytes; ETag and content are another file's from then on, once."""
    old = file.content
    tenant.sim.library.swap_when_read(file.path, b"new")
    answers = [tenant.site(f"{FILE}/$value") for _ in range(3)]

    assert [answer.content for answer in answers] == [old, b"new", b"new"]
    assert answers[0].headers["ETag"] != answers[1].headers["ETag"] == answers[2].headers["ETag"]


def test_a_minor_version_is_a_draft_until_it_is_published(tenant):
    """The timer job doesn't find it where readers see no drafts; of a file published before it reads that version."""
    tenant.sim.library.change_settings(FOLDER, minor_versions=True, draft_visibility=1)
    file = f"web/getfilebyserverrelativepath(decodedurl='{FOLDER}/a.json')"
    shown = upload_raw(tenant).json()
    hidden = error_of_import(tenant)
    published = tenant.site(f"{file}/publish(comment='')", "POST")
    after = tenant.site(f"{file}?$select=Level,MajorVersion,MinorVersion").json()

    assert (shown["Level"], shown["MajorVersion"], shown["MinorVersion"]) == (2, 0, 1)
    assert (hidden, published.status_code) == ("DATA_FILE_NOT_EXIST", 200)
    assert after == {"Level": 1, "MajorVersion": 1, "MinorVersion": 0}
    assert error_of_import(tenant) == "NO_ERROR"
    tenant.upload(b"another", "a.json", bom=False)
    assert tenant.sim.library.seen_by_system(f"{FOLDER}/a.json").content != b"another"
    assert tenant.sim.library.file(f"{FOLDER}/a.json").content == b"another"


def test_what_is_published_waits_for_approval_where_that_is_asked_for(tenant):
    """Publishing alone doesn't suffice; a check-in as major version publishes; without minor versions it is refused."""
    settings = {"minor_versions": True, "moderation": True, "force_checkout": True, "draft_visibility": 2}
    tenant.sim.library.change_settings(FOLDER, **settings)
    file = f"web/getfilebyserverrelativepath(decodedurl='{FOLDER}/a.json')"
    upload_raw(tenant)
    tenant.site(f"{file}/checkin(comment='',checkintype=1)", "POST")
    waiting = error_of_import(tenant)
    tenant.site(f"{file}/approve(comment='')", "POST")

    assert (waiting, error_of_import(tenant)) == ("DATA_FILE_NOT_EXIST", "NO_ERROR")
    tenant.sim.library.change_settings(FOLDER, minor_versions=False)
    assert "minor version enabled list" in tenant.site(f"{file}/publish(comment='')", "POST").text


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (f"web/getfilebyserverrelativepath(decodedurl='{FOLDER}/a.json')/Name", "a.json"),
        (f"web/getfilebyserverrelativepath(decodedurl='{FOLDER}/a.json')/exists", True),
        (f"web/getfolderbyserverrelativepath(decodedurl='{FOLDER}')/Name", "Imports"),
    ],
)
def test_a_property_has_an_address_of_its_own(tenant, file, path, answer):
    """As OData has it: `…/Name` answers the value alone."""
    assert tenant.site(path).json() == {"value": answer}


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("PUT", f"web/getfilebyserverrelativepath(decodedurl='{FOLDER}/a.json')/$value", "PUT on $value"),
        ("PATCH", f"web/getfilebyserverrelativepath(decodedurl='{FOLDER}/a.json')", "PATCH on"),
        ("POST", f"web/getfilebyserverrelativepath(decodedurl='{FOLDER}/a.json')/deny(comment='')", "deny"),
        ("GET", f"web/getfolderbyserverrelativepath(decodedurl='{FOLDER}')/files/$count", "$count"),
        ("GET", "web/title", "title"),
        ("GET", "SP.UserProfiles.PeopleManager", "PeopleManager itself"),
        ("GET", "SP.UserProfiles.PeopleManager/GetUserProfileProperties(accountName='x')", "getuserprofileproperties"),
        ("GET", "../_vti_bin/UserProfileService.asmx", "UserProfileService.asmx"),
        ("GET", "../Imports/a.json", "addresses outside /_api"),
    ],
)
def test_what_sharepoint_has_beside_is_named(tenant, file, method, path, name):
    """It is never called a resource that nobody found."""
    site, _, below = f"{tenant.sim.urls.sharepoint}/sites/upa/_api/{path}".partition("/_api/../")
    url = f"{site}/{below}" if below else site
    answer = tenant.session.request(method, url, headers={**tenant.bearer("sharepoint"), "Accept": "application/json"})

    assert (answer.status_code, name in answer.text) == (501, True), answer.text
