"""Read profiles back: in the background, all at once, for an auditor; say what differs, and have it put right."""
