"""Graph beside delta: single users, lists, $batch, tokens and roles, throttling, the setup's objects."""

from __future__ import annotations

import pytest

from tenant_sim.people import seeding

EVENTUAL = {"ConsistencyLevel": "eventual"}


def grant(tenant, *roles: str) -> None:
    for role in roles:
        tenant.sim.apps.identity.grant("graph", role)


def test_get_user_by_id_and_principal_name(tenant):
    """One user, with null for what he hasn't got; an apostrophe in the name does no harm."""
    brian = tenant.person("brian.o'brien", department="HR")

    for key in (brian, "brian.o'brien@contoso.com", "BRIAN.O'BRIEN@contoso.com"):
        answer = tenant.graph(f"users/{key}?$select=id,department,city").json()
        assert {k: v for k, v in answer.items() if k[0] != "@"} == {"id": brian, "department": "HR", "city": None}


def test_unknown_user_is_404(tenant):
    """Request_ResourceNotFound, with the request ids in header and body."""
    answer = tenant.graph("users/nobody@contoso.com")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "Request_ResourceNotFound")
    assert answer.json()["error"]["innerError"]["request-id"] == answer.headers["request-id"]


def test_list_is_paged_and_filtered(tenant):
    """GET /users takes $top up to 999, follows nextLinks, and understands simple filters."""
    seeding.seed_generated(tenant.sim, 30)
    first = tenant.graph("users?$top=20&$select=id,department").json()
    second = tenant.graph(first["@odata.nextLink"]).json()
    user = tenant.sim.directory.users()[0]
    found = tenant.graph(
        "users", params={"$filter": f"employeeId eq '{user['employeeId']}' and accountEnabled eq true"}
    )

    assert (len(first["value"]), len(second["value"]), "@odata.nextLink" in second) == (20, 10, False)
    assert [one["id"] for one in found.json()["value"]] == [user["id"]]
    assert tenant.graph("users?$top=1000").status_code == 400
    assert tenant.graph("users", params={"$filter": "department gt 'a'"}).status_code == 400


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("startswith(displayName,'an')", ["ann"]),
        ("displayName in ('ann','eve')", ["ann", "eve"]),
        ("not (displayName eq 'ann') and accountEnabled eq true", ["zoe"]),
        ("displayName eq 'o''hara' or displayName eq 'eve'", ["eve", "o'hara"]),
        ("employeeOrgData/costCenter eq 'CC1'", ["eve"]),
    ],
)
def test_filters(tenant, text, names):
    """The filter forms that are understood give the right people."""
    tenant.person("ann", accountEnabled=True)
    tenant.person("zoe", accountEnabled=True)
    tenant.person("eve", employeeOrgData={"costCenter": "CC1"})
    tenant.person("o'hara", accountEnabled=False)

    found = tenant.graph("users", params={"$filter": text, "$count": "true"}, headers=EVENTUAL).json()

    assert sorted(one["displayName"] for one in found["value"]) == names
    assert found["@odata.count"] == len(names)


def test_batch_answers_each_request_by_itself(tenant):
    """Each part has its status; a failed dependency is 424; the whole is 200."""
    zoe = tenant.person()
    parts = [
        {"id": "1", "method": "GET", "url": f"/users/{zoe}?$select=displayName"},
        {"id": "2", "method": "GET", "url": "/users/nobody"},
        {"id": "3", "method": "GET", "url": f"/users/{zoe}", "dependsOn": ["2"]},
    ]
    answer = tenant.graph("$batch", "POST", json={"requests": parts})
    by_id = {one["id"]: one for one in answer.json()["responses"]}

    assert answer.status_code == 200
    assert {key: one["status"] for key, one in by_id.items()} == {"1": 200, "2": 404, "3": 424}
    assert by_id["1"]["body"]["displayName"] == "zoe"
    assert tenant.sim.calls.counts()["graph users.get"] == 2


