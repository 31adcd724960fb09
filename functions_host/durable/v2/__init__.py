"""azure-functions-durable 2.x: its differences from 1.x at run time."""
