"""Grammar profiles of vendors; README.md beside this says how they are written."""
