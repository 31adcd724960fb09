"""`python -m functions_host` as a person uses it."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APPS = Path(__file__).parent / "apps"


@pytest.fixture
def cli(tmp_path):
    """Return a function that starts the command line."""
    running = []

    def start(*arguments, app="good", **environment):
        settings = {"TICK_SCHEDULE": "0 0 0 1 1 *", "SAMPLE_HUB": "Hub", "SAMPLE_POLLS": "0", **environment}
        state = tmp_path / "state"
        command = [sys.executable, "-m", "functions_host", "--app", str(APPS / app), "--state", str(state)]
        process = subprocess.Popen(
            [*command, "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", **settings},
        )
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        if not process.stdout.closed:
            process.communicate()
        process.stderr.close()


def test_it_prints_functions_triggers_and_addresses(cli):
    """The start is a list that a person can read, with a next step for keys."""
    process = cli("--once", "--timeout", "20")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    listed = out[out.index("Functions:") : out.index("Listening on")]
    plain = re.sub(r"http://127\.0\.0\.1:\d+", "BASE", listed)
    assert "\thello: [GET] BASE/api/hello/{name:alpha} (function)\n" in plain
    assert "\techo: [POST] BASE/api/echo (anonymous)\n" in plain
    assert "\tsubmit: queueTrigger jobs\n" in plain
    assert re.search(r"\ttick: timerTrigger 0 0 0 1 1 \* \(next: \d{4}-01-01T00:00:00Z\)\n", plain)
    assert "\twatch: orchestrationTrigger\n" in plain
    assert "keys.json" in out
    assert out.endswith("Stopping ...\nStopped.\n")


def test_it_logs_invocations_as_core_tools_do(cli):
    """Executing and Executed lines, with reason, id and duration, and the functions' own logs between."""
    process = cli("--fire", "tick", "--once", "--timeout", "30")
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    stamp, run = r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\] ", r"Id=[0-9a-f-]{36}"
    for pattern in (
        rf"{stamp}Executing 'Functions\.tick' \(Reason='Timer fired at .*', {run}\)",
        rf"{stamp}Executed 'Functions\.tick' \(Succeeded, {run}, Duration=\d+ms\)",
        rf"{stamp}Executing 'Functions\.submit' \(Reason='New queue message detected on 'jobs'\.', {run}\)",
        rf"{stamp}Trigger Details: MessageId: .*, DequeueCount: 1, InsertedOn: .*",
        rf"{stamp}Executing 'Functions\.watch' \(Reason='\(null\)', {run}\)",
        rf"{stamp}Executed 'Functions\.delete' \(Succeeded, {run}, Duration=\d+ms\)",
    ):
        assert re.search(pattern, out), pattern


