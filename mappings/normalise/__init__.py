"""Stylesheets that bring a vendor's structure into a shape a path map can read."""
