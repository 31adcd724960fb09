"""From the shape of the file to the domain: the rules that a shape can't express are checked here."""
