"""The shape of a MATIP link's partners in ``config.yaml``."""

from typing import Literal

from adapter.config_values import Connect, Hld, Networks, Settings

PROTECTIONS = ("none",)
"""Names of the protection layers that ``adapter.wire.matip_protection`` has."""


class MatipHlds(Settings):
    """The two numbers that name a pair of MATIP ends."""

    ours: Hld
    theirs: Hld


class MatipPartner(Settings):
    """One partner of a MATIP link: either it calls us from ``address``, or we call it at ``connect``."""

    address: Networks = ()
    connect: Connect | None = None
    opens: Literal["caller", "us", "them"] = "caller"
    hld: MatipHlds | None = None
    coding: Literal["ascii", "ebcdic", "baudot"] = "ascii"
    encoding: Literal["ascii", "utf-8", "cp866", "koi8-r", "cp1251"] = "ascii"
    role: Literal["host", "gateway"] = "host"
    protection: str = "none"

    @property
    def protocol(self) -> str:
        """What envelopes of this partner say."""
        return "typeb"

    @property
    def text_encoding(self) -> str:
        """Of its telegrams as they stand in the journal; EBCDIC and Baudot become ASCII."""
        return self.encoding

    @property
    def we_open(self) -> bool:
        """Whether opening sessions is our part."""
        return self.opens == "us" or (self.opens == "caller" and self.connect is not None)
