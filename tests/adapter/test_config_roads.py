"""Settings of the roads for telegrams: every mistake with its place. MATIP has a module of its own."""

from pathlib import Path

import pytest

from adapter.config import load_config
from tests.adapter.test_config import complaints, write


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "links: {x: {type: typeb_tcp}}",
            "1:12: links.x.listen: needs exactly one of listen and connect",
        ),
        (
            "links: {x: {type: typeb_tcp, listen: 'tcp:1:interface=127.0.0.1', connect: 'tcp:a:1'}}",
            "needs exactly one of listen and connect",
        ),
        (
            "links: {x: {type: typeb_tcp, connect: 'tcp:a:1', reconnect_seconds_max: 0.5}}",
            "links.x.reconnect_seconds_max: 0.5 is less than reconnect_seconds_min",
        ),
        ("links: {x: {type: typeb_tcp, connect: 'tcp:a'}}", 'should look like "tcp:host.example:9000"'),
        ("links: {x: {type: typeb_tcp, connect: 'tcp:a:1', peers: [10.0.0.1]}}", "peers means nothing"),
        ("links: {x: {type: typeb_tcp, listen: 'tcp:1'}}", "peers has to name the addresses"),
        ("links: {x: {type: typeb_http, listen: 'tcp:1'}}", "peers has to name the addresses"),
        (
            "links: {x: {type: astra_gateway, listen: 'tcp:1', own_name: FFGTW, routers: {}}}",
            'should look like "udp:8080:interface=127.0.0.1"',
        ),
        ("links: {x: {type: astra_gateway, listen: 'udp:1', own_name: FFGTW, routers: {}}}", "nobody could"),
        (
            "links: {x: {type: astra_gateway, listen: 'udp:1', own_name: TOOLONG, routers: {}}}",
            "1:61: links.x.own_name: should match pattern",
        ),
        (
            "links: {x: {type: astra_gateway, listen: 'udp:1', own_name: FFGTW,"
            " routers: {BETDC: {address: host, port: 1}}}}",
            '"host" is not an IP address',
        ),
        (
            "links: {x: {type: astra_gateway, listen: 'udp:1', own_name: FFGTW, send_to: BETDX,"
            " routers: {BETDC: {address: 10.0.0.1, port: 1}}}}",
            '"BETDX" is not among the routers (did you mean "BETDC"?)',
        ),
        (
            "links: {x: {type: astra_gateway, listen: 'udp:1:interface=\\:\\:1', own_name: FFGTW,"
            " routers: {BETDC: {address: 127.0.0.1, port: 1}}}}",
            "links.x.routers.BETDC.address: 127.0.0.1 can't be reached from udp:1:interface=",
        ),
        (
            "links: {x: {type: astra_gateway, listen: 'udp:1', own_name: FFGTW,"
            " routers: {BETDC: {address: '2001:db8::1', port: 1}}}}",
            "links.x.routers.BETDC.address: 2001:db8::1 can't be reached",
        ),
        (
            "links: {x: {type: mailbox, directory: m, senders: [nobody]}}",
            "links.x.senders[0]: should match pattern",
        ),
        (
            "links: {x: {type: mailbox, directory: m}, y: {type: spool, directory: m/in}}",
            "shares its directory with links.x",
        ),
    ],
)
def test_each_mistake_has_its_place_and_words(tmp_path: Path, text: str, expected: str) -> None:
    assert any(expected in line for line in complaints(tmp_path, text + "\n")), complaints(tmp_path, text)


def test_udp_and_tcp_have_ports_of_their_own(tmp_path: Path) -> None:
    gateway = "{{type: astra_gateway, listen: 'udp:{}:interface=127.0.0.1', own_name: FFGTW,"
    gateway += " routers: {{BETDC: {{address: 127.0.0.1, port: 1}}}}}}"
    http = "{type: http, listen: 'tcp:8993:interface=127.0.0.1'}"
    load_config(write(tmp_path, f"links: {{a: {gateway.format(8993)}, b: {http}}}\n"))
    both = f"links: {{a: {gateway.format(8993)}, b: {gateway.format(8993)}}}\n"
    assert any("is taken by links.a.listen already" in line for line in complaints(tmp_path, both))
