"""The language of mappings and scope: expressions, patterns, values, dates."""
