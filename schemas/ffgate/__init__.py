"""XSDs of this project's own XML vocabulary."""
