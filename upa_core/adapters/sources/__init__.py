"""Files and queries of a line-of-business system; only connectors with such a source import this package."""
