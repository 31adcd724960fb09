"""The first connector file: questions, proposals from a file, and the text."""
