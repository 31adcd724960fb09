"""Faults: by script, by rate, by time; connections, bodies, latency; Retry-After."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests

from tenant_sim import ManualClock, TenantSim
from tenant_sim.people import seeding

DELTA = "users/delta"


def statuses(tenant, count: int) -> list[int]:
    return [tenant.graph(DELTA).status_code for _ in range(count)]


def test_nth_call(tenant):
    """The 3rd call fails, the others don't."""
    tenant.sim.faults.add(surface="graph", operation="users.delta", nth=3, status=503)

    assert statuses(tenant, 4) == [200, 200, 503, 200]


def test_times_and_patterns(tenant):
    """A rule may match by pattern and fire only so often."""
    tenant.sim.faults.add(operation="users.*", times=2, status=500)

    assert statuses(tenant, 3) == [500, 500, 200]
    assert tenant.site("web").status_code == 200


def test_rate_is_seeded():
    """The same seed gives the same sequence of failures."""

    def sequence(seed: int) -> list[bool]:
        sim = TenantSim(ManualClock(), seed=seed)
        sim.faults.add(rate=0.5, status=500)
        return [sim.faults.pick("graph", "users.delta") is not None for _ in range(50)]

    assert sequence(1) == sequence(1)
    assert sequence(1) != sequence(2)
    assert 10 < sum(sequence(1)) < 40


def test_the_same_seed_repeats_a_run():
    """Ids, pages, failures, import jobs, logs and calls are the same in every run of a seed, and others in another."""

    def run(seed: int) -> list[object]:
        sim = TenantSim(ManualClock(), seed=seed)
        seeding.seed_generated(sim, 30)
        sim.faults.add(surface="graph", rate=0.4, status=503)
        sim.delta.options.duplicates = 0.5
        sim.library.add_file("/sites/upa/Imports", "a.json", b'{"value":[{"IdName":"x"}]}', overwrite=True)
        sim.timer_job.queue(1, "IdName", {"City": "City"}, "https://contoso.sharepoint.com/sites/upa/Imports/a.json")
        sim.advance(4 * 3600)
        headers = {"Authorization": f"Bearer {sim.token('upa-sync-identity', 'graph')}"}
        url = f"{sim.urls.graph}/v1.0/users/delta?$select=displayName"
        answers = [sim.session().get(url, headers=headers) for _ in range(20)]
        return [
            [(a.status_code, a.headers["request-id"] if a.ok else "", a.content) for a in answers],
            [(job.job_id, job.transitions, job.log_folder_uri) for job in sim.jobs],
            [(item.path, item.unique_id, item.content) for item in sim.library.items()],
            list(sim.calls),
        ]

    assert run(1) == run(1)
    assert all(one != other for one, other in zip(run(1), run(2), strict=True))


def test_window_of_time(tenant):
    """A rule with after and until holds only in between."""
    start = tenant.sim.clock.now()
    tenant.sim.faults.add(after=start + timedelta(hours=1), until=start + timedelta(hours=2), status=500)
    seen = []
    for _ in range(3):
        seen += statuses(tenant, 1)
        tenant.sim.advance(3600)

    assert seen == [200, 500, 200]


def test_early_caller_is_throttled_again(tenant):
    """Inside Retry-After the call fails again, with what is left of the time; afterwards it works."""
    tenant.sim.faults.add(operation="users.delta", times=1, status=429, headers={"Retry-After": "30"})
    first = tenant.graph(DELTA)
    tenant.sim.advance(10)
    early = tenant.graph(DELTA)
    tenant.sim.advance(20)
    late = tenant.graph(DELTA)

    assert [a.status_code for a in (first, early, late)] == [429, 429, 200]
    assert (first.headers["Retry-After"], early.headers["Retry-After"]) == ("30", "20")


