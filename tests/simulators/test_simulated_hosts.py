"""The simulated HTTP DCS and the names of dropped files, without sockets."""

import os
from datetime import UTC, datetime

import pytest
from lxml import etree

from simulators import file_dropper
from simulators.file_dropper import copy_name, drop_bytes
from simulators.http_dcs import request_bytes
from simulators.messages import ffp_info


def test_the_built_in_check_escapes_what_it_is_given():
    tree = etree.fromstring(ffp_info("1&2", "UT", 'O"NEIL', "<A>", root=""))
    assert tree.tag == "query"
    (ffp,) = tree.findall("./ffp_info/ffp")
    assert (ffp.text, dict(ffp.attrib)) == ("1&2", {"company": "UT", "surname": 'O"NEIL', "name": "<A>"})
    assert etree.fromstring(ffp_info("1", "UT", "A", "B")).tag == "sirena"


def test_the_head_of_a_request():
    assert request_bytes("dcs", 80, "/astra", b"<q/>") == (
        b"POST /astra HTTP/1.1\r\nContent-Length: 4\r\nHost: dcs:80\r\n"
        b'Content-Type: text/xml; charset="UTF-8"\r\n\r\n<q/>'
    )


def test_the_name_of_a_copy():
    at = datetime(2026, 8, 20, 12, 5, 9, 7000, tzinfo=UTC)
    assert copy_name(at, 4711, "FTL", "UT280", part=2) == (
        "2026_08_20_12_05_09_007.0000047112.FTL.UT280.20.08"
    )


def test_a_file_appears_only_when_it_is_complete(tmp_path, monkeypatch):
    seen: list[list[str]] = []
    monkeypatch.setattr(file_dropper.os, "fsync", lambda _file: seen.append(os.listdir(tmp_path)))
    drop_bytes(tmp_path, "ftl.txt", b"FTL")
    assert seen == [[".ftl.txt.part"]]
    assert os.listdir(tmp_path) == ["ftl.txt"]


def test_a_file_that_is_there_already_is_replaced_whole(tmp_path):
    drop_bytes(tmp_path, "a", b"one")
    assert drop_bytes(tmp_path, "a", b"two").read_bytes() == b"two"
    with pytest.raises(FileNotFoundError):
        drop_bytes(tmp_path / "absent", "a", b"one")
