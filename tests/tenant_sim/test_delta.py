"""users/delta: rounds, links, tombstones, null and absent, tokens."""

from __future__ import annotations

import pytest

from tenant_sim.people import seeding

SELECT = "users/delta?$select=id,displayName,department"


def follow(tenant, link: str, **options) -> tuple[list[dict], str, list[int]]:
    """Walk a round to its deltaLink; return records, the link and the page sizes."""
    records, sizes = [], []
    for _ in range(1000):
        answer = tenant.graph(link, **options)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert ("@odata.nextLink" in page) != ("@odata.deltaLink" in page)
        records += page["value"]
        sizes.append(len(page["value"]))
        if "@odata.deltaLink" in page:
            return records, page["@odata.deltaLink"], sizes
        link = page["@odata.nextLink"]
    raise AssertionError("the round doesn't end")


def test_round_is_paged_at_200_whatever_is_asked(tenant):
    """450 users come as 200, 200 and 50; $top and a greater maxpagesize change nothing."""
    seeding.seed_generated(tenant.sim, 450)

    for path, headers in ((SELECT, {}), (SELECT + "&$top=999", {"Prefer": "odata.maxpagesize=999"})):
        records, _, sizes = follow(tenant, path, headers=headers)
        assert sizes == [200, 200, 50]
        assert len({record["id"] for record in records}) == 450


def test_maxpagesize_may_lower_the_page(tenant):
    """Prefer: odata.maxpagesize below 200 is honoured."""
    seeding.seed_generated(tenant.sim, 10)

    assert follow(tenant, SELECT, headers={"Prefer": "odata.maxpagesize=4"})[2] == [4, 4, 2]


def test_only_changes_come_in_the_next_round(tenant):
    """After a deltaLink only users with a tracked change appear; the round without changes is empty."""
    zoe, ann = tenant.person("zoe", department="HR"), tenant.person("ann", department="IT")
    _, link, _ = follow(tenant, SELECT)
    tenant.sim.directory.edit(zoe, department="Legal")
    changed, second, _ = follow(tenant, link)
    nothing, third, _ = follow(tenant, second)

    assert changed == [{"id": zoe, "displayName": "zoe", "department": "Legal"}]
    assert nothing == []
    assert len({link, second, third}) == 3
    assert ann


def test_unselected_change_is_not_tracked(tenant):
    """$select decides what is tracked."""
    zoe = tenant.person()
    _, link, _ = follow(tenant, SELECT)
    tenant.sim.directory.edit(zoe, city="Bern")

    assert follow(tenant, link)[0] == []


def test_cleared_is_null_once_and_absent_afterwards(tenant):
    """Changed to nothing: explicit null; never set, or cleared long ago: absent."""
    zoe = tenant.person(department="HR")
    _, link, _ = follow(tenant, SELECT)
    tenant.sim.directory.edit(zoe, department=None)
    cleared, link, _ = follow(tenant, link)
    tenant.sim.directory.edit(zoe, displayName="Zoë")
    later, _, _ = follow(tenant, link)
    full, _, _ = follow(tenant, SELECT)

    assert cleared == [{"id": zoe, "displayName": "zoe", "department": None}]
    assert later == full == [{"id": zoe, "displayName": "Zoë"}]


def test_minimal_returns_only_what_changed(tenant):
    """Prefer: return=minimal leaves unchanged values out."""
    zoe = tenant.person(department="HR")
    _, link, _ = follow(tenant, SELECT)
    tenant.sim.directory.edit(zoe, department=None)
    answer = tenant.graph(link, headers={"Prefer": "return=minimal"})

    assert answer.json()["value"] == [{"department": None, "id": zoe}]
    assert answer.headers["Preference-Applied"] == "return=minimal"


@pytest.mark.parametrize(("hard", "reason"), [(False, "changed"), (True, "deleted")])
def test_tombstones(tenant, hard, reason):
    """A soft-deleted user is @removed with reason changed, a purged one with deleted; in the first round too."""
    zoe = tenant.person()
    _, link, _ = follow(tenant, SELECT)
    tenant.sim.directory.remove(zoe, hard=hard)
    expected = [{"id": zoe, "@removed": {"reason": reason}}]

    assert follow(tenant, link)[0] == expected
    assert follow(tenant, SELECT)[0] == expected


