"""Proves that every case has exactly one result: conditions as sets, and what is left over or claimed twice."""
