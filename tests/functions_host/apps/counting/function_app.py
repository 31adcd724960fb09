"""An entity that adds up what it is signalled; azure-functions-durable 2.x."""

import azure.durable_functions as df
import azure.functions as func
from durabletask.entities import EntityInstanceId

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
TOTAL = EntityInstanceId("counter", "total")


@app.route(route="add/{number}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def add(req: func.HttpRequest, client) -> func.HttpResponse:
    await client.signal_entity(TOTAL, "add", int(req.route_params["number"]))
    return func.HttpResponse(status_code=200)


@app.route(route="total", methods=["GET"])
@app.durable_client_input(client_name="client")
async def total(req: func.HttpRequest, client) -> func.HttpResponse:
    found = await client.get_entity(TOTAL)
    return func.HttpResponse(str(found.get_state(int)) if found else "none")


@app.entity_trigger(context_name="context")
def counter(context):
    total = (context.get_state(lambda: 0) or 0) + context.get_input()
    context.set_state(total)
