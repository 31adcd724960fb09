"""ProcessQuery: what Microsoft's own client writes is taken, what the XSD forbids is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[3] / "shared" / "data"
GOLDEN = SHARED / "csom-golden"
JOB = "5f05e38c-bd0e-49ec-8c9c-c4cfe370248c"


def golden(name: str) -> bytes:
    if not GOLDEN.is_dir():
        pytest.skip(f"the golden requests are not here: {GOLDEN}")
    return (GOLDEN / name).read_bytes()


@pytest.mark.parametrize("name", ["queue-cloudid.xml", "queue-email.xml", "queue-principalname.xml"])
def test_golden_queue_requests_are_accepted(tenant, name):
    """The queue requests that Microsoft's CSOM client wrote give a job id."""
    answer = tenant.csom(golden(name))

    assert answer[0]["ErrorInfo"] is None
    assert answer[1:3] == [2, {"IsNull": False}]
    assert re.fullmatch(r"/Guid\([0-9a-f-]{36}\)/", answer[4])
    assert tenant.sim.jobs[0].mapping["City"] == "City"


def test_golden_reads_and_delete_are_accepted(tenant):
    """Get one, get all and delete, as Microsoft's client writes them, work on a job of that id."""
    tenant.csom(golden("queue-cloudid.xml"))
    tenant.sim.jobs[0].job_id = JOB

    one = tenant.csom(golden("get-job.xml"))
    every = tenant.csom(golden("get-jobs.xml"))
    gone = tenant.csom(golden("delete-job.xml"))

    assert one[3:5] == [4, {"IsNull": False}]
    assert one[6]["JobId"] == f"/Guid({JOB})/"
    assert one[6]["State"] == 1
    assert [job["JobId"] for job in every[6]["_Child_Items_"]] == [f"/Guid({JOB})/"]
    assert gone[4] is True
    assert tenant.sim.jobs == []


def test_guid_is_escaped_on_the_wire(tenant):
    r"""The text is `"\/Guid(…)\/"`; Microsoft's client rejects it without the backslashes."""
    body = golden("queue-cloudid.xml")
    url = f"{tenant.sim.urls.admin}/_vti_bin/client.svc/ProcessQuery"

    answer = tenant.session.post(url, data=body, headers=tenant.bearer("admin"))

    assert re.search(r'"\\/Guid\([0-9a-f-]{36}\)\\/"', answer.text)


@pytest.mark.parametrize(
    ("change", "exception"),
    [
        (lambda x: x.replace("<Actions>", "<Actionz>").replace("</Actions>", "</Actionz>"), "XmlSchemaValidation"),
        (lambda x: x.replace("{e45fd516", "e45fd516"), "XmlSchemaValidation"),
        (lambda x: x.replace(' SchemaVersion="15.0.0.0"', ""), "XmlSchemaValidation"),
        (lambda x: x.replace("15.0.0.0", "14.0.0.0"), "XmlSchemaValidation"),
        (lambda x: x.replace('Type="Dictionary"', 'Type="Map"'), "XmlSchemaValidation"),
        (lambda x: x.replace('Id="3"', 'Id="three"'), "XmlSchemaValidation"),
        (lambda x: x.replace("clientquery/2009", "clientquery/2010"), "XmlSchemaValidation"),
        (lambda x: x.replace("</Request>", ""), "XmlException"),
        (lambda x: "<!DOCTYPE x>" + x, "XmlException"),
        (lambda x: x.replace('ObjectPathId="1"', 'ObjectPathId="9"'), "InvalidClientQuery"),
        (lambda x: x.replace('Type="Enum">1', 'Type="Enum">one'), "InvalidClientQuery"),
        (lambda x: x.replace("QueueImportProfileProperties", "QueueImport"), "InvalidClientQuery"),
        (lambda x: x.replace("e45fd516", "268004af"), "InvalidClientQuery"),
    ],
)
def test_bad_requests_are_errors_inside_http_200(tenant, change, exception):
    """A request against the schema is HTTP 200 with ErrorInfo, and the array holds only the header."""
    answer = tenant.csom(change(golden("queue-cloudid.xml").decode()))

    assert len(answer) == 1
    assert exception in answer[0]["ErrorInfo"]["ErrorTypeName"]
    assert tenant.sim.jobs == []


