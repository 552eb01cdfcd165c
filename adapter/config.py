"""Loads ``config.yaml``: either a usable Config or one ConfigError with every mistake at its place.

The file is read, its types are checked, then what the settings mean together. A mistake of the first kind
does not hide those of the second: what is wrong is cut out, and the rest is judged as if it stood alone.
"""

import copy
import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from adapter.config_checks import findings, programme_file
from adapter.config_links import (
    AstraGatewayLink,
    Finished,
    HttpLink,
    LengthPrefixedLink,
    Limits,
    Link,
    LinkSettings,
    ListAnswering,
    MailboxLink,
    MatipLink,
    MatipPartner,
    SirenaClient,
    SirenaLink,
    SpoolLink,
    TelegramLink,
    TelegramSource,
    TypebHttpLink,
    TypebTcpLink,
    XmlLink,
)
from adapter.config_model import Admin, Config, Database, GateSettings, Logs, SendingSettings
from adapter.config_values import LOOPBACK, Endpoint, read_connect, read_endpoint, read_url
from adapter.errors import ConfigError, Problem
from loyalty_core import InputError
from loyalty_core.located_yaml import Located, load_file, path_in, problems_of

__all__ = [
    "LOOPBACK",
    "Admin",
    "AstraGatewayLink",
    "Config",
    "Database",
    "Endpoint",
    "Finished",
    "GateSettings",
    "HttpLink",
    "LengthPrefixedLink",
    "Limits",
    "Link",
    "LinkSettings",
    "ListAnswering",
    "Logs",
    "MailboxLink",
    "MatipLink",
    "MatipPartner",
    "SendingSettings",
    "SirenaClient",
    "SirenaLink",
    "SpoolLink",
    "TelegramLink",
    "TelegramSource",
    "TypebHttpLink",
    "TypebTcpLink",
    "XmlLink",
    "load_config",
    "programme_file",
    "read_connect",
    "read_endpoint",
    "read_url",
]

Place = tuple[str | int, ...]


def load_config(path: Path) -> Config:
    """Read and check the settings; no network, no database, nothing created. Raises ConfigError with all
    problems.

    Relative paths in the file start at the file's own directory.
    """
    try:
        located = load_file(path)
    except InputError as error:
        raise ConfigError(error.problems) from error
    value = {} if located.value is None else located.value
    config, problems, cut = _validated(value, located, path)
    for place, code, text in findings(config) if config else ():
        # A rule that stumbles over a gap would blame the wrong thing.
        if not any(place[: len(gone)] == gone or gone[: len(place)] == place for gone in cut):
            problems.append(located.problem(code, text, place))
    if problems or config is None:
        raise ConfigError(sorted(problems, key=lambda problem: (problem.line, problem.column)))
    return config


def _validated(value: Any, located: Located, path: Path) -> tuple[Config | None, list[Problem], list[Place]]:
    """The settings as far as they are valid, what is wrong with the rest, and which places were cut out."""
    problems: list[Problem] = []
    cut: list[Place] = []
    while True:
        try:
            config = Config.model_validate(value, context={"base": path.parent})
            # The digest must not depend on where the file lies, so it is taken with paths as written.
            plain = Config.model_validate(value).model_dump(mode="json")
        except ValidationError as error:
            if not problems:
                problems = problems_of(error.errors(), located, Config.model_json_schema())
            places = {_faulty(value, item) for item in error.errors()}
            before, value = value, copy.deepcopy(value)
            for place in sorted(places - {()}, key=len, reverse=True):
                _cut(value, place)
            cut.extend(places)
            if () in places or value == before:
                return None, problems, [()]
            continue
        canonical = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        config._file = path
        config._digest = hashlib.sha256(canonical.encode()).hexdigest()
        return config, problems, cut


def _faulty(value: Any, error: Any) -> Place:
    """The place to cut out so that this error is gone: the value itself, or what lacks something."""
    location = tuple(error["loc"])
    place = path_in(value, location[:-1] if error["type"] == "missing" else location)
    for length in range(len(place)):
        # Taking one item out of a list would move the others; the whole list goes.
        if isinstance(_at(value, place[:length]), list):
            return place[:length]
    return place


def _at(value: Any, place: Place) -> Any:
    for part in place:
        value = value[part]
    return value


def _cut(value: Any, place: Place) -> None:
    with suppress(KeyError, TypeError):  # it went with its parent
        del _at(value, place[:-1])[place[-1]]
