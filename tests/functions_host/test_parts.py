"""Routes, settings, clocks, keys and locks by themselves."""

import json
import sqlite3
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions_host.clock import RealClock, ScaledClock, SteppedClock, clock_from
from functions_host.errors import HostError, SettingsError, StateLockedError
from functions_host.http.keys import Keys
from functions_host.http.routes import Route
from functions_host.settings import load_app_settings, load_host_config, resolve
from functions_host.store import Database, StateLock


@pytest.mark.parametrize(
    ("template", "path", "expected"),
    [
        ("runs", "/runs", {}),
        ("runs", "/RUNS/", {}),
        ("runs", "/runs/1", None),
        ("runs/{id}", "/runs/a%20b", {"id": "a b"}),
        ("runs/{id}", "/runs", None),
        ("runs/{id?}", "/runs", {}),
        ("runs/{id?}", "/runs/7", {"id": "7"}),
        ("runs/{id=last}", "/runs", {"id": "last"}),
        ("runs/{id:int}", "/runs/x", None),
        ("runs/{id:int?}", "/runs", {}),
        ("runs/{id:int:min(5)}", "/runs/4", None),
        ("runs/{id:int:min(5)}", "/runs/5", {"id": "5"}),
        ("runs/{id:range(1,3)}", "/runs/4", None),
        ("runs/{id:length(2,3)}", "/runs/abc", {"id": "abc"}),
        ("runs/{id:maxlength(2)}", "/runs/abc", None),
        (
            "runs/{id:guid}",
            "/runs/5f05e38c-bd0e-49ec-8c9c-c4cfe370248c",
            {"id": "5f05e38c-bd0e-49ec-8c9c-c4cfe370248c"},
        ),
        ("runs/{id:guid}", "/runs/5f05", None),
        ("runs/{on:bool}", "/runs/TRUE", {"on": "TRUE"}),
        ("runs/{day:datetime}", "/runs/2026-11-22", {"day": "2026-11-22"}),
        ("runs/{year:regex(^\\d{{4}}$)}", "/runs/2026", {"year": "2026"}),
        ("runs/{year:regex(^\\d{{4}}$)}", "/runs/20266", None),
        ("runs/{year:regex(^\\d{4}$)}", "/runs/2026", {"year": "2026"}),
        ("{a}/{b}/end", "/x/y/end", {"a": "x", "b": "y"}),
        ("files/{*path}", "/files/a/b/c", {"path": "a/b/c"}),
        ("files/{*path}", "/files", {}),
        ("v{major}.{minor}", "/v1.2", {"major": "1", "minor": "2"}),
        ("", "/", {}),
    ],
)
def test_routes(template, path, expected):
    """Parameters, constraints, defaults and catch-alls, as ASP.NET reads them."""
    assert Route(template, ["GET"], "f").match(path) == expected


def test_an_unknown_constraint_is_refused():
    """Azure would not start the function either."""
    with pytest.raises(SettingsError, match="constraint 'nonsense' is unknown"):
        Route("runs/{id:nonsense}", ["GET"], "f")


def test_precedence_of_routes():
    """Literal before constrained before plain before catch-all."""
    templates = ["{*all}", "a/{x}", "a/{x:int}", "a/b"]
    routes = sorted((Route(text, ["GET"], text) for text in templates), key=lambda route: route.rank)
    assert [route.template for route in routes] == ["a/b", "a/{x:int}", "a/{x}", "{*all}"]


@given(st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1).filter(lambda t: t not in (".", "..")))
def test_any_text_comes_through_a_parameter(text):
    """Percent-encoding is undone exactly once."""
    from urllib.parse import quote

    assert Route("p/{x}", ["GET"], "f").match("/p/" + quote(text, safe="")) == {"x": text}


def write(folder, name, document):
    """Write a JSON file."""
    (folder / name).write_text(document if isinstance(document, str) else json.dumps(document))


def test_local_settings_are_below_the_environment(tmp_path, monkeypatch):
    """The environment wins over the file, what the caller gives over both."""
    write(
        tmp_path, "local.settings.json", {"IsEncrypted": False, "Values": {"A": "file", "B": "file", "C": 1, "D": True}}
    )
    monkeypatch.setenv("A", "environment")
    assert load_app_settings(tmp_path, {"B": "caller"}) == {"B": "caller", "C": "1", "D": "true"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not valid JSON"),
        ("[]", "must hold an object"),
        ('{"IsEncrypted": true}', "is encrypted"),
        ('{"Values": {"A": {}}}', "Values.A must be text"),
    ],
)
def test_local_settings_that_can_not_be_used(tmp_path, text, message):
    """Each with a next step."""
    write(tmp_path, "local.settings.json", text)
    with pytest.raises(SettingsError, match=message) as caught:
        load_app_settings(tmp_path)
    assert caught.value.next_step


def test_host_json_defaults(tmp_path):
    """What Azure assumes when nothing is said."""
    write(tmp_path, "host.json", {"version": "2.0"})
    config = load_host_config(tmp_path, {})
    assert (config.route_prefix, config.function_timeout) == ("api", timedelta(minutes=30))
    assert (config.queues.batch_size, config.queues.new_batch_threshold, config.queues.max_dequeue_count) == (16, 8, 5)
    assert (config.queues.visibility_timeout, config.queues.base64) == (timedelta(0), True)


