"""The administrator's command line and the demo."""
