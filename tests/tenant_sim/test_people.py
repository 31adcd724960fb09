"""PeopleManager, the REST form of the UPA calls, and the profile store."""

from __future__ import annotations

import pytest

from tenant_sim import ManualClock, TenantSim

MANAGER = "SP.UserProfiles.PeopleManager"
TENANT = "Microsoft.Online.SharePoint.TenantManagement.Office365Tenant"


def claim(name: str = "zoe") -> str:
    return f"i:0#.f|membership|{name}@contoso.com"


def read(tenant, name: str = "zoe", site: str = "") -> dict[str, str]:
    answer = tenant.site(f"{MANAGER}/GetPropertiesFor(accountName=@v)", site=site, params={"@v": f"'{claim(name)}'"})
    return {p["Key"]: p["Value"] for p in answer.json()["UserProfileProperties"]}


def test_profile_is_read_with_empty_properties_too(tenant):
    """All properties of the schema come, so that the reading also tells whether one exists."""
    zoe = tenant.person(department="HR")
    tenant.sim.profiles.set(zoe, "CostCenter", "CC1")
    values = read(tenant)

    assert (values["CostCenter"], values["Division"], values["Department"]) == ("CC1", "", "HR")
    assert values["msOnline-ObjectId"] == zoe
    assert values["AccountName"] == claim()


def test_dates_are_shown_in_their_form(tenant):
    """A date is kept as yyyy-MM-dd and shown as en-US writes it."""
    zoe = tenant.person()
    tenant.sim.profiles.set(zoe, "HireDate", "2014-05-06")

    assert read(tenant)["HireDate"] == "5/6/2014 12:00:00 AM"
    assert tenant.sim.profiles.get(zoe)["HireDate"] == "2014-05-06"


def test_single_property(tenant):
    """GetUserProfilePropertyFor gives one value; an unknown one is null."""
    zoe = tenant.person()
    tenant.sim.profiles.set(zoe, "Badge", "T1")
    ask = f"{MANAGER}/GetUserProfilePropertyFor(accountName=@v,propertyName='%s')?@v='{claim().replace('#', '%%23')}'"

    assert tenant.site(ask % "Badge").json() == {"value": "T1"}
    assert tenant.site(ask % "Nonsense").json() == {"odata.null": True}


def test_who_has_no_profile_reads_as_null(tenant):
    """A user without profile and an unknown account: null (assumed)."""
    tenant.sim.directory.add({"userPrincipalName": "zoe@contoso.com"}, profile=False)
    answer = tenant.site(f"{MANAGER}/GetPropertiesFor(accountName=@v)", params={"@v": f"'{claim()}'"})

    assert answer.json() == {"odata.null": True}


def test_set_single_value_works_on_user_editable_properties_too(tenant):
    """Success is odata.null; AboutMe can be set though bulk refuses it; dates can be emptied here."""
    zoe = tenant.person()
    body = {"accountName": claim(), "propertyName": "AboutMe", "propertyValue": "hello"}
    answer = tenant.site(f"{MANAGER}/SetSingleValueProfileProperty", "POST", json=body)
    for value in ("2020-01-02", ""):
        tenant.site(
            f"{MANAGER}/SetSingleValueProfileProperty",
            "POST",
            json={"accountName": claim(), "propertyName": "HireDate", "propertyValue": value},
        )

    assert answer.json() == {"odata.null": True}
    assert tenant.sim.profiles.get(zoe)["AboutMe"] == "hello"
    assert [(c.property, c.value) for c in tenant.sim.profiles.history(zoe)][1:] == [
        ("HireDate", "2020-01-02"),
        ("HireDate", ""),
    ]


def test_set_multi_values(tenant):
    """Several values are read back joined by a bar; a single-valued property refuses a list."""
    tenant.person()
    tenant.sim.profiles.define("Teams", multi_value=True)
    path = f"{MANAGER}/SetMultiValuedProfileProperty"
    done = tenant.site(
        path, "POST", json={"accountName": claim(), "propertyName": "Teams", "propertyValues": ["a", "b"]}
    )
    refused = tenant.site(path, "POST", json={"accountName": claim(), "propertyName": "Badge", "propertyValues": ["a"]})

    assert (done.status_code, refused.status_code) == (200, 500)
    assert read(tenant)["Teams"] == "a|b"


