"""The tenant on loopback: ports, real host names, trust, faults on real connections, the command line."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
import requests

from tenant_sim import ManualClock, ScaledClock, TenantSim, parse_clock
from tenant_sim.loopback import PortTakenError
from tenant_sim.main import main, run


@pytest.fixture
def served(monkeypatch):
    with TenantSim(ManualClock()).serve() as running:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(running.ca_file))
        yield running


def bearer(served) -> dict[str, str]:
    return {"Authorization": f"Bearer {served.sim.token('upa-sync-identity', 'graph')}"}


def test_starts_and_stops_fast():
    """A tenant is up in under a second, and gone again."""
    sim = TenantSim()
    sim.apps.client.certificates[0].thumbprint  # noqa: B018 - the process's first key is made beforehand
    begin = time.perf_counter()
    with sim.serve() as running:
        up = time.perf_counter() - begin
        folder = running.directory
        assert folder.exists()
    assert up < 1.0
    assert not folder.exists()


def test_context_manager_serves_a_tenant():
    """`with TenantSim() as tenant`: it is on loopback meanwhile, with addresses and a CA file, and in process after."""
    with TenantSim() as tenant:
        url = f"{tenant.urls.login}/{tenant.tenant_id}/v2.0/.well-known/openid-configuration"
        ca_file = tenant.served.ca_file
        with requests.Session() as session:
            session.trust_env = False
            assert session.get(url, verify=str(ca_file), timeout=5).json()["issuer"].startswith("https://127.0.0.1:")
        with pytest.raises(RuntimeError, match="served already"):
            tenant.__enter__()

    assert (tenant.served, tenant.urls, ca_file.exists()) == (None, tenant.real_urls, False)


def test_sigterm_stops_it_and_leaves_nothing_behind(tmp_path):
    """The process ends with exit code 0 when it is told to, and its folder is gone."""
    command = [sys.executable, "-m", "tenant_sim", "--users", "1", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(tmp_path)}
    ) as one:
        lines = list(iter(one.stdout.readline, "}\n"))
        folder = Path(json.loads("".join([*lines, "}"]))["ca_file"]).parent
        there = folder.exists()
        one.terminate()
        code = one.wait(20)

    assert (there, code, folder.exists(), list(tmp_path.iterdir())) == (True, 0, False, [])


def test_several_at_once(served, monkeypatch):
    """Two tenants have their own ports, trust and ids."""
    with TenantSim(seed=2).serve() as other:
        assert not set(other.urls.as_dict().values()) & set(served.urls.as_dict().values())
        assert other.tenant_id != served.tenant_id
        url = f"{other.urls.login}/{other.tenant_id}/v2.0/.well-known/openid-configuration"
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(url, timeout=5)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other.ca_file))
        assert requests.get(url, timeout=5).json()["issuer"].startswith(other.urls.login)


def test_port_taken_is_one_line():
    """A port somebody has: an error that names it and the way out; nothing stays behind."""
    with socket.socket() as blocker:
        blocker.bind(("127.0.0.1", 0))
        blocker.listen()
        port = blocker.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"127.0.0.1:{port}.*--port") as caught:
            TenantSim().serve(port=port).start()

    assert "\n" not in str(caught.value)


def test_wrong_surface_for_a_token(served):
    """Each port is one surface: the admin host doesn't take the site's token."""
    token = served.sim.token("upa-sync", "sharepoint")
    answer = requests.post(
        f"{served.urls.admin}/_vti_bin/client.svc/ProcessQuery",
        data="<x/>",
        headers={"Authorization": f"Bearer {token}"},
        timeout=5,
    )

    assert answer.status_code == 401


def test_connection_dropped_and_body_cut(served):
    """Over a real socket: no answer at all, or half of one; the next call on the same session works."""
    with requests.Session() as session:
        url, headers = f"{served.urls.graph}/v1.0/users", bearer(served)
        served.sim.faults.add(drop="after", times=1)
        with pytest.raises(requests.ConnectionError):
            session.get(url, headers=headers, timeout=5)
        served.sim.faults.add(truncate=True, times=1)
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            session.get(url, headers=headers, timeout=5)

        assert session.get(url, headers=headers, timeout=5).status_code == 200


def test_latency_on_the_wire_is_a_timeout(served):
    """An answer that is held back longer than the caller waits."""
    served.sim.faults.add(surface="graph", latency=0.6, times=1)
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{served.urls.graph}/v1.0/users", headers=bearer(served), timeout=0.2)


def test_real_host_names_on_one_port():
    """With hosts, surfaces are told apart by the Host header, and links use the real names."""
    hosts = ["login.microsoftonline.us", "graph.microsoft.us", "fabrikam.sharepoint.us", "fabrikam-admin.sharepoint.us"]
    sim = TenantSim(ManualClock(), domain="fabrikam", hosts=hosts)
    with sim.serve() as running:
        port = int(running.urls.graph.rsplit(":", 1)[1])
        assert running.urls.admin == f"https://fabrikam-admin.sharepoint.us:{port}"
        context = __import__("ssl").create_default_context(cafile=str(running.ca_file))
        token = sim.token("upa-sync-identity", "graph")
        with (
            socket.create_connection(("127.0.0.1", port)) as raw,
            context.wrap_socket(raw, server_hostname="graph.microsoft.us") as secure,
        ):
            secure.sendall(
                f"GET /v1.0/users/delta HTTP/1.1\r\nHost: graph.microsoft.us:{port}\r\n"
                f"Authorization: Bearer {token}\r\nConnection: close\r\n\r\n".encode()
            )
            answer = b"".join(iter(lambda: secure.recv(65536), b""))
    assert b" 200 " in answer.split(b"\r\n")[0]
    assert f'"@odata.deltaLink":"https://graph.microsoft.us:{port}/v1.0/'.encode() in answer


def test_hosts_must_name_every_surface():
    """A missing or a foreign host name is an error that says which."""
    with pytest.raises(ValueError, match="no host for: admin"):
        TenantSim(hosts=["login.microsoftonline.com", "graph.microsoft.com", "contoso.sharepoint.com"]).serve().start()
    with pytest.raises(ValueError, match="not a host of Microsoft 365"):
        TenantSim(hosts=["example.com"]).serve().start()


def test_in_process_session_answers_the_served_addresses_too(served):
    """The requests adapter routes by the real names and by the served base URLs."""
    session = served.sim.session()

    for base in (served.urls.graph, "https://graph.microsoft.com"):
        assert session.get(f"{base}/v1.0/users", headers=bearer(served)).status_code == 200
    with pytest.raises(requests.ConnectionError, match="no such host"):
        session.get("https://example.com/")


def test_scaled_clock_is_shared_by_its_formula():
    """now = sim_epoch + (wall - wall_epoch) * factor, written and read back; it cannot be moved."""
    wall = time.time()
    clock = ScaledClock(1_780_000_000, wall, 3600)
    again = parse_clock(clock.formula)

    assert abs((again.now() - clock.now()).total_seconds()) < 600
    assert again.now() >= datetime.fromtimestamp(1_780_000_000, UTC)
    with pytest.raises(ValueError, match="cannot be moved"):
        TenantSim(again).advance(5)
    with pytest.raises(ValueError, match="not a clock"):
        parse_clock("scaled:1:2")


def test_command_line_prints_addresses_and_a_connector_file(capsys, tmp_path):
    """--json: one document with everything a client needs; the connector file holds the addresses."""
    stop = threading.Event()
    stop.set()
    code = run(users=20, json=True, stop=stop, directory=str(tmp_path))
    shown = json.loads(capsys.readouterr().out)

    assert (code, shown["users"]) == (0, 20)
    assert shown["environment"]["IDENTITY_ENDPOINT"].startswith(shown["urls"]["managed_identity"])
    assert shown["urls"]["admin"] in (tmp_path / "upa.yaml").read_text()


def test_command_line_in_words(capsys):
    """Without --json: the same for people."""
    stop = threading.Event()
    stop.set()

    assert run(users=3, stop=stop) == 0
    out = capsys.readouterr().out
    assert "with 3 users" in out
    assert "export REQUESTS_CA_BUNDLE=" in out


def test_long_seeding_tells_how_far_it_is(monkeypatch):
    """Every two seconds a line says how many users are there; nobody is lost on the way."""
    seconds = count(step=3)
    monkeypatch.setattr("tenant_sim.main.time.monotonic", lambda: next(seconds))
    stop, said = threading.Event(), []
    stop.set()

    assert run(users=2001, stop=stop, say=said.append) == 0
    assert said[:3] == ["0 of 2,001 users…", "1,000 of 2,001 users…", "2,000 of 2,001 users…"]
    assert "with 2,001 users" in said[3]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--hr", "/nowhere.csv"], "/nowhere.csv: there is no such file"),
        (["--clock", "sundial"], "not a clock"),
        (["--port", "70000"], "cannot listen"),
    ],
)
def test_bad_input_is_one_line(capsys, arguments, text):
    """Exit code 2 and one line on standard error."""
    assert main(["--users", "1", *arguments]) == 2

    error = capsys.readouterr().err
    assert text in error
    assert error.count("\n") == 1


def test_assumptions_are_listed(capsys):
    """--assumptions prints every guess and stops."""
    assert main(["--assumptions"]) == 0
    assert re.search(r"GR-47 +A name in `\$select` that nobody knows is ignored", capsys.readouterr().out)
    assert main(["--assumptions", "--json"]) == 0
    assert {"id", "text", "source", "certainty"} == set(json.loads(capsys.readouterr().out)[0])
