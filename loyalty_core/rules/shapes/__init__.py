"""How a programme is written: the shape of its YAML, section by section, before anything in it is understood."""
