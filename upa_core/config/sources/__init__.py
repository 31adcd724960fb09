"""Other sources of a connector: their part of the connector file."""
