"""Run an orchestrator over its history."""
