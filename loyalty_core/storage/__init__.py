"""SQL and nothing but SQL. Only ``loyalty_core.core`` imports this package."""
