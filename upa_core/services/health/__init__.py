"""Status, quarantine and notifications of a connector."""