def test_batch_hides_inner_throttling(tenant):
    """The outer answer is 200 even when a part is throttled; the part has its own Retry-After."""
    zoe = tenant.person()
    tenant.sim.faults.add(operation="users.get", status=429, headers={"Retry-After": "7"})
    answer = tenant.graph("$batch", "POST", json={"requests": [{"id": "a", "method": "GET", "url": f"/users/{zoe}"}]})

    part = answer.json()["responses"][0]
    assert (answer.status_code, part["status"], part["headers"]["Retry-After"]) == (200, 429, "7")


@pytest.mark.parametrize(
    "requests",
    [
        [{"id": str(n), "method": "GET", "url": "/users"} for n in range(21)],
        [{"id": "1", "method": "GET", "url": "/users"}] * 2,
        [{"id": "1", "method": "GET", "url": "/users", "dependsOn": ["9"]}],
        "no list",
    ],
)
def test_bad_batches(tenant, requests):
    """Over 20 parts, ids twice, an unknown dependency, no list: 400."""
    assert tenant.graph("$batch", "POST", json={"requests": requests}).status_code == 400


def test_token_for_another_host_is_refused(tenant):
    """The audience has to be Graph."""
    url = f"{tenant.sim.urls.graph}/v1.0/users"
    answer = tenant.session.get(url, headers=tenant.bearer("sharepoint"))

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")


@pytest.mark.parametrize("header", [None, "Basic x", "Bearer a.b.c", "Bearer "])
def test_no_or_broken_token(tenant, header):
    """Without a readable token: 401."""
    headers = {"Authorization": header} if header else {}

    assert tenant.session.get(f"{tenant.sim.urls.graph}/v1.0/users", headers=headers).status_code == 401


