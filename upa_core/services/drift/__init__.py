"""Read profiles back: in the background, all at once, or for an auditor; report differences, and put them right."""
