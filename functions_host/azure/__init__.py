"""Microsoft's triggers: a program with the Durable extension, and the queue listener and timer of the WebJobs SDK."""
