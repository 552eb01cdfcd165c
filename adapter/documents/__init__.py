"""Bytes of one message to a validated tree, whatever the syntax was."""