def test_terms_need_the_term_store_role(tenant):
    """A taxonomic property is set only by an app that may write terms."""
    tenant.person()
    body = {"accountName": claim(), "propertyName": "SPS-Skills", "propertyValues": ["python"]}
    path = f"{MANAGER}/SetMultiValuedProfileProperty"
    denied = tenant.site(path, "POST", json=body).status_code
    tenant.sim.apps.client.grant("sharepoint", "TermStore.ReadWrite.All")

    assert (denied, tenant.site(path, "POST", json=body).status_code) == (403, 200)
    assert read(tenant)["SPS-Skills"] == "python"


def test_select_leaves_out_the_rest(tenant):
    """GetPropertiesFor with $select gives only what was named."""
    tenant.person()
    answer = tenant.site(
        f"{MANAGER}/GetPropertiesFor(accountName=@v)", params={"@v": f"'{claim()}'", "$select": "DisplayName"}
    )

    assert answer.json() == {"DisplayName": "zoe"}


def test_apostrophe_in_an_account(tenant):
    """A quote in the user principal name is doubled and encoded."""
    tenant.person("brian.o'brien", department="HR")

    assert read(tenant, "brian.o''brien")["Department"] == "HR"


@pytest.mark.parametrize("write", [False, True])
def test_profiles_need_a_role(tenant, write):
    """Without User.ReadWrite.All the known text comes; User.Read.All is enough to read, not to write."""
    tenant.person()
    tenant.sim.apps.client.revoke("sharepoint", "User.ReadWrite.All")
    if write:
        tenant.sim.apps.client.grant("sharepoint", "User.Read.All")
        body = {"accountName": claim(), "propertyName": "Badge", "propertyValue": "x"}
        answer = tenant.site(f"{MANAGER}/SetSingleValueProfileProperty", "POST", json=body)
        assert read(tenant)["Badge"] == ""
    else:
        answer = tenant.site(f"{MANAGER}/GetPropertiesFor(accountName=@v)", params={"@v": f"'{claim()}'"})

    assert answer.status_code == 403
    assert answer.json()["odata.error"]["message"]["value"].startswith("Access Denied: This application does not have")


def rest(tenant, call: str, method: str = "GET", **options):
    headers = {**tenant.bearer("admin"), "Accept": "application/json;odata=nometadata"}
    return tenant.session.request(method, f"{tenant.sim.urls.admin}/_api/{TENANT}/{call}", headers=headers, **options)


def queue_body(mapping) -> dict:
    return {
        "idType": 1,
        "sourceDataIdProperty": "IdName",
        "propertyMap": mapping,
        "sourceUri": "https://contoso.sharepoint.com/sites/upa/Imports/a.json",
    }


def test_rest_queue_with_an_object_as_map_fails(tenant):
    """What @pnp/sp-admin and Office365-REST-Python-Client post is refused like other key-value collections."""
    answer = rest(tenant, "QueueImportProfileProperties", "POST", json=queue_body({"City": "City"}))

    assert answer.status_code == 400
    assert "A 'StartArray' node was expected." in answer.json()["odata.error"]["message"]["value"]


def test_rest_form_of_the_four_calls(tenant):
    """With a list of key-value pairs the job is queued, read, listed and cancelled by REST."""
    pairs = [{"Key": "City", "Value": "City", "ValueType": "Edm.String"}]
    job_id = rest(tenant, "QueueImportProfileProperties", "POST", json=queue_body(pairs)).json()["value"]
    one = rest(tenant, f"GetImportProfilePropertyJob(jobId=guid'{job_id}')").json()
    every = rest(tenant, "GetImportProfilePropertyJobs").json()["value"]
    gone = rest(tenant, f"DeleteImportProfilePropertiesJob(jobId=guid'{job_id}')", "POST").json()

    assert (one["JobId"], one["State"], every) == (job_id, 1, [one])
    assert gone == {"value": True}
    assert tenant.sim.jobs == []