def test_restored_user_comes_as_new(tenant):
    """A restored user comes with all his values; 30 days after the deletion he would be purged."""
    zoe, ann = tenant.person(department="HR"), tenant.person("ann")
    tenant.sim.directory.remove(zoe)
    tenant.sim.directory.remove(ann)
    _, link, _ = follow(tenant, SELECT)
    tenant.sim.directory.restore(zoe)
    tenant.sim.delta.options.token_lifetime_s = 90 * 86_400
    restored, link, _ = follow(tenant, link)
    tenant.sim.advance(31 * 86_400)
    purged, _, _ = follow(tenant, link)

    assert restored == [{"id": zoe, "displayName": "zoe", "department": "HR"}]
    assert purged == [{"id": ann, "@removed": {"reason": "deleted"}}]


def test_latest_gives_a_token_and_no_data(tenant):
    """$deltatoken=latest, in any case of its letters: an empty page with a deltaLink that tracks from now on."""
    zoe = tenant.person()
    for name in ("$deltatoken", "$deltaToken"):
        records, link, _ = follow(tenant, f"{SELECT}&{name}=latest")
        assert records == []
    tenant.sim.directory.edit(zoe, displayName="Zoë")

    assert [record["displayName"] for record in follow(tenant, link)[0]] == ["Zoë"]


def test_changes_during_a_round_come_with_the_next(tenant):
    """What happens while a round is read isn't lost: the next round has it."""
    seeding.seed_generated(tenant.sim, 300)
    first = tenant.graph(SELECT).json()
    seen = first["value"][0]["id"]
    tenant.sim.directory.edit(seen, department="moved")
    joined = tenant.person("late")
    rest, link, _ = follow(tenant, first["@odata.nextLink"])
    changes, _, _ = follow(tenant, link)

    assert len(rest) == 100
    assert {record["id"] for record in changes} == {seen, joined}


def test_changed_page_is_not_served_from_the_cache(tenant):
    """A full round after an edit shows the edit."""
    zoe = tenant.person(department="HR")
    follow(tenant, SELECT)
    tenant.sim.directory.edit(zoe, department="IT")

    assert follow(tenant, SELECT)[0][0]["department"] == "IT"


def test_schema_extensions_are_not_tracked(tenant):
    """A change to an open or schema extension brings nobody into a round, even when it was selected."""
    zoe = tenant.person()
    _, link, _ = follow(tenant, "users/delta?$select=displayName,extkvbmkofy_badge")
    tenant.sim.directory.patch(zoe, {"extkvbmkofy_badge": {"number": "7"}})

    assert follow(tenant, link)[0] == []


def test_page_read_ahead_is_ready_and_never_stale(tenant, monkeypatch):
    """What was rendered ahead is served as it is, unless somebody on it has changed since."""
    seeding.seed_generated(tenant.sim, 600)
    first = tenant.graph(SELECT).json()
    tenant.sim.read_ahead()
    with monkeypatch.context() as patched:
        patched.setattr(tenant.sim.delta, "_render", None)
        second = tenant.graph(first["@odata.nextLink"]).json()
    tenant.sim.read_ahead()
    moved = tenant.sim.directory.ids[500]
    tenant.sim.directory.edit(moved, department="moved")
    third = tenant.graph(second["@odata.nextLink"]).json()

    assert [record["id"] for record in second["value"]] == tenant.sim.directory.ids[200:400]
    assert [record["id"] for record in third["value"] if record.get("department") == "moved"] == [moved]


@pytest.mark.parametrize("name", ["signInActivity", "birthday", "skills"])
def test_unsupported_property_is_named(tenant, name):
    """The documented 400 lists the properties that delta cannot select."""
    answer = tenant.graph(f"users/delta?$select=displayName,{name}")

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "BadRequest"
    assert answer.json()["error"]["message"].endswith(f"not supported for the following properties: {name}")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("$filter=department eq 'HR'", "Request_UnsupportedQuery"),
        ("$filter=" + " or ".join(["id eq 'x'"] * 51), "Request_UnsupportedQuery"),
        ("$expand=manager", "BadRequest"),
        ("$orderby=displayName", "BadRequest"),
        ("$skiptoken=a&$deltatoken=b", "BadRequest"),
        ("$deltatoken=tampered", "Request_BadRequest"),
        ("$select=employeeOrgData/costCenter", "BadRequest"),
    ],
)
def test_what_delta_does_not_take(tenant, query, code):
    """Filters other than ids, $expand, $orderby, both tokens, a broken token: 400."""
    answer = tenant.graph(f"users/delta?{query}")

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_filter_by_id(tenant):
    """$filter takes ids; the round is about them only."""
    zoe, _ = tenant.person(), tenant.person("ann")
    records, link, _ = follow(tenant, f"{SELECT}&$filter=id eq '{zoe}'")
    tenant.sim.directory.edit(zoe, displayName="Zoë")
    tenant.person("eve")

    assert [record["id"] for record in records + follow(tenant, link)[0]] == [zoe, zoe]


