"""Settings: what loads, what is refused, and that every mistake is told at once with its place."""

import os
import re
from pathlib import Path

import pytest

from adapter import config_checks
from adapter.config import Config, Limits, SpoolLink, load_config, read_endpoint
from adapter.config_effects import EFFECTIVE
from adapter.errors import ConfigError

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(autouse=True)
def programmes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Shipped programmes of the test's own, so that nothing here depends on what is really shipped."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    (folder / "demo.yaml").write_text("code: demo\n")
    (folder / "northern.yaml").write_text("code: northern\n")
    monkeypatch.setattr(config_checks, "PROGRAMMES", folder)
    return folder


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def complaints(tmp_path: Path, text: str) -> list[str]:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in caught.value.problems]


def test_an_empty_file_has_all_defaults(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, ""))
    assert config.programmes == ("demo",)
    assert config.database_url == f"sqlite:///{tmp_path}/var/ffgate.sqlite"
    assert config.admin is not None
    assert config.admin.endpoint == (8090, "127.0.0.1")
    assert config.links == {}


def test_the_manual_loads_and_shows_the_defaults() -> None:
    config = load_config(ROOT / "config.yaml")
    plain = Config()
    for section in ("database", "gate", "admin", "logs", "sending", "limits"):
        assert getattr(config, section) == getattr(plain, section), section
    assert {link.type for link in config.links.values()} == {"http", "sirena", "length_prefixed", "spool"}
    written = (ROOT / "config.yaml").read_text("utf-8")
    for section in (config.limits, config.gate, config.logs, config.sending, config.database):
        for name in type(section).model_fields:
            assert f"{name}: " in written, f"the manual does not explain {name}"


def test_the_roads_that_the_manual_only_shows_load_as_well(tmp_path: Path) -> None:
    _, mark, roads = (ROOT / "config.yaml").read_text("utf-8").partition("  # More roads for telegrams.")
    assert mark
    # Prose begins with a capital or with a second #; settings with a name.
    shown = [line for line in roads.splitlines() if re.match(r"  # +[a-zA-Z_-]+: ", line + " ")]
    text = "links:\n" + "\n".join(line.replace("  # ", "  ", 1) for line in shown)
    config = load_config(write(tmp_path, text + "\n"))
    assert [link.type for link in config.links.values()] == [
        "typeb_http",
        "typeb_tcp",
        "astra_gateway",
        "mailbox",
        "matip",
    ]
    assert {link.protocol for link in config.links.values()} == {"typeb"}
    for link in config.links.values():
        for name, field in type(link).model_fields.items():
            common = name in ("journal", "in_flight_max", "limits", "peers")
            assert common or f"{name}:" in roads, f"the manual does not explain {name} of {link.type}"
            if name not in ("type", "encoding", "senders") and not field.is_required() and not common:
                shown_value = getattr(link, name)
                assert shown_value == field.default or name in ("listen", "directory"), name


def test_the_manual_shows_the_defaults_of_links_too() -> None:
    config = load_config(ROOT / "config.yaml")
    written = (ROOT / "config.yaml").read_text("utf-8")
    for link in config.links.values():
        for name, field in type(link).model_fields.items():
            assert f"{name}:" in written, f"the manual does not explain {name} of {link.type}"
            if not field.is_required():
                assert getattr(link, name) == field.default, f"{name} of {link.type}"


def test_every_limit_has_an_effect_somewhere() -> None:
    assert set(Limits.model_fields) == frozenset().union(*EFFECTIVE.values())


LISTENS = "listen: 'tcp:1:interface=127.0.0.1'"
NEEDED = {
    "astra_gateway": "listen: 'udp:1:interface=127.0.0.1', own_name: FFG, routers: {R: {address: 127.0.0.1, port: 1}}",
    "mailbox": "directory: in",
    "matip": "partners: {network: {connect: 'tcp:127.0.0.1:1'}}",
    "sirena": f"{LISTENS}, clients: {{1: {{name: a, address: [127.0.0.1]}}}}",
    "spool": "directory: in",
}
"""Settings that a type of link can't do without."""


