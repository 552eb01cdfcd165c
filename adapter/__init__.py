"""The adapter: sockets, wire formats, documents and maps; everything between a host's bytes and a transaction."""
