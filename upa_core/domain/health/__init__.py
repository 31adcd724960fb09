"""Health of a connector: events, alarms, and who was notified of an alarm."""
