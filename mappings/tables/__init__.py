"""Code tables that maps look values up in."""
