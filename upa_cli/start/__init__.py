"""A connector file to start from: questions, proposals from a file, and the text."""
