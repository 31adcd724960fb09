"""The adapters by themselves, over answers written down beforehand."""
