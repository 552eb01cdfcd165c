"""Codecs without I/O: bytes in, events out; events in, bytes out. No socket, no clock, no logging."""
