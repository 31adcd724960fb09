"""An import that can't be resolved: the worker refuses."""

import azure.functions as func
import no_such_module_anywhere  # noqa: F401 - the point of the sample

app = func.FunctionApp()