def test_profile_appears_after_its_delay():
    """With profile_delay a new user gets his profile that much later; a restored one too."""
    sim = TenantSim(ManualClock(), profile_delay=7200)
    late = sim.directory.add({"userPrincipalName": "late@contoso.com"}, profile=None)
    at_once = sim.directory.add({"userPrincipalName": "now@contoso.com"})
    before = sim.profiles.exists(late), sim.profiles.exists(at_once)
    sim.advance(7200)

    assert (before, sim.profiles.exists(late)) == ((False, True), True)
    sim.directory.remove(late)
    assert not sim.profiles.exists(late)
    sim.directory.restore(late)
    sim.advance(7200)
    assert sim.profiles.exists(late)


def test_profile_dies_with_its_user(tenant):
    """A deleted user's profile is gone with its values."""
    zoe = tenant.person()
    tenant.sim.profiles.set(zoe, "Badge", "T1")
    tenant.sim.directory.remove(zoe)

    with pytest.raises(KeyError, match="no profile"):
        tenant.sim.profiles.get(zoe)
    tenant.sim.directory.restore(zoe)
    assert "Badge" not in tenant.sim.profiles.get(zoe)


def test_sharepoint_overwrites_what_it_syncs_itself(tenant):
    """A value imported into Department loses against the directory's."""
    zoe = tenant.person(department="HR")
    tenant.sim.profiles.set(zoe, "Department", "mine")

    assert read(tenant)["Department"] == "HR"
    assert tenant.sim.profiles.get(zoe)["Department"] == "HR"


def test_reads_may_be_posted(tenant):
    """GetPropertiesFor, GetUserProfilePropertyFor and the job reads answer a POST, with arguments in the body too."""
    zoe = tenant.person()
    tenant.sim.profiles.set(zoe, "Badge", "T1")
    whole = tenant.site(f"{MANAGER}/GetPropertiesFor", "POST", json={"accountName": claim()}).json()
    body = {"accountName": claim(), "propertyName": "Badge"}
    one = tenant.site(f"{MANAGER}/GetUserProfilePropertyFor", "POST", json=body).json()
    pairs = [{"Key": "City", "Value": "City", "ValueType": "Edm.String"}]
    job_id = rest(tenant, "QueueImportProfileProperties", "POST", json=queue_body(pairs)).json()["value"]
    job = rest(tenant, "GetImportProfilePropertyJob", "POST", json={"jobId": job_id}).json()
    jobs = rest(tenant, "GetImportProfilePropertyJobs", "POST").json()["value"]

    assert (whole["AccountName"], one, jobs) == (claim(), {"value": "T1"}, [job])


def test_a_verbose_collection_is_a_collection(tenant):
    """{"results": […]}, as verbose clients write lists, is taken for the list."""
    zoe = tenant.person()
    tenant.sim.profiles.define("Badges", multi_value=True)
    body = {"accountName": claim(), "propertyName": "Badges", "propertyValues": {"results": ["a", "b"]}}
    answer = tenant.site(f"{MANAGER}/SetMultiValuedProfileProperty", "POST", json=body)

    assert answer.status_code == 200, answer.text
    assert tenant.sim.profiles.get(zoe)["Badges"] == "a|b"


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        ("date time", "2026-11-25 10:15:30", "11/25/2026 10:16:00 AM"),
        ("date time", "2026-11-25T13:05:00Z", "11/25/2026 1:05:00 PM"),
        ("date", "2026-11-25 13:05:00", "11/25/2026 12:00:00 AM"),
    ],
)
def test_a_date_time_keeps_its_time_to_the_minute(tenant, kind, text, shown):
    """A date keeps the day alone (assumed)."""
    zoe = tenant.person()
    tenant.sim.profiles.define("At", kind)
    tenant.run_import({"value": [{"IdName": zoe, "At": text}]}, {"At": "At"})

    assert read(tenant)["At"] == shown


def test_a_read_names_an_account(tenant):
    """Without one it is refused, not answered with nobody."""
    assert tenant.site(f"{MANAGER}/GetPropertiesFor").status_code == 400
