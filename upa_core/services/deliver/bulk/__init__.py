"""The bulk route: send an import file, watch its import job, look up a queue call without an answer."""