def test_token_dies_after_seven_days(tenant):
    """A deltaLink of 7 days is good, an older one is 400 syncStateNotFound."""
    tenant.person()
    _, link, _ = follow(tenant, SELECT)
    tenant.sim.advance(7 * 86_400)
    good = tenant.graph(link).status_code
    tenant.sim.advance(1)
    bad = tenant.graph(link)

    assert good == 200
    assert (bad.status_code, bad.json()["error"]["code"]) == (400, "syncStateNotFound")


def test_resync_is_410_with_a_location(tenant):
    """After a resync every token is 410; Location has an empty $deltatoken, and a full round works."""
    tenant.person()
    _, link, _ = follow(tenant, SELECT)
    tenant.sim.delta.resync()
    answer = tenant.graph(link)

    assert answer.status_code == 410
    assert answer.headers["Location"].endswith("/users/delta?$deltatoken=")
    assert len(follow(tenant, SELECT)[0]) == 1


def test_resync_in_the_middle_of_a_round_has_a_location_too(tenant):
    """A nextLink from before the resync is 410 as well, and its Location begins a round anew."""
    seeding.seed_generated(tenant.sim, 201)
    link = tenant.graph(SELECT).json()["@odata.nextLink"]
    tenant.sim.delta.resync()
    answer = tenant.graph(link)

    assert answer.status_code == 410
    assert len(follow(tenant, answer.headers["Location"])[0]) == 201


def test_old_page_tokens(tenant):
    """A nextLink may expire as Directory_ExpiredPageToken, and after 30 days must have reached steady state."""
    seeding.seed_generated(tenant.sim, 201)
    link = tenant.graph(SELECT).json()["@odata.nextLink"]
    tenant.sim.advance(31 * 86_400)
    late = tenant.graph(link).json()["error"]
    tenant.sim.delta.options.page_token_lifetime_s = 3600
    expired = tenant.graph(link).json()["error"]

    assert late["message"] == "Sync must reach steady state within 30 days."
    assert expired["code"] == "Directory_ExpiredPageToken"


def test_extension_noise_of_the_same_type(tenant):
    """A change to one directory extension brings users into a round that selects another of the same type."""
    app, directory = tenant.sim.apps.client, tenant.sim.directory
    one, two = (tenant.sim.define_extension(app, n)["name"] for n in ("one", "two"))
    number = tenant.sim.define_extension(app, "number", "Integer")["name"]
    zoe = tenant.person(**{one: "a", two: "b", number: 3})
    _, link, _ = follow(tenant, f"users/delta?$select=id,{one}")
    _, other, _ = follow(tenant, f"users/delta?$select=id,{number}")
    directory.patch(zoe, {two: "B"})

    assert follow(tenant, link)[0] == [{"id": zoe, one: "a"}]
    assert follow(tenant, other)[0] == []


def test_extension_attributes_come_as_a_block_of_fifteen(tenant):
    """onPremisesExtensionAttributes has all fifteen keys, nulls too."""
    zoe = tenant.person(onPremisesExtensionAttributes={"extensionAttribute7": "x"})
    block = follow(tenant, "users/delta?$select=onPremisesExtensionAttributes")[0][0]["onPremisesExtensionAttributes"]

    assert len(block) == 15
    assert (block["extensionAttribute7"], block["extensionAttribute1"]) == ("x", None)
    assert zoe


def test_replication_lag_hides_young_changes(tenant):
    """With lag a change isn't in the round yet, and not lost: a later round has it."""
    zoe = tenant.person()
    tenant.sim.advance(100)
    tenant.sim.delta.options.lag_s = tenant.sim.replica.lag_s = 60
    _, link, _ = follow(tenant, SELECT)
    tenant.sim.directory.edit(zoe, displayName="Zoë")
    early, link, _ = follow(tenant, link)
    read = tenant.graph(f"users/{zoe}").json()["displayName"]
    tenant.sim.advance(60)
    late, _, _ = follow(tenant, link)

    assert (early, read) == ([], "zoe")
    assert [record["displayName"] for record in late] == ["Zoë"]


