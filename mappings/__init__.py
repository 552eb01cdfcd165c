"""Path maps, code tables and normalising stylesheets; data only. README.md explains the language."""
