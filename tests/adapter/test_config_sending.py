"""Settings of sending and of answers to lists: each mistake with its place."""

from pathlib import Path

import pytest

from adapter.config import load_config
from adapter.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "sending: {first_retry_seconds: 500}",
            "1:10: sending.retry_seconds_max: 300.0 is less than first_retry_seconds (500.0)",
        ),
        (
            "links: {x: {type: spool, directory: d, answer: {}}}",
            '1:40: links.x.answer: "origin" is missing here',
        ),
        (
            "links: {x: {type: spool, directory: d, answer: {origin: MOW}}}",
            "links.x.answer.origin: should match pattern",
        ),
        (
            "links: {x: {type: spool, directory: d, answer: {origin: MOWFFXY, link: y}}}",
            '1:72: links.x.answer.link: there is no link "y" by which telegrams can leave',
        ),
        (
            "links: {x: {type: spool, directory: d, answer: {origin: MOWFFXY, to: [LEDKKXY, MOWFFXY]}}}",
            "1:70: links.x.answer.to: MOWFFXY is our own address (origin)",
        ),
        (
            'links: {x: {type: astra_gateway, listen: "udp:0", own_name: FFGTW, answer: {origin: MOWFFXY},'
            " routers: {A: {address: 10.0.0.1, port: 1}, B: {address: 10.0.0.2, port: 1}}}}",
            "links.x.answer: nothing can leave by this link",
        ),
        (
            "links: {x: {type: mailbox, directory: d, answer: {origin: MOWFFXY}}}",
            "1:50: links.x.answer: nothing can leave by this link: name one that can in answer.link",
        ),
    ],
)
def test_each_mistake_has_its_place_and_words(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    found = [str(problem) for problem in caught.value.problems]
    assert any(expected in line for line in found), found


def test_a_gateway_sends_where_it_is_clear_to_whom(tmp_path: Path) -> None:
    routers = "A: {address: 10.0.0.1, port: 1}, B: {address: 10.0.0.2, port: 1}"
    one = '{type: astra_gateway, listen: "udp:1:interface=127.0.0.1", own_name: FFGTW, routers: {%s}%s}'
    (tmp_path / "config.yaml").write_text(
        "links:\n"
        f"  either: {one % (routers, '')}\n"
        f"  named: {(one % (routers, ', send_to: B')).replace('udp:1', 'udp:2')}\n"
        f"  only: {(one % (routers.partition(', B')[0], '')).replace('udp:1', 'udp:3')}\n",
        encoding="utf-8",
    )
    assert set(load_config(tmp_path / "config.yaml").senders) == {"named", "only"}