def test_body_and_headers_can_be_anything(tenant):
    """An HTML page with status 200, as proxies make them."""
    tenant.sim.faults.add(status=200, body="<html>busy</html>", headers={"X-Odd": "1"})
    answer = tenant.graph(DELTA)

    assert (answer.text, answer.headers["X-Odd"], answer.headers["Content-Type"]) == (
        "<html>busy</html>",
        "1",
        "text/html",
    )


def test_drop_before_and_after(tenant):
    """Before: nothing happened. After: it happened, and the answer is lost."""
    uri = tenant.upload({"value": []})
    for drop, jobs in (("before", 0), ("after", 1)):
        tenant.sim.faults.add(operation="QueueImportProfileProperties", drop=drop, times=1)
        with pytest.raises(requests.ConnectionError):
            tenant.queue(uri, {"City": "City"})
        assert len(tenant.sim.jobs) == jobs

    assert tenant.sim.calls.counts(by_status=True)["admin QueueImportProfileProperties 0"] == 2


def test_truncated_body(tenant):
    """Half of the announced bytes: requests notices."""
    tenant.sim.faults.add(truncate=True)

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        tenant.graph(DELTA)


def test_truncated_stream(tenant):
    """A streamed body breaks while it is read."""
    tenant.sim.faults.add(truncate=True)
    answer = tenant.graph(DELTA, stream=True)

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        list(answer.iter_content(10))


def test_latency_and_timeouts():
    """Latency goes to the sleep function; over the caller's timeout it becomes a ReadTimeout, after the effect."""
    slept: list[float] = []
    sim = TenantSim(ManualClock(), sleep=slept.append)
    sim.faults.add(surface="graph", latency=5)
    headers = {"Authorization": f"Bearer {sim.token('upa-sync-identity', 'graph')}"}
    url = f"{sim.urls.graph}/v1.0/users"

    assert sim.session().get(url, headers=headers).status_code == 200
    with pytest.raises(requests.ReadTimeout):
        sim.session().get(url, headers=headers, timeout=(1, 2))
    assert slept == [5, 2]


def test_only_one_app_is_hit(tenant):
    """A rule may be for one app only."""
    tenant.sim.faults.add(app=tenant.sim.apps.client.app_id, status=500)

    assert (tenant.graph(DELTA).status_code, tenant.site("web").status_code) == (200, 500)


def test_misspelt_fault_is_refused(tenant):
    """drop is before or after, and a surface one that exists: a fault that never fires would prove nothing."""
    with pytest.raises(ValueError, match="before"):
        tenant.sim.faults.add(drop="during")
    with pytest.raises(ValueError, match=r"graf.*login"):
        tenant.sim.faults.add(surface="graf")


def test_clear_ends_all(tenant):
    """After clear nothing fails, not even inside a Retry-After."""
    tenant.sim.faults.add(status=429, headers={"Retry-After": "100"})
    tenant.graph(DELTA)
    tenant.sim.faults.clear()

    assert tenant.graph(DELTA).status_code == 200


def test_calls_are_counted_by_surface_and_operation(tenant):
    """The call log names what was asked, by whom, with which result; reset forgets."""
    tenant.person()
    tenant.graph("users")
    tenant.site("web/nonsense")

    assert tenant.sim.calls.counts() == {"graph users.list": 1, "sharepoint unknown": 1}
    assert tenant.sim.calls.of("graph")[0].app == tenant.sim.apps.identity.app_id
    tenant.sim.calls.reset()
    assert (len(tenant.sim.calls), tenant.sim.calls.counts()) == (0, {})


def test_retry_after_as_a_date(tenant):
    """Retry-After may be an HTTP date; early callers are throttled until then."""
    when = tenant.sim.clock.now() + timedelta(seconds=30)
    tenant.sim.faults.add(status=503, times=1, headers={"Retry-After": when.strftime("%a, %d %b %Y %H:%M:%S GMT")})
    seen = statuses(tenant, 2)
    tenant.sim.advance(30)

    assert seen + statuses(tenant, 1) == [503, 503, 200]
