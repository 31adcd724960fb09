"""Two function apps in one module: the worker refuses."""

import azure.functions as func

app = func.FunctionApp()
other = func.FunctionApp()


@app.route(route="one")
def one(req: func.HttpRequest) -> str:
    return "one"
