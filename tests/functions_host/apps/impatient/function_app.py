"""Functions that take longer than functionTimeout, a disabled one, and one with a binding that the host doesn't run."""

import asyncio
import threading

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="stuck")
def stuck(req: func.HttpRequest) -> str:
    threading.Event().wait()
    return "never"


@app.route(route="patient")
async def patient(req: func.HttpRequest) -> str:
    await asyncio.Event().wait()
    return "never"


@app.route(route="quick")
def quick(req: func.HttpRequest) -> str:
    return "quick"


@app.route(route="off")
def off(req: func.HttpRequest) -> str:
    return "off"


@app.route(route="blob")
@app.blob_output(arg_name="blob", path="box/name.txt", connection="AzureWebJobsStorage")
def blob(req: func.HttpRequest, blob: func.Out[str]) -> str:
    blob.set("text")
    return "written"
