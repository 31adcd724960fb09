"""One contract per port: what its docstrings promise, as tests that every implementation passes."""