def test_expired_token(tenant):
    """Token age is wall time; an expired one is 401."""
    token = tenant.sim.token("upa-sync-identity", "graph", lifetime=-1)
    answer = tenant.session.get(f"{tenant.sim.urls.graph}/v1.0/users", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 401
    assert "expired" in answer.json()["error"]["message"]


def test_missing_role_is_403(tenant):
    """Without User.Read.All: Authorization_RequestDenied; roles sit in the token."""
    old = tenant.bearer("graph", "upa-sync-identity")
    tenant.sim.apps.identity.revoke("graph", "User.Read.All")
    answer = tenant.graph("users/delta")

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Authorization_RequestDenied")
    assert tenant.session.get(f"{tenant.sim.urls.graph}/v1.0/users", headers=old).status_code == 200


def test_resource_units(tenant):
    """Answers say what they cost: GET users 2, with $select or a $top under 20 one less, a delta page 1."""
    paths = ("users", "users?$select=id", "users?$top=20", "users?$top=19", "users?$select=id&$top=5", "users/delta")

    assert [tenant.graph(path).headers["x-ms-resource-unit"] for path in paths] == ["2", "1", "2", "1", "1", "1"]


def test_throttling_by_resource_units(tenant):
    """Over the limit: 429 with Retry-After and scope; from 80 % on the percentage is told; time heals."""
    tenant.sim.graph_throttle.enabled, tenant.sim.graph_throttle.limit = True, 5
    answers = [tenant.graph("users/delta") for _ in range(6)]
    tenant.sim.advance(10)

    assert [a.status_code for a in answers] == [200] * 5 + [429]
    assert ["x-ms-throttle-limit-percentage" in a.headers for a in answers] == [False] * 3 + [True] * 3
    assert int(answers[-1].headers["Retry-After"]) <= 10
    assert answers[-1].headers["x-ms-throttle-information"] == "ResourceUnitLimitExceeded"
    assert tenant.graph("users/delta").status_code == 200


def test_patch_needs_the_write_role(tenant):
    """PATCH /users/{id} changes the user, for those who may."""
    zoe = tenant.person()
    denied = tenant.graph(f"users/{zoe}", "PATCH", json={"city": "Bern"}).status_code
    grant(tenant, "User.ReadWrite.All")

    assert denied == 403
    assert tenant.graph(f"users/{zoe}", "PATCH", json={"city": "Bern"}).status_code == 204
    assert tenant.graph(f"users/{zoe}", "PATCH", json={"nonsense": 1}).status_code == 400
    assert tenant.sim.directory.get(zoe)["city"] == "Bern"


def test_app_roles_are_read_granted_and_taken_away(tenant):
    """appRoleAssignments on a service principal: what `upa grant` needs."""
    grant(tenant, "Application.Read.All", "AppRoleAssignment.ReadWrite.All")
    identity, graph_id = tenant.sim.apps.identity, tenant.sim.apps.service_principals["graph"]
    principal = tenant.graph("servicePrincipals", params={"$filter": f"appId eq '{identity.app_id}'"}).json()["value"][
        0
    ]
    graph_sp = tenant.graph("servicePrincipals(appId='00000003-0000-0000-c000-000000000000')").json()
    role = next(r["id"] for r in graph_sp["appRoles"] if r["value"] == "Directory.Read.All")
    body = {"principalId": principal["id"], "resourceId": graph_id, "appRoleId": role}
    path = f"servicePrincipals/{principal['id']}/appRoleAssignments"
    made = tenant.graph(path, "POST", json=body)
    again = tenant.graph(path, "POST", json=body)
    listed = tenant.graph(path).json()["value"]
    to_graph = tenant.graph(f"servicePrincipals/{graph_id}/appRoleAssignedTo").json()["value"]
    gone = tenant.graph(f"{path}/{made.json()['id']}", "DELETE")

    assert (principal["servicePrincipalType"], made.status_code, again.status_code) == ("ManagedIdentity", 201, 400)
    assert made.json() in listed
    assert made.json() in to_graph
    assert gone.status_code == 204
    assert "Directory.Read.All" not in identity.roles["graph"]


def test_setup_objects_need_their_roles(tenant):
    """Without Application.Read.All the objects aren't shown."""
    for path in ("applications", "servicePrincipals"):
        assert tenant.graph(path).status_code == 403


def test_extension_properties_are_defined_and_listed(tenant):
    """POST and GET extensionProperties; the full name holds the app id without hyphens."""
    grant(tenant, "Application.ReadWrite.All")
    app = tenant.sim.apps.client
    path = f"applications(appId='{app.app_id}')/extensionProperties"
    made = tenant.graph(path, "POST", json={"name": "badge", "dataType": "String", "targetObjects": ["User"]})
    bad = tenant.graph(path, "POST", json={"name": "x", "dataType": "Complex"})
    full = f"extension_{app.app_id.replace('-', '')}_badge"
    zoe = tenant.person(**{full: "B1"})

    assert (made.status_code, made.json()["name"], bad.status_code) == (201, full, 400)
    assert [one["name"] for one in tenant.graph(path).json()["value"]] == [full]
    available = tenant.graph("directoryObjects/getAvailableExtensionProperties", "POST", json={}).json()["value"]
    assert [one["name"] for one in available] == [full]
    assert tenant.graph(f"users/{zoe}?$select={full}").json()[full] == "B1"


def test_available_extensions_are_empty_in_a_crowded_tenant(tenant):
    """With over 1,000 service principals getAvailableExtensionProperties finds nothing: a known issue."""
    grant(tenant, "Application.Read.All")
    tenant.sim.define_extension(tenant.sim.apps.client, "badge")
    for n in range(1000):
        tenant.sim.apps.add(f"app {n}")

    assert tenant.graph("directoryObjects/getAvailableExtensionProperties", "POST", json={}).json()["value"] == []


def test_organization_tells_the_tenant(tenant):
    """GET /organization names tenant id and initial domain."""
    one = tenant.graph("organization").json()["value"][0]

    assert (one["id"], one["verifiedDomains"][0]["name"]) == (tenant.sim.tenant_id, "contoso.onmicrosoft.com")


def test_directory_refuses_what_entra_could_not_hold(tenant):
    """Unknown properties, wrong types and over-long values are programming errors of a test."""
    for bad in (
        {"nonsense": 1},
        {"displayName": 7},
        {"employeeId": "x" * 17},
        {"employeeOrgData": {"x": "y"}},
        {"onPremisesExtensionAttributes": {"extensionAttribute1": "x" * 1025}},
    ):
        with pytest.raises(ValueError, match=r"."):
            tenant.sim.directory.add({"userPrincipalName": "a@b.c", **bad})


def test_versions_tell_the_whole_history(tenant):
    """versions() lists every state of every user in order, None for deleted."""
    zoe = tenant.person(city="Bern")
    tenant.sim.directory.edit(zoe, city=None)
    tenant.sim.directory.edit(zoe, city=None)
    tenant.sim.directory.remove(zoe)

    history = tenant.sim.directory.versions()
    assert [(user, record and record.get("city")) for _, user, record in history] == [
        (zoe, "Bern"),
        (zoe, None),
        (zoe, None),
    ]
    assert history[-1][2] is None


def test_complex_attributes_are_changed_by_parts(tenant):
    """Editing a part of employeeOrgData keeps the other; clearing the last part clears the whole."""
    zoe = tenant.person(employeeOrgData={"division": "Food", "costCenter": "CC1"})
    tenant.sim.directory.edit(zoe, employeeOrgData={"costCenter": None})
    half = tenant.sim.directory.get(zoe)["employeeOrgData"]
    tenant.sim.directory.edit(zoe, employeeOrgData={"division": None})

    assert half == {"division": "Food", "costCenter": None}
    assert "employeeOrgData" not in tenant.sim.directory.get(zoe)


def test_principal_names_are_unique_and_followed(tenant):
    """Nobody gets a userPrincipalName that another live user has; a renamed user is found by the new name only."""
    zoe = tenant.person("zoe")
    with pytest.raises(ValueError, match="another user"):
        tenant.person("ZOE")
    tenant.sim.directory.edit(zoe, userPrincipalName="zoe.new@contoso.com")
    found = [tenant.graph(f"users/{name}@contoso.com").status_code for name in ("zoe", "zoe.new")]
    tenant.sim.directory.remove(zoe)

    assert found == [404, 200]
    assert tenant.graph("users/zoe.new@contoso.com").status_code == 404
    tenant.sim.directory.restore(zoe)
    assert tenant.graph("users/zoe.new@contoso.com").status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("users?$filter=displayName ne 'x'", 400, "filter clause specified for property 'displayName'"),
        ("users?$filter=not(displayName eq 'x')", 400, "filter clause specified for property 'displayName'"),
        ("users?$count=true", 400, "$count is not currently supported."),
        ("users/$count", 400, "$count is not currently supported."),
        ('users?$search="displayName:x"', 400, "ConsistencyLevel: eventual"),
        ("users?$skip=5", 400, "'$skip' is not supported by the service."),
        ("users?$top=0", 400, "Must be between 1 and 999 inclusive"),
        ("users?$orderby=department", 400, "Sorting not supported for current query."),
        ("users?$orderby=nonsense", 400, "nonsense"),
        ("users?$apply=x", 400, "'$apply' is not supported"),
        ("users?$expand=manager", 501, "$expand"),
        ("users/zoe@contoso.com?$expand=manager", 501, "$expand"),
        ("users/zoe@contoso.com/directReports", 501, "GET /users/{id}/directReports"),
        ("users/zoe@contoso.com/nonsense", 400, "Resource not found for the segment 'nonsense'."),
        ("nonsense/1", 400, "Resource not found for the segment 'nonsense'."),
        ("groups", 501, "GET /groups"),
        ("users?$skiptoken=abc", 400, "Badly formed token."),
        ("users?$skiptoken=-5", 400, "Badly formed token."),
        ("users?$top=1&$top=2", 400, "'$top' was specified more than once"),
        ("users?top=1", 501, "query options without $ (top)"),
        ("users/delta?select=id", 501, "query options without $ (select)"),
        ("users/delta?$count=true", 400, "$count is not supported."),
        ("users?$filter=nonsense eq 'x'", 400, "filter clause specified for property 'nonsense'"),
        ("users?$filter=startswith(nonsense,'x')", 400, "filter clause specified for property 'nonsense'"),
        ("users?$select=department/x", 400, "a path is not supported in $select"),
        ("users?$count=maybe", 400, "Invalid value 'maybe' for $count"),
        ("users?$format=xml", 501, "$format=xml"),
        ("users/zoe@contoso.com/department", 501, "GET /users/{id}/department"),
        ("users/zoe@contoso.com/$ref", 501, "GET /users/{id}/$ref"),
        ("organization?$select=nonsense", 400, "nonsense"),
        ("organization?$expand=x", 501, "$expand on organization"),
        ("directory/deletedItems/microsoft.graph.user?$filter=x", 501, "$filter on deleted users"),
    ],
)
def test_nothing_is_ignored_in_silence(tenant, path, status, said):
    """What Graph refuses is refused in its words; what only the simulator lacks is 501 and named."""
    tenant.person()

    answer = tenant.graph(path)

    assert (answer.status_code, said in answer.json()["error"]["message"]) == (status, True), answer.text
    assert (answer.json()["error"]["code"] == "NotSimulated") == (status == 501)


