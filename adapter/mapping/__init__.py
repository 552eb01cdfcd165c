"""Maps between a host's documents and the core's values, written as data, checked before the first
message.
"""

from .maps import Maps

__all__ = ["Maps"]
