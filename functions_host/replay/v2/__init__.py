"""azure-functions-durable 2.x: what it wants otherwise than 1.x when it is replayed."""
