"""XSDs of the messages of the Sirena vocabulary and its departure control neighbours."""
