"""Worked examples: compiled, tried, and what of a programme none of them touches."""
