"""Maps of teletype messages."""
