"""PeopleManager's sets and reads: rights, types, lengths, terms, privacy, names, geos, limits; on both wires alike."""

from __future__ import annotations

import pytest

from upa_core.adapters.sharepoint import csom
from upa_core.adapters.sharepoint.people_wire import PeopleRequest, person_of, scope_of, texts_of

MANAGER = "SP.UserProfiles.PeopleManager"
TYPES = "Microsoft.Office.Server.UserProfiles."


def claim(name: str = "zoe") -> str:
    return f"i:0#.f|membership|{name}@contoso.com"


def by_rest(tenant, name: str, value: object, account: str = "") -> str:
    """Set a property by REST; return the refusal's type, "" for none."""
    many = isinstance(value, list)
    body = {
        "accountName": account or claim(),
        "propertyName": name,
        "propertyValues" if many else "propertyValue": value,
    }
    call = "SetMultiValuedProfileProperty" if many else "SetSingleValueProfileProperty"
    answer = tenant.site(f"{MANAGER}/{call}", "POST", json=body)
    return "" if answer.ok else answer.json()["odata.error"]["code"].partition(", ")[2]


def by_csom(tenant, name: str, value: object, account: str = "") -> str:
    """Set a property by ProcessQuery in a scope; return the refusal's type, "" for none."""
    request = PeopleRequest()
    with request.scope() as scope:
        act = request.set_multi if isinstance(value, list) else request.set_single
        act(account or claim(), name, value)
    fault = scope_of(ask(tenant, request), scope).fault
    return fault.type_name if fault else ""


def ask(tenant, request: PeopleRequest, host: str = "admin") -> dict:
    answer = tenant.csom(request.encode(), host=host)
    assert answer[0]["ErrorInfo"] is None, answer
    return dict(zip(answer[1::2], answer[2::2], strict=True))


def read(tenant, *names: str, account: str = "") -> list[str | None]:
    request = PeopleRequest()
    action = request.get_some(request.properties_for(account or claim(), names))
    return texts_of(ask(tenant, request), action)


BOTH = pytest.mark.parametrize("put", [by_rest, by_csom])


@pytest.fixture
def zoe(tenant) -> str:
    profiles = tenant.sim.profiles
    for name, kind in (("Level", "integer"), ("Remote", "boolean"), ("Boss", "person"), ("Home", "url")):
        profiles.define(name, kind)
    profiles.define("Teams", multi_value=True)
    return tenant.person(department="HR")


@BOTH
def test_values_by_type(tenant, zoe, put):
    """A text, date, integer, boolean, list, address and person are taken and read back in SharePoint's form."""
    tenant.person("yan")
    sets = {
        "CostCenter": "4711",
        "HireDate": "2026-11-27",
        "Level": "007",
        "Remote": "true",
        "Teams": ["a", "b, c"],
        "Home": "https://contoso.com",
        "Boss": claim("yan"),
    }
    assert [put(tenant, name, value) for name, value in sets.items()] == [""] * 7
    assert read(tenant, *sets) == [
        "4711",
        "11/27/2026 12:00:00 AM",
        "7",
        "True",
        "a|b, c",
        "https://contoso.com",
        claim("yan"),
    ]


@BOTH
@pytest.mark.parametrize(
    ("name", "value"),
    [("HireDate", "soon"), ("Level", "x"), ("Remote", "ja"), ("Home", "home"), ("Badge", "x" * 300), ("Badge", ["a"])],
)
def test_what_does_not_fit_is_refused(tenant, zoe, put, name, value):
    """A value of another kind, one too long, and a list for a single value are format errors; nothing changes."""
    assert put(tenant, name, value) == f"{TYPES}PropertyInvalidFormatException"
    assert read(tenant, name) == [""]


@BOTH
@pytest.mark.parametrize(
    ("rights", "editable", "admins"),
    [
        ("all", "", ""),
        ("editable_only", "", "PropertyNotEditableException"),
        ("none", "UserProfileException", "UserProfileException"),
    ],
)
def test_rights_of_an_app(tenant, zoe, put, rights, editable, admins):
    """An app may write everything, what users may edit, or nothing."""
    tenant.sim.single_writes.rules.app_writes = rights
    told = put(tenant, "AboutMe", "hello"), put(tenant, "CostCenter", "1")

    assert tuple(one.removeprefix(TYPES) for one in told) == (editable, admins)


@BOTH
def test_nobody_and_nothing(tenant, zoe, put):
    """An account without a profile and a property that doesn't exist are refused by name."""
    assert put(tenant, "CostCenter", "1", claim("nobody")) == f"{TYPES}UserNotFoundException"
    assert put(tenant, "Nonsense", "1") == f"{TYPES}PropertyNotFoundException"
    assert read(tenant, "CostCenter", account=claim("nobody")) == []
    assert read(tenant, "Nonsense") == [""]