@pytest.mark.parametrize("link_type", sorted(EFFECTIVE))
@pytest.mark.parametrize("limit", sorted(Limits.model_fields))
def test_a_limit_without_effect_is_refused(tmp_path: Path, link_type: str, limit: str) -> None:
    value = getattr(Limits(), limit)
    needed = NEEDED.get(link_type, LISTENS)
    text = f"links: {{x: {{type: {link_type}, {needed}, limits: {{{limit}: {value}}}}}}}\n"
    if limit in EFFECTIVE[link_type]:
        assert getattr(load_config(write(tmp_path, text)).limits_of("x"), limit) == value
    else:
        [line] = complaints(tmp_path, text)
        assert f"links.x.limits.{limit}: limits.{limit} has no effect on " in line
        assert line.startswith(f"config.yaml:1:{text.index(limit) + len(limit) + 3}: ")


def test_one_request_at_a_time_needs_no_window(tmp_path: Path) -> None:
    text = "links: {x: {type: http, listen: 'tcp:1:interface=127.0.0.1', in_flight_max: 5}}\n"
    [line] = complaints(tmp_path, text)
    assert "links.x.in_flight_max: in_flight_max has no effect on an http link" in line


def test_a_spool_may_take_files_longer_than_what_others_inflate_to(tmp_path: Path) -> None:
    text = "links: {x: {type: spool, directory: in, limits: {frame_bytes_max: 16777216}}}\n"
    assert load_config(write(tmp_path, text)).limits_of("x").frame_bytes_max == 16 * 1024 * 1024


def test_paths_start_at_the_file(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, "links: {files: {type: spool, directory: in/dcs}}\n"))
    link = config.links["files"]
    assert isinstance(link, SpoolLink)
    assert link.directory == tmp_path / "in/dcs"
    assert link.finished.unchanged_seconds == 2.0


def test_a_link_may_have_limits_of_its_own(tmp_path: Path) -> None:
    text = "limits: {telegram_bytes_max: 2048, parts_max: 9}\n"
    text += (
        "links: {a: {type: spool, directory: a, limits: {parts_max: 5}}, b: {type: spool, directory: b}}\n"
    )
    config = load_config(write(tmp_path, text))
    assert (config.limits_of("a").parts_max, config.limits_of("a").telegram_bytes_max) == (5, 2048)
    assert config.limits_of("b").parts_max == 9


