"""Everything that can be found wrong before anything is started: settings, keys, programmes, schemas, maps."""

from collections.abc import Callable
from pathlib import Path

from adapter.config import Config, SirenaLink, load_config, programme_file
from adapter.engine import load_messages
from adapter.errors import ConfigError, Problem
from adapter.wire.sirena_crypto import ClientKey, PrivateKey
from loyalty_core import InputError, load_programme, read_bundle


def problems_with(path: Path) -> list[Problem]:
    """All problems of the settings at ``path`` and of the files they name; empty when a server could start."""
    try:
        config = load_config(path)
    except ConfigError as error:
        return list(error.problems)
    problems = [*_keys(config), *_programmes(config)]
    try:
        load_messages(config)
    except ConfigError as error:
        problems += error.problems
    return problems


def _programmes(config: Config) -> list[Problem]:
    problems: list[Problem] = []
    for name in config.programmes:
        path = programme_file(name, config.file.parent)
        try:
            load_programme(read_bundle(path), str(path))
        except InputError as error:
            problems += error.problems
        except (OSError, UnicodeDecodeError) as error:
            problems.append(Problem("file_unreadable", str(error), file=str(path)))
    return problems


def _keys(config: Config) -> list[Problem]:
    problems: list[Problem] = []
    for link in config.links.values():
        if not isinstance(link, SirenaLink):
            continue
        if link.key_file is not None:
            problems += _key(link.key_file, PrivateKey.load)
        for client in link.clients.values():
            if client.public_key_file is not None:
                problems += _key(client.public_key_file, _load_client_key)
    return problems


def _load_client_key(pem: bytes) -> None:
    if ClientKey.load(pem).key is None:
        raise ValueError("this is not a public RSA key in PEM form that can be used")


def _key(path: Path, load: Callable[[bytes], object]) -> list[Problem]:
    try:
        load(path.read_bytes())
    except (OSError, ValueError) as error:
        return [Problem("key_unusable", str(error), file=str(path))]
    return []