def test_lagging_replica_shows_users_as_they_were(tenant):
    """With lag a page has the old values of users who changed since, and nobody who has just joined or left."""
    zoe, ann = tenant.person("zoe", city="Bern"), tenant.person("ann")
    _, before, _ = follow(tenant, "users/delta?$select=displayName,city")
    tenant.sim.directory.edit(zoe, city="Basel")
    tenant.sim.advance(100)
    tenant.sim.delta.options.lag_s = tenant.sim.replica.lag_s = 60
    tenant.sim.directory.edit(zoe, city="Chur")
    tenant.sim.directory.remove(ann)
    eve = tenant.person("eve")
    changes, link, _ = follow(tenant, before)
    full, _, _ = follow(tenant, "users/delta?$select=displayName,city")
    early = tenant.graph(f"users/{eve}").status_code
    tenant.sim.advance(60)
    later, _, _ = follow(tenant, link)

    assert changes == [{"displayName": "zoe", "city": "Basel", "id": zoe}]
    assert full == [*changes, {"displayName": "ann", "id": ann}]
    assert (early, tenant.graph(f"users/{eve}").status_code) == (404, 200)
    assert [record["id"] for record in later] == [zoe, ann, eve]


@pytest.mark.parametrize("option", ["duplicates", "empty_pages", "short_pages"])
def test_difficult_rounds_name_everybody(tenant, option):
    """Duplicates, empty pages with a nextLink and short pages lose nobody."""
    seeding.seed_generated(tenant.sim, 900)
    setattr(tenant.sim.delta.options, option, 0.5)
    records, _, sizes = follow(tenant, SELECT)

    assert {record["id"] for record in records} == {user["id"] for user in tenant.sim.directory.users()}
    assert len(records) > 900 or sizes != [200, 200, 200, 200, 100]


def test_last_page_may_be_empty(tenant):
    """The deltaLink can stand on a page of its own, without anybody on it."""
    seeding.seed_generated(tenant.sim, 3)
    tenant.sim.delta.options.empty_pages = 0.5
    rounds = [follow(tenant, SELECT)[2] for _ in range(20)]

    assert any(sizes[-1] == 0 and 3 in sizes for sizes in rounds)


def test_somebody_deleted_may_come_as_an_update_first(tenant):
    """Update and @removed of one id in one round, in this order, within the page cap."""
    seeding.seed_generated(tenant.sim, 150)
    users = [user["id"] for user in tenant.sim.directory.users()]
    _, link, _ = follow(tenant, SELECT)
    for user in users:
        tenant.sim.directory.remove(user)
    tenant.sim.delta.options.farewells = 1.0
    records, _, sizes = follow(tenant, link)

    assert [(record["id"], "@removed" in record) for record in records] == [
        (u, b) for u in users for b in (False, True)
    ]
    assert max(sizes) <= 200


def test_disturbed_pages_keep_to_the_cap(tenant):
    """A page with somebody twice still has no more than 200 records."""
    seeding.seed_generated(tenant.sim, 500)
    tenant.sim.delta.options.duplicates = 1.0

    assert max(follow(tenant, SELECT)[2]) <= 200


def test_replays_repeat_unchanged_users(tenant):
    """A round may repeat a user who didn't change."""
    zoe = tenant.person()
    tenant.sim.delta.options.replays = 1.0
    _, link, _ = follow(tenant, SELECT)

    assert [record["id"] for record in follow(tenant, link)[0]] == [zoe]


def test_all_forms_of_the_path(tenant):
    """/users/delta, /users/delta() and /users/microsoft.graph.delta() are the same."""
    tenant.person()

    for path in ("users/delta", "users/delta()", "users/microsoft.graph.delta()"):
        assert len(follow(tenant, f"{path}?$select=displayName")[0]) == 1


def test_links_use_the_address_that_was_asked(tenant):
    """Links lead back to where the request came from."""
    tenant.person()

    assert follow(tenant, SELECT)[1].startswith("https://graph.microsoft.com/v1.0/users/delta?$deltatoken=")


@pytest.mark.parametrize("trouble", ["loop", "foreign", "missing"])
def test_bad_links_on_order(tenant, trouble):
    """Once: a link to the page itself, to a foreign host, or none at all; the next call is good again."""
    seeding.seed_generated(tenant.sim, 201)
    tenant.sim.delta.options.bad_link = trouble
    first, second = tenant.graph(SELECT), tenant.graph(SELECT).json()
    link = first.json().get("@odata.nextLink")

    assert (
        link
        == {
            "loop": first.request.url,
            "foreign": (link or "").replace("graph.microsoft.com", "graph.example.net"),
            "missing": None,
        }[trouble]
    )
    assert second["@odata.nextLink"].startswith("https://graph.microsoft.com/v1.0/users/delta?$skiptoken=")