def test_users_may_be_written_in_any_letter_case(tenant):
    """Graph doesn't mind how the first segment is written; `$select` is heeded by other objects too."""
    zoe = tenant.person()

    assert [one["id"] for one in tenant.graph("Users").json()["value"]] == [zoe]
    assert tenant.graph("organization?$select=id").json()["value"] == [{"id": tenant.sim.tenant_id}]


def test_unknown_paths_need_a_token_too(tenant):
    """Without a token an unknown path is 401, as every other."""
    assert tenant.session.get(f"{tenant.sim.urls.graph}/v1.0/nonsense").status_code == 401


def test_users_are_counted(tenant):
    """/users/$count is a number as text, of those whom a filter leaves; in advanced queries only."""
    for name in ("ann", "bob", "eve"):
        tenant.person(name)

    whole = tenant.graph("users/$count", headers=EVENTUAL)
    part = tenant.graph("users/$count?$filter=displayName ne 'bob'", headers=EVENTUAL)

    assert (whole.text, part.text, whole.headers["Content-Type"]) == ("3", "2", "text/plain")


def test_users_are_sorted_across_pages(tenant):
    """$orderby sorts the whole list before it is cut into pages."""
    for name in ("bob", "Eve", "ann"):
        tenant.person(name)
    first = tenant.graph("users?$orderby=displayName desc&$top=2&$select=displayName").json()
    second = tenant.graph(first["@odata.nextLink"]).json()

    names = [one["displayName"] for page in (first, second) for one in page["value"]]
    assert names == ["Eve", "bob", "ann"]


