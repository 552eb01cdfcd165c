"""Settings of MATIP links: what the manual shows, and every mistake with its place."""

from pathlib import Path

import pytest

from adapter.config import MatipLink, MatipPartner, load_config
from adapter.config_links import LinkSettings, MatipHlds
from tests.adapter.test_config import ROOT, complaints, write


def test_the_manual_shows_matip_with_its_defaults(tmp_path: Path) -> None:
    lines = (ROOT / "config.yaml").read_text("utf-8").splitlines()
    begin = lines.index("  # teletype:")
    shown = [line.replace("# ", "", 1) for line in lines[begin:]]
    link = load_config(write(tmp_path, "links:\n" + "\n".join(shown) + "\n")).links["teletype"]
    assert isinstance(link, MatipLink)
    plain = MatipLink(type="matip", partners={})
    for name in ("unknown_control", "open_seconds", "retry_seconds", "reconnect_seconds_min"):
        assert getattr(link, name) == getattr(plain, name), name
    for name in MatipLink.model_fields.keys() - LinkSettings.model_fields.keys():
        assert any(line.split("#")[0].strip().startswith(f"{name}:") for line in shown), name
    network, default = link.partners["network"], MatipPartner()
    for name in ("coding", "encoding", "opens", "role", "protection"):
        assert getattr(network, name) == getattr(default, name), name
    assert (network.we_open, link.partners["hub"].we_open) == (False, True)


MATIP = "links: {m: {type: matip, listen: 'tcp:1:interface=127.0.0.1', partners: {%s}}}"


@pytest.mark.parametrize(
    ("partners", "expected"),
    [
        ("a: {}", "1:77: links.m.partners.a: needs exactly one of address (it calls us) and connect"),
        ("a: {address: [127.0.0.1], connect: 'tcp:h:1'}", "links.m.partners.a: needs exactly one of address"),
        ("", "links.m.partners: at least one partner is needed"),
        ("a: {connect: 'tcp:h:1'}", "links.m.listen: no partner has an address to call from"),
        ("a: {connect: 'tcp:h'}", '"tcp:h" should look like "tcp:host.example:9000"'),
        ("a: {connect: 'tcp:h:70000'}", '"tcp:h:70000" should look like "tcp:host.example:9000"'),
        ("m: {address: [127.0.0.1]}", "links.m.partners.m: links.m has this name already"),
        (
            "a: {address: [10.0.0.0/8]}, b: {address: [10.1.0.0/16]}",
            "links.m.partners.b: can't be told from a: same address, and no HLDs of its own",
        ),
        (
            "a: {address: [10.0.0.1], hld: {ours: 0001, theirs: 0002}},"
            " b: {address: [10.0.0.1], hld: {ours: '0001', theirs: '0002'}}",
            "links.m.partners.b: can't be told from a",
        ),
        (
            "a: {address: [10.0.0.1], opens: us}, b: {address: [10.0.0.1], hld: {ours: '0001', theirs: 4B1F}}",
            "links.m.partners.a.opens: shares its address with another partner",
        ),
        ("a: {address: [127.0.0.1], hld: {ours: [], theirs: 4E10}}", "four hexadecimal digits in quotes"),
        ("a: {address: [127.0.0.1], hld: {ours: 4B1FF, theirs: 4B1F}}", "four hexadecimal digits in quotes"),
        ("a: {address: [127.0.0.1], hld: {ours: 4B1F}}", '"theirs" is missing here'),
        ("a: {address: [127.0.0.1], coding: ebdic}", '"ebdic" is not known here (did you mean "ebcdic"?)'),
        (
            "a: {address: [127.0.0.1], coding: ebcdic, encoding: cp866}",
            "links.m.partners.a.encoding: coding ebcdic has no room for another encoding",
        ),
        (
            "a: {address: [127.0.0.1], protection: batap}",
            '1:112: links.m.partners.a.protection: no plug-in serves protection "batap" (there is: none)',
        ),
        ("a: {address: [127.0.0.1], protection: nne}", '(did you mean "none"?)'),
    ],
)
def test_mistakes_of_matip_links(tmp_path: Path, partners: str, expected: str) -> None:
    found = complaints(tmp_path, MATIP % partners + "\n")
    assert any(expected in line for line in found), found


def test_more_mistakes_of_matip_links(tmp_path: Path) -> None:
    text = """\
links:
  m:
    type: matip
    partners: {a: {address: [10.0.0.1]}}
  n:
    type: matip
    listen: tcp:351
    peers: [10.1.0.0/16]
    reconnect_seconds_min: 9
    reconnect_seconds_max: 8
    partners: {a: {address: [10.2.0.1]}}
  o: {type: matip, listen: tcp:351, partners: {p: {address: [10.2.0.1]}}}
"""
    assert complaints(tmp_path, text) == [
        "config.yaml:4:15: links.m.partners: partners with an address call us, so listen has to say where",
        "config.yaml:10:28: links.n.reconnect_seconds_max: 8 is less than reconnect_seconds_min",
        "config.yaml:11:19: links.n.partners.a: links.m.partners.a has this name already",
        "config.yaml:11:30: links.n.partners.a.address[0]: 10.2.0.1 can't connect: it is not among the link's peers",
        'config.yaml:12:28: links.o.listen: "tcp:351" is taken by links.n.listen already',
        "config.yaml:12:28: links.o.listen: "
        "listens beyond this machine, so peers has to name the addresses that may connect",
    ]


def test_partners_are_sources_of_messages(tmp_path: Path) -> None:
    text = (
        MATIP % "a: {address: [10.0.0.1]}, b: {connect: 'tcp:10.0.0.2:351', hld: {ours: 0012, theirs: abcd}}"
    )
    config = load_config(write(tmp_path, text))
    assert config.sources == {"m": "m", "a": "m", "b": "m"}
    link = config.links["m"]
    assert isinstance(link, MatipLink)
    assert link.partners["b"].hld == MatipHlds(ours="0012", theirs="ABCD")
