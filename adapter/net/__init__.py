"""Links: Twisted and nothing but Twisted."""