def test_the_digest_names_the_content_not_the_writing(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    text = "links: {a: {type: spool, directory: in}}\n"
    first = load_config(write(tmp_path, text))
    second = load_config(write(tmp_path / "other", "# talk\ngate: {batch_max: 200}\n" + text))
    third = load_config(write(tmp_path, text + "gate: {batch_max: 201}\n"))
    assert len(first.digest) == 64
    assert first.digest == second.digest
    assert first.digest != third.digest


def test_eight_semantic_mistakes_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    key = tmp_path / "keys" / "gateway.pem"
    key.write_text("a key")
    key.chmod(0o600)
    text = """\
programmes: [northen]
gate: {batch_max: 500, queue_max: 100}
links:
  dcs:
    type: http
    listen: tcp:8080
  gateway:
    type: sirena
    listen: tcp:8090:interface=127.0.0.1
    key_file: keys/gatewy.pem
    clients:
      17:
        name: host
        address: [127.0.0.1]
        cipher: legacy_cipher
        public_key_file: keys/gateway.pem
        on_overload: not_procesed
  files:
    type: spool
    directory: var/in
    finished: {suffix: .txt, unchanged_seconds: 3}
  others:
    type: spool
    directory: var/./in
    encoding: cp886
"""
    assert complaints(tmp_path, text) == [
        'config.yaml:1:14: programmes[0]: no programme "northen" is shipped (did you mean "northern"?)',
        "config.yaml:2:35: gate.queue_max: 100 is less than batch_max (500): no batch would fill",
        "config.yaml:6:13: links.dcs.listen: "
        "listens beyond this machine, so peers has to name the addresses that may connect",
        'config.yaml:9:13: links.gateway.listen: "tcp:8090:interface=127.0.0.1" '
        "is taken by admin.listen already",
        f"config.yaml:10:15: links.gateway.key_file: no such file: {tmp_path}/keys/gatewy.pem "
        '(did you mean "gateway.pem"?)',
        "config.yaml:15:17: links.gateway.clients.17.cipher: "
        "legacy_cipher protects nothing: cipher_reason has to say why it is acceptable here",
        'config.yaml:17:22: links.gateway.clients.17.on_overload: "not_procesed" is not known here '
        '(did you mean "not_processed"?)',
        "config.yaml:21:15: links.files.finished: needs exactly one rule: suffix or unchanged_seconds",
        "config.yaml:24:16: links.others.directory: "
        "shares its directory with links.files: each file would be read by either",
        'config.yaml:25:15: links.others.encoding: "cp886" is not known here (did you mean "cp866"?)',
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gate: {batch_mx: 1}", '1:8: gate.batch_mx: unknown setting (did you mean "batch_max"?)'),
        ("limit: {}", '1:1: limit: unknown setting (did you mean "limits"?)'),
        ("gate: {batch_max: many}", '1:19: gate.batch_max: should be a whole number, not "many"'),
        ("gate: {batch_max: 0}", "1:19: gate.batch_max: should be greater than or equal to 1, not 0"),
        ("gate: 7", "1:7: gate: should be a mapping (key: value), not 7"),
        ("logs: {level: inof}", '1:15: logs.level: "inof" is not known here (did you mean "info"?)'),
        ("[1]", "1:1: should be a mapping (key: value), not a list"),
        ("programmes: []", "1:13: programmes: should not be empty"),
        ("programmes: [demo, demo]", '1:20: programmes[1]: "demo" is listed twice'),
        ("limits: {inflated_bytes_max: 2048}", "1:30: limits.inflated_bytes_max: 2048 is less than"),
        ("limits: {frame_bytes_max: 2048}", "1:9: limits.telegram_bytes_max: 65536 is more than"),
        ("database: {url: 'sqlite://'}", "1:17: database.url: an SQLite database needs a file"),
        ("database: {url: 'postgresql://x/y'}", '(did you mean "postgresql+psycopg"?)'),
        ("database: {url: 'postgresql+psycopg://a:b@x/y'}", "a password does not belong here"),
        ("database: {url: 'mysql://x/y'}", "should begin with sqlite:/// or postgresql+psycopg://"),
        ("database: {password_file: none}", "1:27: database.password_file: no such file"),
        ("links: {x: {type: htpp, listen: 'tcp:1'}}", '1:19: links.x.type: "htpp" is not known here'),
        ("links: {x: {listen: 'tcp:1'}}", '1:9: links.x: "type" is missing here'),
        ("links: {x: {type: http}}", '1:9: links.x: "listen" is missing here'),
        ("links: {X: {type: spool, directory: d}}", "1:9: links.X: should match pattern"),
        ("links: {x: {type: spool, directory: [d]}}", "1:37: links.x.directory: should be a path"),
        ("links: {x: {type: http, listen: 'tcp:a'}}", '1:33: links.x.listen: "tcp:a" has no port'),
        (
            "links: {x: {type: http, listen: 'tcp:1', path: astra}}",
            "1:48: links.x.path: should match pattern",
        ),
        ("links: {x: {type: spool, directory: d, finished: {}}}", "needs exactly one rule"),
        ("links: {outbox: {type: spool, directory: d}}", "links.outbox: the journal uses this name"),
        ("links: {clock: {type: spool, directory: d}}", "links.clock: the journal uses this name"),
        (
            "links: {x: {type: matip, partners: {clock: {connect: 'tcp:a:1'}}}}",
            "links.x.partners.clock: the journal uses this name",
        ),
        (
            "links: {x: {type: sirena, listen: 'tcp:1:interface=127.0.0.1', clients: {}}}",
            "nobody could connect",
        ),
        (
            "links: {x: {type: sirena, listen: 'tcp:1:interface=127.0.0.1',"
            " clients: {70000: {name: a, address: [127.0.0.1]}}}}",
            "1:74: links.x.clients.70000: should be less than or equal to 65535, not 70000",
        ),
        (
            "links: {x: {type: sirena, listen: 'tcp:1', peers: [10.0.0.0/8],"
            " clients: {1: {name: a, address: [10.1.1.1, 11.1.1.1]}}}}",
            "links.x.clients.1.address[1]: 11.1.1.1 can't connect: it is not among the link's peers",
        ),
        (
            "links: {x: {type: sirena, listen: 'tcp:1:interface=127.0.0.1', clients:"
            " {1: {name: a, address: [127.0.0.1], cipher: legacy_cipher, cipher_reason: tunnel}}}}",
            "client 1 uses legacy_cipher, which needs the gateway's own key_file",
        ),
        ("a: [", "2:1: while parsing"),
        ("gate: {batch_max: 5}\ngate: {batch_max: 6}", '2:1: key "gate" stood already at 1:1'),
    ],
)
def test_each_mistake_has_its_place_and_words(tmp_path: Path, text: str, expected: str) -> None:
    assert any(expected in line for line in complaints(tmp_path, text + "\n")), complaints(tmp_path, text)


