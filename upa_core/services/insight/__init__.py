"""Answers to questions: why a person has a value, what a run would do."""