def test_select_is_matched_without_regard_to_case(tenant):
    """A name in another case finds its attribute and is answered as registered, in lists, single reads and delta."""
    name = tenant.sim.define_extension(tenant.sim.apps.client, "CostCenter")["name"]
    zoe = tenant.person(department="HR", **{name: "4711"})

    for path in (f"users/{zoe}", "users", "users/delta"):
        answer = tenant.graph(f"{path}?$select={name.upper()},DEPARTMENT").json()
        one = answer["value"][0] if "value" in answer else answer
        assert (one.get(name), one.get("department")) == ("4711", "HR"), path
        assert name.upper() not in one


def test_an_address_may_be_too_long(tenant):
    """Over the limit the answer is a bare 400, also inside a $batch; links of the service's own are taken."""
    zoe = tenant.person()
    tenant.sim.max_address = 300
    select = ",".join(f"extension_{n:032x}_attribute" for n in range(12))
    answer = tenant.graph(f"users/delta?$select={select}")
    part = {"id": "1", "method": "GET", "url": f"/users/{zoe}?$select={select}"}
    inner = tenant.graph("$batch", "POST", json={"requests": [part]}).json()["responses"][0]

    assert (answer.status_code, answer.headers["Content-Type"], inner["status"]) == (400, "text/html", 400)
    link = tenant.graph("users/delta?$select=department").json()["@odata.deltaLink"]
    assert len(link) > 120
    assert tenant.graph(link + "&x=" + "y" * 300).status_code == 200


def test_root_site_tells_where_sharepoint_is(tenant):
    """sites/root has the address of the tenant's SharePoint, for whoever may read sites."""
    refused = tenant.graph("sites/root")
    grant(tenant, "Sites.Read.All")

    assert refused.status_code == 403
    assert tenant.graph("sites/root").json()["webUrl"] == tenant.sim.urls.sharepoint
