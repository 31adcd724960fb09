"""The demo: the whole pipeline against the tenant simulator, on one machine."""
