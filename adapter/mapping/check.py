"""Judges maps against the schemas of their messages and the values of the core, before the first message."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from adapter.documents.catalogue import Catalogue
from adapter.errors import Problem

from .language import MessageMap, Table


def check_maps(
    maps: Sequence[MessageMap], tables: Mapping[str, Table], catalogue: Catalogue, directory: Path
) -> list[Problem]:
    """All problems of all maps."""
    known = {one.message for one in maps}
    return [
        one.place.problem("map_without_schema", f"there is no schema for message {one.message}")
        for one in maps
        if one.message not in catalogue.kinds and one.message in known
    ]