def test_a_missing_file_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_config(tmp_path / "absent.yaml")


def test_bytes_that_are_not_utf8_are_placed(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes("# ключ\nlogs: {level: ".encode() + b"\xff}\n")
    with pytest.raises(ConfigError, match=r":2:15: byte 0xFF is not UTF-8"):
        load_config(path)


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("p@ss\n")
    secret.chmod(0o644)
    text = "database: {url: 'postgresql+psycopg://u@h/d', password_file: secret}\n"
    assert [line.split(": ", 2)[1] for line in complaints(tmp_path, text)] == ["database.password_file"]
    secret.chmod(0o600)
    assert load_config(write(tmp_path, text)).database_url == "postgresql+psycopg://u:p%40ss@h/d"


def test_checking_creates_nothing(tmp_path: Path) -> None:
    load_config(write(tmp_path, "links: {a: {type: spool, directory: in}}\n"))
    assert sorted(os.listdir(tmp_path)) == ["config.yaml", "shipped"]


@pytest.mark.parametrize(
    ("first", "second", "collide"),
    [
        ("tcp:80:interface=127.0.0.1", "tcp:80:interface=127.0.0.1", True),
        ("tcp:80", "tcp:80:interface=127.0.0.1", True),
        ("tcp:80:interface=0.0.0.0", "tcp:80:interface=10.0.0.1", True),
        ("tcp:80:interface=10.0.0.2", "tcp:80:interface=10.0.0.1", False),
        ("tcp:81:interface=127.0.0.1", "tcp:80:interface=127.0.0.1", False),
        ("tcp:0:interface=127.0.0.1", "tcp:0:interface=127.0.0.1", False),
        (r"tcp:80:interface=\:\:1", "tcp:port=80:interface=127.0.0.1", False),
    ],
)
def test_listening_addresses_collide(first: str, second: str, collide: bool) -> None:
    assert read_endpoint(first).collides(read_endpoint(second)) is collide
    assert read_endpoint(second).collides(read_endpoint(first)) is collide


@pytest.mark.parametrize(
    "text", ["", "tcp", "tcp:", "tcp:1:2", "udp:1", "tcp:99999", "tcp:1:interfce=x", "tcp:1:interface=x"]
)
def test_bad_endpoints_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_endpoint(text)


def test_loopback_is_told_from_the_rest() -> None:
    assert read_endpoint("tcp:1:interface=localhost").is_loopback
    assert read_endpoint(r"tcp:1:interface=\:\:1").is_loopback
    assert not read_endpoint("tcp:1").is_loopback
    assert not read_endpoint("tcp:1:interface=10.0.0.1").is_loopback