def test_host_json_is_honoured(tmp_path):
    """Queues, prefix, hub name with a setting, and the timeout."""
    queues = {"batchSize": 1, "maxDequeueCount": 2, "visibilityTimeout": "00:00:30", "messageEncoding": "none"}
    extensions = {
        "queues": queues,
        "http": {"routePrefix": ""},
        "durableTask": {"hubName": "%HUB%", "defaultVersion": "3"},
    }
    write(tmp_path, "host.json", {"version": "2.0", "functionTimeout": "1.00:00:00", "extensions": extensions})
    config = load_host_config(tmp_path, {"HUB": "mine"})
    assert (config.route_prefix, config.hub_name, config.function_timeout) == ("", "mine", timedelta(days=1))
    assert config.default_version == "3"
    assert (config.queues.batch_size, config.queues.new_batch_threshold, config.queues.max_dequeue_count) == (1, 0, 2)
    assert (config.queues.visibility_timeout, config.queues.base64) == (timedelta(seconds=30), False)


def test_an_unlimited_timeout(tmp_path):
    """-1 is no limit."""
    write(tmp_path, "host.json", {"version": "2.0", "functionTimeout": "-1"})
    assert load_host_config(tmp_path, {}).function_timeout is None


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"version": "1.0"},
        {"version": "2.0", "functionTimeout": "5 minutes"},
        {"version": "2.0", "extensions": {"queues": {"batchSize": 0}}},
        {"version": "2.0", "extensions": {"queues": {"batchSize": 33}}},
        {"version": "2.0", "extensions": {"queues": {"maxDequeueCount": "5"}}},
        {"version": "2.0", "extensions": {"queues": 5}},
        {"version": "2.0", "extensions": {"durableTask": {"hubName": "%NO_SUCH%"}}},
    ],
)
def test_host_json_that_can_not_be_used(tmp_path, document):
    """Each with a next step."""
    write(tmp_path, "host.json", document)
    with pytest.raises(HostError) as caught:
        load_host_config(tmp_path, {})
    assert caught.value.next_step


def test_settings_are_put_in():
    """Each %NAME%, also two in one text."""
    assert resolve("%A%-%B%x", {"A": "1", "B": "2"}) == "1-2x"
    assert resolve("100 %", {}) == "100 %"


def test_scaled_clock_follows_the_shared_formula():
    """now = sim_epoch + (wall - wall_epoch) * factor."""
    began = time.time()
    clock = clock_from(f"scaled:1000:{began - 10}:60")
    elapsed = clock.now().timestamp() - 1000
    assert 600 <= elapsed <= 600 + (time.time() - began + 1) * 60
    assert clock.now().tzinfo is UTC


def test_scaled_clock_waits_scaled_time():
    """An hour at factor 36,000 is a tenth of a second."""
    clock = ScaledClock(0, time.time(), 36_000)
    until, began = clock.now() + timedelta(hours=1), time.monotonic()
    while clock.now() < until:
        clock.wait(until, threading.Event())
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("spec", ["", "real"])
def test_the_real_clock(spec):
    """No spec, or `real`."""
    clock = clock_from(spec)
    assert isinstance(clock, RealClock)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    wake = threading.Event()
    wake.set()
    clock.wait(clock.now() + timedelta(hours=1), wake)  # returns at once


@pytest.mark.parametrize(
    "spec", ["fast", "scaled", "scaled:a:b:c", "scaled:0:0:-1", "scaled:0:0:nan", "scaled:1e30:0:1"]
)
def test_clocks_that_can_not_be_read(spec):
    """The message shows the form."""
    with pytest.raises(SettingsError, match="clock") as caught:
        clock_from(spec)
    assert "scaled:<sim_epoch_unix>" in caught.value.next_step


def test_advancing_a_stepped_clock_wakes_who_waits(eventually):
    """A waiter comes back as soon as the time is there."""
    clock = SteppedClock(datetime(2026, 1, 1, tzinfo=UTC))
    until, done = clock.now() + timedelta(hours=1), threading.Event()

    def wait():
        wake = threading.Event()
        while clock.now() < until:
            wake.clear()
            clock.wait(until, wake)
        done.set()

    threading.Thread(target=wait, daemon=True).start()
    clock.advance(timedelta(minutes=30))
    assert not done.is_set()
    clock.advance(timedelta(minutes=30))
    assert done.wait(10)


def test_keys_of_new_functions_are_added(tmp_path):
    """The others keep theirs."""
    first = Keys(tmp_path / "keys.json", ["a"])
    second = Keys(tmp_path / "keys.json", ["a", "b"])
    assert (second.of("a"), second.master) == (first.of("a"), first.master)
    assert second.of("b") not in (second.of("a"), second.default)


def test_the_lock_is_free_again_after_release(tmp_path):
    """While it is held, nobody else gets it."""
    lock = StateLock(tmp_path)
    with pytest.raises(StateLockedError, match="another functions host"):
        StateLock(tmp_path)
    lock.release()
    StateLock(tmp_path).release()


def test_a_transaction_is_all_or_nothing(tmp_path):
    """Also with one inside another."""
    database = Database(tmp_path / "state.db")

    def twice():
        with database.transaction():
            database.execute("INSERT INTO entity VALUES('a', '', x'00')")
            with database.transaction():
                database.execute("INSERT INTO entity VALUES('a', '', x'00')")

    with pytest.raises(sqlite3.IntegrityError):
        twice()
    assert database.execute("SELECT * FROM entity") == []
    with database.transaction():
        database.execute("INSERT INTO entity VALUES('a', '', x'00')")
    assert len(database.execute("SELECT * FROM entity")) == 1
    database.close()
