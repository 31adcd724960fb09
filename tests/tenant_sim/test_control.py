"""The control surface /_sim: everything the Python API can do, as JSON."""

from __future__ import annotations

import pytest


@pytest.fixture
def control(tenant):
    def call(method: str, path: str, body=None):
        return tenant.session.request(method, f"{tenant.sim.urls.control}/{path}", json=body)

    return call


def ok(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_people_are_added_edited_removed_and_restored(tenant, control):
    """users and restore; versions tell the history."""
    person = {"displayName": "Zoë", "userPrincipalName": "zoe@contoso.com"}
    zoe = ok(control("POST", "users", {"users": [person], "profile": False}))["ids"][0]
    ok(control("PATCH", f"users/{zoe}", {"city": "Bern"}))
    ok(control("DELETE", f"users/{zoe}"))
    ok(control("POST", f"restore/{zoe}"))

    assert ok(control("GET", f"users/{zoe}"))["city"] == "Bern"
    assert len(ok(control("GET", "users"))["users"]) == 1
    assert [v["record"] is None for v in ok(control("GET", "versions"))["versions"]] == [False, False, True, False]
    assert len(tenant.sim.calls) == 0


def test_groups_and_managers_are_made_changed_deleted_and_restored(tenant, control):
    """People by id or user name; what can't be meant changes nothing."""
    zoe, bo = (tenant.sim.directory.add({"userPrincipalName": f"{one}@contoso.com"}) for one in ("zoe", "bo"))
    group = ok(control("POST", "groups", {"name": "Pilot", "members": ["zoe@contoso.com"]}))["id"]
    inner = ok(control("POST", "groups", {"name": "Inner"}))["id"]
    changed = ok(control("PATCH", f"groups/{group}", {"join": [bo, inner], "leave": [zoe], "name": "Pilots"}))
    refused = [
        control("PATCH", f"groups/{group}", body).status_code
        for body in ({"join": [zoe], "leave": [zoe]}, {"join": [bo]}, {"leave": ["nobody@contoso.com"]}, {"colour": 1})
    ]
    ok(control("DELETE", f"groups/{group}"))
    deleted = ok(control("GET", f"groups/{group}"))
    back = ok(control("PATCH", f"groups/{group}", {"deleted": False}))
    managers = ok(control("PATCH", "managers", {"zoe@contoso.com": bo, bo: None}))

    assert changed == back == {"id": group, "name": "Pilots", "deleted": False, "members": [bo, inner]}
    assert refused == [400] * 4
    assert deleted["deleted"] is True
    assert [one["name"] for one in ok(control("GET", "groups"))["groups"]] == ["Pilots", "Inner"]
    assert managers == ok(control("GET", "managers")) == {zoe: bo}
    assert control("PATCH", "managers", {"zoe@contoso.com": "nobody"}).status_code == 400
    assert ok(control("PATCH", "managers", {zoe: None})) == {}


def test_profiles_are_made_set_and_read(tenant, control):
    """profiles, history and properties."""
    zoe = tenant.sim.directory.add({"userPrincipalName": "zoe@contoso.com"}, profile=False)
    assert control("GET", f"profiles/{zoe}").status_code == 400
    ok(control("POST", f"profiles/{zoe}"))
    ok(control("POST", "properties", {"name": "Desk", "max_length": 5}))
    ok(control("PATCH", f"profiles/{zoe}", {"Desk": "B4"}))

    assert ok(control("GET", f"profiles/{zoe}"))["Desk"] == "B4"
    assert ok(control("GET", "profiles"))[zoe] == {"Desk": "B4"}
    assert [c["cause"] for c in ok(control("GET", f"history/{zoe}"))["history"]] == ["hand"]
    assert "Desk" in {p["name"] for p in ok(control("GET", "properties"))["properties"]}


def test_clock_and_jobs(tenant, control):
    """The clock is moved, the n-th job's outcome planned, settings changed, jobs shown with their transitions."""
    ok(control("PATCH", "jobs", {"download_delay": 60}))
    ok(control("POST", "jobs", {"nth": 1, "outcome": "internal_error"}))
    tenant.queue(tenant.upload({"value": []}), {"City": "City"})
    due = ok(control("GET", "clock"))["next_due"]
    ok(control("POST", "clock", {"advance_s": 60}))
    half = ok(control("GET", "jobs"))[0]["state"]
    ok(control("POST", "clock", {"now": "2026-04-01T00:00:00Z"}))
    job = ok(control("GET", "jobs"))[0]

    assert (due, half) == ("2026-03-02T08:01:00Z", "PROCESSING")
    assert (job["state"], job["error"], len(job["transitions"])) == ("ERROR", "INTERNAL_ERROR", 4)
    assert control("PATCH", "jobs", {"nonsense": 1}).status_code == 400


def test_faults_and_calls(tenant, control):
    """Faults are added, listed and cleared; calls are shown, counted and forgotten."""
    ok(control("POST", "faults", {"operation": "users.*", "nth": [2], "status": 503, "after": "2026-01-01T00:00:00Z"}))
    statuses = [tenant.graph("users").status_code for _ in range(3)]
    counts = ok(control("GET", "calls/counts?by_status=true"))

    assert statuses == [200, 503, 200]
    assert counts == {"graph users.list 200": 2, "graph users.list 503": 1}
    assert len(ok(control("GET", "calls"))) == 3
    assert ok(control("GET", "faults"))[0]["fired"] == 1
    ok(control("DELETE", "faults"))
    ok(control("DELETE", "calls"))
    assert ok(control("GET", "faults")) == ok(control("GET", "calls")) == []


def test_seed_state_and_reset(tenant, control):
    """People are seeded from the generator; reset empties the tenant and keeps its ids."""
    before = ok(control("GET", ""))
    ok(control("POST", "seed", {"people": 5}))
    state = ok(control("GET", "state"))
    ok(control("POST", "reset"))
    after = ok(control("GET", ""))

    assert (state["users"], len(state["profiles"])) == (5, 5)
    assert after == before


def test_library_roles_delta_and_token(tenant, control):
    """Locks, the recycle bin, role toggles, delta options, resync and tokens."""
    tenant.upload(b"x", "a.json", bom=False)
    path = "/sites/upa/Imports/a.json"
    ok(control("POST", "library/lock", {"path": path}))
    locked = tenant.site(f"web/getfilebyserverrelativepath(decodedurl='{path}')", "DELETE").status_code
    ok(control("POST", "library/unlock", {"path": path}))
    ok(control("POST", "library/retain", {"path": path}))
    ok(control("POST", "library/label", {"path": "/sites/upa/Imports", "name": "Keep", "days": 30}))
    ok(control("POST", "library/empty-recycle-bin"))
    role = {"app": "upa-sync-identity", "resource": "graph", "role": "User.Read.All"}
    ok(control("POST", "roles", {**role, "revoke": True}))
    denied = tenant.graph("users").status_code
    ok(control("POST", "roles", role))
    ok(control("PATCH", "delta", {"page_size": 2}))
    ok(control("POST", "resync"))
    token = ok(control("GET", "token?app=upa-sync-identity&resource=graph"))["token"]

    assert (locked, denied) == (423, 403)
    assert tenant.sim.delta.options.page_size == 2
    assert tenant.sim.library.label_of("/sites/upa/Imports/b.json").days == 30
    assert tenant.sim.delta.generation == 1
    assert tenant.sim.tokens.claims(token)["appid"] == tenant.sim.apps.identity.app_id
    assert ok(control("GET", "library"))["items"][0]["path"] == path
    assert {app["name"] for app in ok(control("GET", "apps"))} == {"upa-sync", "upa-sync-identity"}
    assert ok(control("GET", "assumptions"))[0]["certainty"] == "assumed"


def test_options_of_every_part_are_shown_and_changed(tenant, control):
    """options/<group>: lag, throttling, limits, thresholds, delays; GET tells them all."""
    before = ok(control("GET", "options"))
    for group, values in (
        ("delta", {"page_size": 5, "bad_link": "loop"}),
        ("replica", {"lag_s": 60}),
        ("throttle", {"enabled": True, "limit": 5}),
        ("jobs", {"mode": "reads", "most_jobs": 7}),
        ("limits", {"max_pairs": 9}),
        ("library", {"list_view_threshold": 3}),
        ("profiles", {"delay": 3600}),
        ("tokens", {"lifetime_s": 60}),
    ):
        ok(control("PATCH", f"options/{group}", values))
        assert ok(control("GET", "options"))[group] == {**before[group], **values}

    assert tenant.sim.timer_job.limits.max_pairs == 9
    assert [tenant.graph("users/delta").status_code for _ in range(6)] == [200] * 5 + [429]


@pytest.mark.parametrize(
    ("path", "values", "reason"),
    [
        ("options/delta", {"page_size": "many"}, "page_size is int"),
        ("options/delta", {"duplicates": True}, "duplicates is float"),
        ("options/delta", {"page_size": 3, "nonsense": 1}, "no such option: nonsense"),
        ("options/jobs", {"mode": "fast"}, "mode is one of time, reads, immediate"),
        ("options/tokens", {"lifetime_s": None}, "lifetime_s is int"),
        ("options/nonsense", {}, "no such group"),
        ("options", {"page_size": 3}, "no such group"),
    ],
)
def test_options_that_do_not_fit_change_nothing(tenant, control, path, values, reason):
    """A wrong name, type or word is 400 with the reason, and the rest of the request isn't carried out either."""
    before = ok(control("GET", "options"))
    answer = control("PATCH", path, values)

    assert answer.status_code == 400
    assert reason in answer.json()["error"]
    assert ok(control("GET", "options")) == before


def test_mistakes_are_told(control):
    """An unknown control is 404; a bad argument 400 with the reason."""
    assert control("GET", "nonsense").status_code == 404
    assert "no user" in control("PATCH", "users/nobody", {"city": "x"}).json()["error"]
    assert "nonsense" in control("POST", "users", {"users": [{"nonsense": 1}]}).json()["error"]
