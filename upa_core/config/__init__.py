"""The connector file: schema, validation, helpful errors."""
