"""The doctor: checks of sign-in, rights, library and targets, each with a fix."""
