"""Health of a connector: events, alarms, and whom an alarm was told."""
