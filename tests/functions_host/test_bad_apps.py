"""Apps that Azure would refuse are refused at the start, in one line with the next step."""

import pytest


@pytest.mark.parametrize(
    ("app", "message"),
    [
        ("two_apps", "More than one FunctionApp or other top level function app instances are defined"),
        ("wrong_annotation", "do not match the corresponding function parameter.s Python type annotation HttpRequest"),
        ("missing_module", "No module named 'no_such_module_anywhere'"),
        ("arg_mismatch", "the following parameters are declared in Python but not in the function definition"),
    ],
)
def test_the_worker_refuses(start_host, host_error, app, message):
    """The worker's own message says what is wrong with the app."""
    with pytest.raises(host_error, match=message) as caught:
        start_host(app)
    assert caught.value.kind == "AppError"
    assert str(caught.value).endswith("-> correct function_app.py")


def test_a_folder_without_host_json_is_no_app(start_host, host_error, tmp_path):
    """The message names the file that is missing."""
    with pytest.raises(host_error, match=r"host\.json is missing -> name the folder"):
        start_host(tmp_path)


def test_a_folder_without_function_app_is_no_app(start_host, host_error, tmp_path):
    """The message names the file that is missing."""
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    with pytest.raises(host_error, match=r"function_app\.py is missing -> name the folder"):
        start_host(tmp_path)


def test_a_second_host_on_the_state_is_refused(start_host, host_error):
    """The lock names the process that holds the state."""
    first = start_host("impatient")
    with pytest.raises(host_error, match=rf"another functions host \(process {first.process.pid}\)") as caught:
        start_host("impatient", first.state)
    assert caught.value.kind == "StateLockedError"


def test_a_taken_port_is_named(start_host, host_error):
    """The message names the port."""
    first = start_host("impatient")
    port = int(first.base_url.rpartition(":")[2])
    with pytest.raises(host_error, match=f"port {port} is taken") as caught:
        start_host("impatient", port=port)
    assert caught.value.kind == "PortTakenError"


def test_a_schedule_setting_that_is_not_set_is_named(start_host, host_error, tmp_path):
    """A %SETTING% without a value stops the host."""
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    (tmp_path / "function_app.py").write_text(
        "import azure.functions as func\napp = func.FunctionApp()\n\n"
        "@app.timer_trigger(schedule='%NOT_SET_ANYWHERE%', arg_name='timer')\n"
        "def scan(timer: func.TimerRequest) -> None: ...\n"
    )
    with pytest.raises(host_error, match="set NOT_SET_ANYWHERE in the environment"):
        start_host(tmp_path)
