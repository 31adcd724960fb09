"""Date formats of .NET: their tokens, how they are read and written."""