def test_user_editable_property_is_refused_when_queueing(tenant):
    """A map to properties that users may edit fails at once, with all their names."""
    answer = tenant.queue("https://contoso.sharepoint.com/sites/upa/Imports/a.json", {"a": "AboutMe", "b": "CellPhone"})

    assert answer[0]["ErrorInfo"]["ErrorMessage"] == "Property Names [AboutMe,CellPhone] are editable by user."
    assert tenant.sim.jobs == []


def test_unknown_property_is_refused_when_queueing(tenant):
    """The mapped properties have to exist."""
    answer = tenant.queue("https://contoso.sharepoint.com/sites/upa/Imports/a.json", {"a": "Nonsense"})

    assert "Nonsense" in answer[0]["ErrorInfo"]["ErrorMessage"]


@pytest.mark.parametrize(
    ("role", "text"),
    [
        ("User.ReadWrite.All", "Access Denied: This application does not have the required permissions"),
        ("Sites.FullControl.All", "Access denied. You do not have permission"),
    ],
)
def test_missing_role_is_named_as_the_service_names_it(tenant, role, text):
    """Each of the two roles, when missing, has its own text."""
    tenant.sim.apps.client.revoke("sharepoint", role)

    answer = tenant.csom(golden("get-jobs.xml"))

    assert answer[0]["ErrorInfo"]["ErrorMessage"].startswith(text)


def test_site_host_answers_process_query_too(tenant):
    """Sync-PnP queues on the site URL, so both hosts take it."""
    assert tenant.csom(golden("get-jobs.xml"), host="sharepoint")[0]["ErrorInfo"] is None


def test_unknown_job_is_null(tenant):
    """A job id nobody knows gives a null object (assumed)."""
    answer = tenant.csom(golden("get-job.xml"))

    assert answer[3:] == [4, {"IsNull": True}, 5, None]


def test_delete_only_before_the_start(tenant):
    """A job that has been downloaded cannot be cancelled any more."""
    tenant.queue(tenant.upload({"value": []}), {"City": "City"})
    tenant.sim.advance(3700)
    tenant.sim.jobs[0].job_id = JOB

    assert tenant.csom(golden("delete-job.xml"))[4] is False
    assert len(tenant.sim.jobs) == 1


def test_property_names_are_unescaped(tenant):
    """`&` and quotes in names of the map arrive as themselves."""
    tenant.queue("https://contoso.sharepoint.com/a.json", {"Office &amp; &quot;x&quot;": "OfficeCode"})

    assert tenant.sim.jobs[0].mapping == {'Office & "x"': "OfficeCode"}


@pytest.mark.parametrize("path", sorted((SHARED / "csom-golden-people").glob("*.xml")), ids=lambda path: path.stem)
def test_what_microsofts_client_writes_is_carried_out(tenant, path):
    """Every captured request to PeopleManager is taken; the call of another type is named as not simulated."""
    tenant.sim.apps.client.grant("sharepoint", "TermStore.ReadWrite.All")
    for name in ("BadgeNumber", "Größe & <x>"):
        tenant.sim.profiles.define(name)
    tenant.sim.profiles.define("Badges", multi_value=True)
    for upn in (
        "zoe@contoso.com",
        "o'neil&co@contoso.com",
        "ada@contoso.onmicrosoft.com",
        "bob@contoso.onmicrosoft.com",
    ):
        tenant.sim.directory.add({"userPrincipalName": upn, "displayName": upn})
    error = tenant.csom(path.read_bytes())[0]["ErrorInfo"]

    assert error is None or (path.stem, error["ErrorTypeName"]) == ("w-encodeclaim", "NotSimulated"), error


