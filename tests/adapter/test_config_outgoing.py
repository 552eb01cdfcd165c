"""Settings of the roads out by POST and by mail: what opens a direction, and what has no effect."""

import re
from pathlib import Path

import pytest

from adapter.config import load_config, read_url
from adapter.errors import ConfigError

LISTEN = "listen: 'tcp:1:interface=127.0.0.1'"
HTTPS = "send_to: 'https://dcs.example/typeb'"
OUT = "outgoing: {directory: out, sender: a@b.example, to: [c@d.example]}"
ROOT = Path(__file__).resolve().parent.parent.parent


def write(tmp_path: Path, links: str) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(f"links: {{{links}}}\n", encoding="utf-8")
    return path


def complaints(tmp_path: Path, links: str) -> list[str]:
    path = write(tmp_path, links)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    return [str(problem).removeprefix(f"{tmp_path}/config.yaml:") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("link", "sender"),
    [
        (f"type: typeb_http, {LISTEN}", None),
        (f"type: typeb_http, {HTTPS}", ("utf-8", 40.0)),
        (
            f"type: typeb_http, {LISTEN}, {HTTPS}, encoding: cp866, connect_seconds: 1, send_seconds: 2",
            ("cp866", 3.0),
        ),
        ("type: mailbox, directory: in", None),
        (f"type: mailbox, {OUT}, encoding: koi8-r", ("koi8-r", 0.0)),
        (f"type: mailbox, directory: in, {OUT}", ("utf-8", 0.0)),
    ],
)
def test_who_can_send(tmp_path: Path, link: str, sender: tuple[str, float] | None) -> None:
    config = load_config(write(tmp_path, f"x: {{{link}}}, y: {{type: spool, directory: y}}"))
    assert config.senders.get("x") == sender
    other = "y: {type: spool, directory: y, answer: {origin: MOWFFXY, link: x}}"
    if sender is None:
        assert any(
            "by which telegrams can leave" in line for line in complaints(tmp_path, f"x: {{{link}}}, {other}")
        )
    else:
        load_config(write(tmp_path, f"x: {{{link}}}, {other}"))


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (
            "type: typeb_http",
            "1:12: links.x.listen: needs listen (to take telegrams in), send_to (to send them), or",
        ),
        (
            "type: mailbox",
            "1:12: links.x.directory: needs directory (to take mail in), outgoing (to send it), or",
        ),
        (f"type: typeb_http, {HTTPS}, path: /x", "1:75: links.x.path: path has no effect without listen"),
        (f"type: typeb_http, {HTTPS}, peers: [10.0.0.1]", "peers has no effect without listen"),
        (f"type: typeb_http, {HTTPS}, answer: {{origin: MOWFFXY}}", "answer has no effect without listen"),
        (f"type: typeb_http, {LISTEN}, ca_file: config.yaml", "ca_file has no effect without send_to"),
        (f"type: typeb_http, {LISTEN}, send_seconds: 3", "send_seconds has no effect without send_to"),
        (f"type: mailbox, {OUT}, senders: ['@a.example']", "senders has no effect without directory"),
        (f"type: mailbox, {OUT}, poll_seconds: 2", "poll_seconds has no effect without directory"),
        (f"type: typeb_http, {HTTPS}, ca_file: absent.pem", "links.x.ca_file: no such file"),
        (
            f"type: typeb_http, {HTTPS}, sendto: x",
            "links.x.sendto: unknown setting",
        ),
        (
            "type: typeb_http, send_to: 'http://dcs.example/typeb'",
            "1:40: links.x.send_to: http lets everybody on the way read and change telegrams: use https, or let",
        ),
        (
            "type: typeb_http, send_to: 'http://dcs.example/', unencrypted_reason: ' '",
            "why it is acceptable here",
        ),
        (
            "type: typeb_http, send_to: 'http://127.0.0.1:1/', ca_file: config.yaml",
            "ca_file has no effect on http",
        ),
        (
            "type: mailbox, directory: in, outgoing: {directory: out, sender: a@b.example}",
            'links.x.outgoing: "to" is missing here',
        ),
        (
            "type: mailbox, directory: in, outgoing: {directory: out, sender: 'A <a@b.example>', to: [a@b.example]}",
            "links.x.outgoing.sender: should match pattern",
        ),
        (
            "type: mailbox, directory: in, outgoing: {directory: out, sender: a@b.example, to: []}",
            "links.x.outgoing.to: should not be empty",
        ),
        (
            "type: mailbox, directory: in, outgoing: {directory: out, sender: a@b.example, to: [a@b.example], cc: []}",
            "links.x.outgoing.cc: unknown setting",
        ),
        (
            "type: mailbox, directory: in, outgoing: {directory: in/out, sender: a@b.example, to: [a@b.example]}",
            "links.x.outgoing.directory: shares its directory with links.x: mail of the one would be taken for the",
        ),
        (
            f"type: mailbox, {OUT}}}, y: {{type: mailbox, {OUT}",
            "links.y.outgoing.directory: shares its directory with links.x.outgoing: mail of the one",
        ),
        (
            f"type: mailbox, {OUT}}}, y: {{type: spool, directory: .",
            "links.y.directory: shares its directory with links.x.outgoing: mail of the one",
        ),
        (
            "type: mailbox, outgoing: {directory: config.yaml, sender: a@b.example, to: [a@b.example]}",
            "links.x.outgoing.directory: ",
        ),
    ],
)
def test_each_mistake_has_its_place_and_words(tmp_path: Path, link: str, expected: str) -> None:
    found = complaints(tmp_path, f"x: {{{link}}}")
    assert any(expected in line for line in found), found
    assert len(found) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://dcs.example/typeb", (True, "dcs.example", 443, False)),
        ("http://localhost:8082/typeb", (False, "localhost", 8082, True)),
        ("http://127.0.0.2/", (False, "127.0.0.2", 80, True)),
        ("http://[::1]:81/a/b", (False, "::1", 81, True)),
        ("http://localhost.example/", (False, "localhost.example", 80, False)),
    ],
)
def test_urls_are_taken_apart(text: str, expected: tuple[bool, str, int, bool]) -> None:
    url = read_url(text)
    assert (*url, url.is_loopback) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "dcs.example/typeb",
        "ftp://dcs.example/",
        "https://dcs.example",
        "https://user:secret@dcs.example/",
        "https://dcs.example/typeb?token=secret",
        "https://dcs.example:0/",
        "https://dcs.example:70000/",
        "https://[::g]/",
        "https://[1:2]/",
        "https://dcs.example/a b",
        "https://dcs.example/a\r\nX: y",
        "https://dcs.example/a\n",
        "https:///typeb",
    ],
)
def test_other_urls_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"should look like|no port|not an IP address"):
        read_url(text)