def test_a_failure_shows_in_log_and_exit_code(cli):
    """--once ends with 1 when something failed; the log has the error."""
    process = cli("--fire", "tick", "--once", "--timeout", "30", SAMPLE_JOB="no json")
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Executed 'Functions.submit' (Failed, Id=" in out
    assert "JSONDecodeError" in out
    assert "Moving message to queue 'jobs-poison'." in out


def test_json_lines(cli):
    """--json prints one object a line: the start with all bindings, then the log."""
    process = cli("--json", "--fire", "tick", "--once", "--timeout", "30")
    out, _ = process.communicate(timeout=60)
    rows = [json.loads(line) for line in out.splitlines()]
    assert rows[0]["event"] == "started"
    assert rows[0]["base_url"].startswith("http://127.0.0.1:")
    assert {row["name"] for row in rows[0]["functions"]} >= {"tick", "watch", "hello"}
    assert [row["event"] for row in rows[-2:]] == ["stopping", "stopped"]
    assert any(row.get("message", "").startswith("Executed 'Functions.delete' (Succeeded") for row in rows)


def test_extra_fields_of_a_log_record_are_shown(cli):
    """What a function logs with extra= becomes custom dimensions in Azure; here it follows the message."""
    process = cli("--fire", "tick", "--once", "--timeout", "30")
    out, _ = process.communicate(timeout=60)
    assert re.search(r'\] ticked  \{"past_due": false\}\n', out)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_well_on_signals(cli, number):
    """Exit code 0, no traceback, and the state can be taken again at once."""
    process = cli()
    for line in process.stdout:
        if line.startswith("Listening"):
            break
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    assert out.endswith("Stopping ...\nStopped.\n")
    again = cli("--once")
    again.communicate(timeout=60)
    assert again.returncode == 0


@pytest.mark.parametrize(
    ("app", "arguments", "message"),
    [
        ("nowhere", [], r"nowhere is no folder -> name the folder"),
        (".", [], r"is no function app: host\.json is missing -> name the folder"),
        ("two_apps", [], r"could not index the app: .*More than one FunctionApp.* -> correct function_app\.py"),
        ("good", ["--clock", "fast"], r"can't read the clock 'fast' -> use real or scaled:"),
        ("good", ["--clock", "scaled:1:2"], r"can't read the clock 'scaled:1:2' -> use real or scaled:"),
        ("good", ["--clock", "scaled:0:0:0"], r"the clock's factor must be above 0"),
        ("good", ["--fire", "tock"], r"no function 'tock' with a timerTrigger -> choose one of: tick"),
    ],
)
def test_errors_are_one_line_with_the_next_step(cli, app, arguments, message):
    """Exit code 2 and no traceback."""
    process = cli(*arguments, app=app)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert len(err.splitlines()) == 1
    assert re.search(message, err)


def test_a_missing_setting_is_named(cli):
    """The setting's name and where to put it."""
    process = cli(TICK_SCHEDULE="%NESTED%")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "can't read the schedule '%NESTED%'" in err


def test_the_clock_comes_from_the_environment(cli):
    """UPA_CLOCK sets the clock, and the start says what time it is."""
    process = cli("--once", "--json", UPA_CLOCK=f"scaled:1893456000:{time.time()}:60")
    out, _ = process.communicate(timeout=60)
    start = json.loads(out.splitlines()[0])
    assert start["now"].startswith("2030-01-01T00:0")
    tick = next(row for row in start["functions"] if row["name"] == "tick")
    assert tick["next"] == "2031-01-01T00:00:00Z"


def test_a_function_that_hangs_does_not_keep_the_process(cli):
    """An abandoned thread can't be killed; the process ends all the same."""
    process = cli("--json", "--no-keys", app="impatient")
    import urllib.error
    import urllib.request

    start = json.loads(process.stdout.readline())
    with pytest.raises(urllib.error.HTTPError, match="500"):
        urllib.request.urlopen(start["base_url"] + "/stuck", timeout=30)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 0


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_it_stops_on_a_signal_though_nobody_reads_its_output(cli, form):
    """Behind `... | head` the pipe closes; the host works on, says nothing on stderr, and SIGTERM ends it."""
    process = cli("--no-keys", *form)
    text = ""
    while "http://127.0.0.1" not in text:
        text += process.stdout.readline()
    process.stdout.close()
    base = re.search(r"http://127\.0\.0\.1:\d+", text)[0]
    import urllib.request

    with urllib.request.urlopen(base + "/api/hello/everybody", timeout=30) as answer:
        assert answer.read() == b"hello everybody"
    process.send_signal(signal.SIGTERM)
    err = process.stderr.read()
    assert (process.wait(timeout=30), err) == (0, "")


def test_the_package_imports_on_any_python():
    """Importing it needs neither Python 3.13 nor the worker; only starting a host does."""
    code = (
        "import sys, functions_host.cli, functions_host.triggers.cron, functions_host.worker.python_worker\n"
        "bad = {'azure', 'durabletask', 'grpc', 'azure_functions_runtime'} & set(sys.modules)\n"
        "assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_it_imports_nothing_of_the_project():
    """The host is a tool in its own right."""
    for path in (ROOT / "functions_host").glob("*.py"):
        assert not re.search(r"^\s*(from|import) (upa_core|upa_cli|tenant_sim)\b", path.read_text(), re.MULTILINE)


def test_modules_stay_small():
    """A module past 300 lines is a question."""
    sizes = {path.name: len(path.read_text().splitlines()) for path in (ROOT / "functions_host").glob("*.py")}
    assert {name: size for name, size in sizes.items() if size > 300} == {}