@pytest.mark.parametrize(
    ("clears", "empty", "null"),
    [
        ("empty", "", "1/1/2000 12:00:00 AM"),
        ("null", "1/1/2000 12:00:00 AM", ""),
        ("neither", *["1/1/2000 12:00:00 AM"] * 2),
    ],
)
def test_what_clears_a_date_is_a_switch(tenant, zoe, clears, empty, null):
    """An empty text, null, or neither clears a date; what doesn't leaves January 1."""
    tenant.sim.single_writes.rules.clears = clears
    found = []
    for value in ("", None):
        by_csom(tenant, "HireDate", "2026-11-27")
        by_csom(tenant, "HireDate", value)
        found += read(tenant, "HireDate")

    assert found == [empty, null]


def test_a_person_is_cleared_by_null(tenant, zoe):
    """An empty text is refused for a person property, null clears it."""
    by_csom(tenant, "Boss", claim())

    assert (by_csom(tenant, "Boss", ""), by_csom(tenant, "Boss", None)) == (
        f"{TYPES}PropertyInvalidFormatException",
        "",
    )
    assert read(tenant, "Boss") == [""]


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        ("en-GB", "05/11/2026 00:00:00"),
        ("de-DE", "05.11.2026 00:00:00"),
        ("sv-SE", "2026-11-05 00:00:00"),
        ("ja-JP", "2026/11/05 0:00:00"),
    ],
)
def test_dates_in_the_callers_language(tenant, zoe, locale, shown):
    """A date is shown as the caller's regional settings have it."""
    tenant.sim.single_writes.rules.date_locale = locale
    by_csom(tenant, "HireDate", "2026-11-05")

    assert read(tenant, "HireDate") == [shown]


@BOTH
@pytest.mark.parametrize(
    ("rights", "old", "new"),
    [("all", True, True), ("existing", True, False), ("none", False, False), ("by_role", False, False)],
)
def test_rights_for_terms(tenant, zoe, put, rights, old, new):
    """An app may use every term, the existing ones, or none; a term keeps the spelling of its set."""
    tenant.sim.single_writes.add_terms("SPS-Skills", "Python")
    tenant.sim.single_writes.rules.term_rights = rights

    assert (put(tenant, "SPS-Skills", ["PYTHON"]) == "", put(tenant, "SPS-Skills", ["Rust"]) == "") == (old, new)
    assert read(tenant, "SPS-Skills") == ["Rust" if new else "Python" if old else ""]


def test_labels_are_normalised(tenant, zoe):
    """A label keeps one blank of several, and a wide ampersand: the same term in both spellings."""
    tenant.sim.single_writes.rules.term_rights = "all"

    assert (by_csom(tenant, "SPS-Skills", ["R&D  Lab"]), by_csom(tenant, "SPS-Skills", ["r\uff06d lab"])) == ("", "")
    assert read(tenant, "SPS-Skills") == ["R\uff06D Lab"]


def test_a_closed_set_takes_no_new_terms(tenant, zoe):
    """A label that a closed set doesn't have is refused whatever the rights."""
    tenant.sim.single_writes.rules.term_rights = "all"
    tenant.sim.single_writes.closed.add("SPS-Skills")

    assert "TermStoreOperation" in by_csom(tenant, "SPS-Skills", ["Rust"])


def test_what_only_its_owner_sees_reads_empty(tenant, zoe):
    """A private value is kept and not shown to an app, unless the switch says so."""
    slot = tenant.sim.directory.slot_of(zoe)
    by_csom(tenant, "HomePhone", "1")
    tenant.sim.single_writes.private.add((slot, "HomePhone"))
    hidden = read(tenant, "HomePhone")
    tenant.sim.single_writes.rules.shows_private = True

    assert (hidden, read(tenant, "HomePhone")) == ([""], ["1"])


def test_a_name_given_to_somebody_else(tenant, zoe):
    """The name that Zoe had leads to Yan once he has it: sets reach him, and the object id tells."""
    yan = tenant.person("yan")
    tenant.sim.directory.edit(zoe, userPrincipalName="zoe2@contoso.com")
    tenant.sim.directory.edit(yan, userPrincipalName="zoe@contoso.com")
    by_csom(tenant, "CostCenter", "1")

    assert read(tenant, "msOnline-ObjectId", "CostCenter") == [yan, "1"]


def test_names_change_with_the_sync(tenant, zoe):
    """Until SharePoint's sync has run, the old name leads to the person and the new one to nobody."""
    tenant.sim.accounts.lag_s = 86_400
    tenant.sim.directory.edit(zoe, userPrincipalName="zoe2@contoso.com")
    before = read(tenant, "msOnline-ObjectId"), read(tenant, "msOnline-ObjectId", account=claim("zoe2"))
    tenant.sim.advance(86_400)

    assert before == ([zoe], [])
    assert (read(tenant, "AccountName"), read(tenant, "AccountName", account=claim("zoe2"))) == ([], [claim("zoe2")])


