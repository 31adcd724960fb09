"""A timer trigger annotated as an HTTP request: the worker refuses."""

import azure.functions as func

app = func.FunctionApp()


@app.timer_trigger(schedule="0 0 * * * *", arg_name="timer")
def scan(timer: func.HttpRequest) -> None:
    """Never runs."""
