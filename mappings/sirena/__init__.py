"""Maps of the messages of the Sirena vocabulary."""