def test_elements_that_are_not_simulated_are_named(tenant, wrapped):
    """A static property, which PnP begins with, is no schema error: the answer names what is missing."""
    path = '<StaticProperty Id="9" TypeId="{3747adcd-a3c3-41b9-bfab-4a64dd2f1e0a}" Name="Current" />'
    answer = tenant.csom(wrapped('<ObjectPath Id="2" ObjectPathId="9" />', path))

    assert answer[0]["ErrorInfo"]["ErrorTypeName"] == "NotSimulated"
    assert "StaticProperty (Current)" in answer[0]["ErrorInfo"]["ErrorMessage"]


@pytest.mark.parametrize("simple", [True, False])
def test_an_exception_ends_its_scope_alone(tenant, wrapped, simple):
    """What fails in an exception scope is told in the scope's result, and what follows is carried out."""
    bad = '<Method Name="Nonsense" Id="11" ObjectPathId="1" />'
    guid = f'<Parameters><Parameter Type="Guid">{{{JOB}}}</Parameter></Parameters>'
    good = f'<Method Name="DeleteImportProfilePropertiesJob" Id="21" ObjectPathId="1">{guid}</Method>'

    def scope(number: int, inner: str) -> str:
        if simple:
            return f'<ExceptionHandlingScopeSimple Id="{number}">{inner}</ExceptionHandlingScopeSimple>'
        tried = f'<TryScope Id="{number + 1}">{inner}</TryScope><CatchScope Id="{number + 2}" />'
        return f'<ExceptionHandlingScope Id="{number}">{tried}</ExceptionHandlingScope>'

    answer = tenant.csom(wrapped(scope(30, bad) + scope(40, good)))
    results = dict(zip(answer[1::2], answer[2::2], strict=True))

    assert answer[0]["ErrorInfo"] is None
    assert (results[30]["HasException"], results[40]) == (True, {"HasException": False, "ErrorInfo": None})
    assert "Nonsense" in results[30]["ErrorInfo"]["ErrorMessage"]
    assert results[21] is False


def test_ids_are_unique_within_scopes_too(tenant, wrapped):
    """An id that a scope's inside uses again is refused."""
    inner = '<ObjectPath Id="3" ObjectPathId="1" />'
    answer = tenant.csom(wrapped(f'<ExceptionHandlingScopeSimple Id="3">{inner}</ExceptionHandlingScopeSimple>'))

    assert "Duplicate Id" in answer[0]["ErrorInfo"]["ErrorMessage"]


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        ('<Method Id="4" ParentId="4" Name="GetImportProfilePropertyJobs" />', "leads back to itself"),
        ('<Method Id="4" ParentId="5" Name="A" /><Method Id="5" ParentId="4" Name="B" />', "leads back to itself"),
        ('<Method Id="4" ParentId="1" Name="GetExternalUsers" />', "doesn't simulate the method GetExternalUsers"),
        ('<Method Id="4" ParentId="1" Name="Nonsense" />', "'Nonsense' cannot be found"),
    ],
)
def test_an_object_that_cant_be_is_told(tenant, wrapped, paths, said):
    """One that leads back to itself is refused; a method that the service has is named as not simulated."""
    answer = tenant.csom(wrapped('<ObjectPath Id="9" ObjectPathId="4" />', paths))

    assert said in answer[0]["ErrorInfo"]["ErrorMessage"]


def test_a_query_answers_what_it_asks_for(tenant, wrapped):
    """Only the properties that a query names come back, of child items too; an unknown one is no silence."""
    tenant.csom(golden("queue-cloudid.xml"))
    method = '<Method Id="4" ParentId="1" Name="GetImportProfilePropertyJobs" />'
    some = (
        '<ChildItemQuery SelectAllProperties="false"><Properties><Property Name="%s" /></Properties></ChildItemQuery>'
    )
    ask = '<Query Id="9" ObjectPathId="4"><Query SelectAllProperties="true"><Properties /></Query>%s</Query>'

    (job,) = tenant.csom(wrapped(ask % (some % "State"), method))[2]["_Child_Items_"]
    refused = tenant.csom(wrapped(ask % (some % "Nonsense"), method))[0]["ErrorInfo"]["ErrorMessage"]

    assert {name for name in job if name[0] != "_"} == {"State"}
    assert "the property Nonsense" in refused