def test_http_beyond_this_machine_needs_its_reason(tmp_path: Path) -> None:
    link = "x: {type: typeb_http, send_to: 'http://10.0.0.1/', unencrypted_reason: inside the tunnel}"
    load_config(write(tmp_path, link))


def test_the_manual_shows_the_ways_out_as_they_are(tmp_path: Path) -> None:
    """What stands there behind a second # loads as well, with the defaults where it says nothing else."""
    _, _, roads = (ROOT / "config.yaml").read_text("utf-8").partition("  # More roads for telegrams.")
    shown = {}
    for name in ("telegrams-by-post", "lists-by-mail"):
        _, _, rest = roads.partition(f"  # {name}:\n")
        block = rest.partition("\n\n")[0].splitlines()
        lines = [re.sub(r"^  #( +)(?:# )?", r"  \1", line) for line in block]
        # All else is prose.
        shown[name] = [line for line in lines if re.match(r" +[a-z_]+:(?: |$)", line)]
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "partners-ca.pem").touch()
    text = "links:\n" + "\n".join(f"  {name}:\n" + "\n".join(lines) for name, lines in shown.items())
    path = tmp_path / "config.yaml"
    path.write_text(text + "\n", encoding="utf-8")
    links = load_config(path).links
    post, mail = links["telegrams-by-post"], links["lists-by-mail"]
    for name in ("connect_seconds", "send_seconds"):
        assert name in post.model_fields_set
        assert getattr(post, name) == type(post).model_fields[name].default
    assert post.sends
    assert mail.sends
