"""Schemas and grammars of all messages, by vocabulary; data only."""
