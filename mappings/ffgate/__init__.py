"""Maps of this project's own XML vocabulary."""