def test_something_happens_between_read_and_set(tenant, zoe):
    """A test can let a name go to somebody else between a read and the set that follows."""
    yan = tenant.person("yan")

    def swap(account: str) -> None:
        tenant.sim.single_writes.on_read = lambda _account: None
        tenant.sim.directory.edit(zoe, userPrincipalName="zoe2@contoso.com")
        tenant.sim.directory.edit(yan, userPrincipalName="zoe@contoso.com")

    tenant.sim.single_writes.on_read = swap
    first = read(tenant, "msOnline-ObjectId")
    by_csom(tenant, "CostCenter", "1")

    assert (first, tenant.sim.profiles.get(yan)["CostCenter"]) == ([zoe], "1")


def test_the_sync_takes_its_properties_back(tenant, zoe):
    """A value set over a synced one holds until the person changes in the directory."""
    tenant.sim.directory.edit(zoe, mobilePhone="1")
    by_csom(tenant, "CellPhone", "2")
    held = read(tenant, "CellPhone")
    tenant.sim.directory.edit(zoe, department="IT")

    assert (held, read(tenant, "CellPhone")) == (["2"], ["1"])


def test_two_geos(tenant, zoe):
    """In a geo that isn't the person's a set seems to work, and the person's own profile doesn't have it."""
    tenant.sim.geos.append("EUR")
    tenant.sim.profiles.geos[tenant.sim.directory.slot_of(zoe)] = "EUR"
    by_csom(tenant, "CostCenter", "1")
    request = PeopleRequest()
    person = request.person(claim())
    query = request.load(person)
    found = person_of(ask(tenant, request), person, query)
    url = "https://contosoeur-admin.sharepoint.com"
    headers = {"Authorization": f"Bearer {tenant.sim.token('upa-sync', url)}", "Content-Type": "text/xml"}
    there = csom.decode(
        tenant.session.post(f"{url}/_vti_bin/client.svc/ProcessQuery", data=request.encode(), headers=headers).content
    )

    assert (read(tenant, "CostCenter"), "CostCenter" in tenant.sim.profiles.get(zoe)) == (["1"], False)
    assert (found.site_host, person_of(there.results, person, query).properties["CostCenter"]) == (
        "https://contosoeur-my.sharepoint.com:443/",
        "",
    )


def test_one_bucket_for_the_whole_tenant(tenant, zoe):
    """Methods count, also those of another app; a full bucket is 429 with the seconds that are left of 5 minutes."""
    throttle = tenant.sim.people_throttle
    throttle.enabled, throttle.limit = True, 100
    throttle.others_per_minute = 40
    tenant.sim.advance(300 - tenant.sim.time() % 300)
    request = PeopleRequest()
    for _ in range(10):
        request.set_single(claim(), "CostCenter", "1")
    headers = {**tenant.bearer("admin"), "Content-Type": "text/xml"}
    url = f"{tenant.sim.urls.admin}/_vti_bin/client.svc/ProcessQuery"
    first = [tenant.session.post(url, data=request.encode(), headers=headers).status_code for _ in range(5)]
    tenant.sim.advance(120)
    full = tenant.session.post(url, data=request.encode(), headers=headers)
    rest = tenant.site(f"{MANAGER}/GetPropertiesFor(accountName=@v)", params={"@v": f"'{claim()}'"})
    tenant.sim.advance(180)

    assert (first, full.status_code, full.headers["Retry-After"], rest.status_code) == ([200] * 5, 429, "180", 429)
    assert tenant.session.post(url, data=request.encode(), headers=headers).status_code == 200


def test_an_error_without_a_scope_ends_the_request(tenant, zoe):
    """Sets before the error stand, those behind it aren't carried out, and the header alone tells."""
    request = PeopleRequest()
    for name in ("CostCenter", "Nonsense", "Badge"):
        request.set_single(claim(), name, "1")
    answer = tenant.csom(request.encode())

    assert (len(answer), answer[0]["ErrorInfo"]["ErrorTypeName"]) == (1, f"{TYPES}PropertyNotFoundException")
    assert read(tenant, "CostCenter", "Badge") == ["1", ""]


def test_the_switches_stand_on_the_control_surface(tenant):
    """Rights, language and limits are options of the tenant; a word that isn't one is refused."""
    from tenant_sim.control import options

    options.change(tenant.sim, "people", {"app_writes": "none", "date_locale": "de-DE"})
    options.change(tenant.sim, "people_throttle", {"others_per_minute": 5.0, "limit": None})
    options.change(tenant.sim, "accounts", {"lag_s": 60.0})

    assert (tenant.sim.single_writes.rules.app_writes, tenant.sim.accounts.lag_s) == ("none", 60.0)
    with pytest.raises(ValueError, match="app_writes is one of"):
        options.change(tenant.sim, "people", {"app_writes": "some"})
