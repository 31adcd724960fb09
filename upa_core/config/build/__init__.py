"""From the shape of the file to the domain: what a shape can't say is checked here."""
