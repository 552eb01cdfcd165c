"""Hosts that speak the real protocols, so that a gateway can be tried without an airline."""
