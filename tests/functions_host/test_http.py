"""The HTTP front: routes, keys, limits and admin addresses answer as Azure's do."""

import http.client
import json
from urllib.parse import urlsplit

import pytest


@pytest.fixture(scope="module")
def keys(host):
    """The host's keys."""
    return host.keys()


def test_a_function_answers_on_its_route(host, keys):
    """Route parameter, header and body come through."""
    status, headers, body = host.request("GET", f"/api/hello/you?code={keys['default']}")
    assert (status, headers["X-Sample"], body) == (200, "yes", "hello you")


def test_a_literal_route_beats_a_parameter(host):
    """hello/everybody goes to its own function, which is anonymous."""
    assert host.request("GET", "/api/hello/everybody")[2] == "hello everybody"


@pytest.mark.parametrize("path", ["/api/hello/42", "/api/hello", "/api/nothing", "/hello/you", "/api/hello/a/b"])
def test_what_no_route_fits_is_404(host, keys, path):
    """A constraint that isn't met is no match, and neither is a path outside the prefix."""
    assert host.request("GET", path, headers={"x-functions-key": keys["master"]})[0] == 404


def test_a_method_that_the_route_has_not_is_404(host, keys):
    """Azure answers 404 there, not 405."""
    assert host.request("DELETE", "/api/hello/you", headers={"x-functions-key": keys["master"]})[0] == 404


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/api/hello/you", None, 401),
        ("/api/hello/you", "wrong", 401),
        ("/api/hello/you", "system", 401),
        ("/api/hello/you", "default", 200),
        ("/api/hello/you", "own", 200),
        ("/api/hello/you", "another's", 401),
        ("/api/hello/you", "master", 200),
        ("/api/boss", "default", 401),
        ("/api/boss", "master", 200),
        ("/admin/functions", "default", 401),
        ("/admin/functions", "master", 200),
        ("/runtime/webhooks/durabletask/instances", None, 401),
        ("/runtime/webhooks/durabletask/instances", "default", 401),
        ("/runtime/webhooks/durabletask/instances", "system", 200),
    ],
)
def test_keys_open_what_they_are_for(host, keys, path, key, status):
    """Function addresses take function, host and master key; admin the master key; durable the system key."""
    known = {**keys, "own": host.key("hello"), "another's": host.key("crash"), None: None}
    given = known.get(key, key)
    assert host.request("GET", path, headers={"x-functions-key": given} if given else {})[0] == status


def test_without_keys_everything_is_open(start_host):
    """--no-keys opens function, admin and durable addresses, as Core Tools do."""
    host = start_host(keys=False)
    for path in ("/api/hello/you", "/api/boss", "/admin/functions", "/runtime/webhooks/durabletask/instances"):
        assert host.request("GET", path)[0] == 200


def test_body_query_and_context_reach_the_function(host):
    """The function sees the body, the query and its own name; status code and type come back."""
    status, _, body = host.request("POST", "/api/echo?a=1&b=x%20y", b"text \xc3\xa9")
    assert status == 201
    assert body == {"body": "text é", "query": {"a": "1", "b": "x y"}, "function": "echo"}


def test_a_function_that_raises_is_500_without_a_word(host):
    """The error goes to the log, not to the caller."""
    assert host.request("GET", "/api/crash")[::2] == (500, "")


def test_a_body_over_the_limit_is_413(start_host):
    """FUNCTIONS_REQUEST_BODY_SIZE_LIMIT is honoured."""
    host = start_host(settings={"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "10"})
    assert host.request("POST", "/api/echo", b"x" * 10)[0] == 201
    assert host.request("POST", "/api/echo", b"x" * 11)[0] == 413


def test_another_host_name_is_refused(host):
    """A page that rebinds its name to 127.0.0.1 gets nothing."""
    assert host.request("GET", "/api/hello/everybody", headers={"Host": "evil.example:80"})[0] == 400
    assert host.request("GET", "/api/hello/everybody", headers={"Host": "localhost:7071"})[0] == 200


def test_a_body_in_chunks_is_read(host):
    """Clients that stream send no length."""
    where = urlsplit(host.base_url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=10)
    connection.request("POST", "/api/echo", iter([b"one ", b"two"]), encode_chunked=True)
    response = connection.getresponse()
    assert json.loads(response.read())["body"] == "one two"
    connection.close()


@pytest.mark.parametrize("length", ["x", "-5", "1e3"])
def test_a_length_that_is_none_is_refused(host, length):
    """400, or an empty body; never a hang."""
    assert host.request("GET", "/api/hello/everybody", headers={"Content-Length": length})[0] in (200, 400)


def test_a_connection_serves_many_requests(host):
    """Keep-alive works, also after an error answer."""
    where = urlsplit(host.base_url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=10)
    for path, status in (("/api/hello/everybody", 200), ("/api/nothing", 404), ("/api/hello/everybody", 200)):
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        assert response.status == status
    connection.close()


def test_admin_lists_the_functions(host, keys):
    """/admin/functions names each function, its bindings and its address."""
    _, _, rows = host.request("GET", "/admin/functions", headers={"x-functions-key": keys["master"]})
    found = {row["name"]: row for row in rows}
    assert set(found) == set(host.functions)
    assert found["hello"]["invoke_url_template"] == f"{host.base_url}/api/hello/{{name:alpha}}"
    assert found["tick"]["config"]["bindings"] == host.functions["tick"]


def test_admin_fires_a_timer_by_hand(host, keys, eventually):
    """POST /admin/functions/<timer> answers 202 and runs it, as with Core Tools."""
    key = {"x-functions-key": keys["master"]}
    before = len(host.notes.lines("tick"))
    assert host.request("POST", "/admin/functions/tick", {"input": ""}, key)[0] == 202
    eventually(lambda: len(host.notes.lines("tick")) == before + 1)
    assert host.request("POST", "/admin/functions/nobody", {"input": ""}, key)[0] == 404
    assert host.request("POST", "/admin/functions/tick", b"no json", key)[0] == 400


def test_admin_hands_a_message_to_a_queue_function(host, keys, eventually):
    """The input is the message's body."""
    key = {"x-functions-key": keys["master"]}
    assert host.request("POST", "/admin/functions/fragile", {"input": "by hand"}, key)[0] == 202
    eventually(lambda: [row for row in host.notes.lines("fragile") if row["body"] == "by hand"])


def test_keys_stay_the_same_and_private(start_host):
    """keys.json outlives the host and only its owner can read it."""
    first = start_host("impatient")
    keys = first.keys()
    first.stop()
    assert (first.state / "keys.json").stat().st_mode & 0o777 == 0o600
    assert json.loads((first.state / "keys.json").read_text())["master"] == keys["master"]
    assert start_host("impatient", first.state).keys() == keys
