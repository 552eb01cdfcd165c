"""Figures, not pass or fail: card checks and flown coupons over sockets against a floor measured in the same run.

The floor is the least that any gateway of this kind must do with the same documents, in one process. Card checks are
answered and not kept: libxml2 parse and XSD validation of each. Flown coupons are kept: the same, and one bulk insert
per batch, committed as durably (SQLite, WAL, synchronous=FULL). Run it with

    python -m pytest -m bench -s

A server, a load generator and whatever else runs share the machine's processors: read the ratios, not the rates.
"""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from lxml import etree

import schemas
from simulators.population import card_checks, flown_notices, members_csv
from tests.system.server import ffgate, serving

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

MEMBERS = 20_000
COUPONS = 5
ROUNDS = int(os.environ.get("FFGATE_BENCH_ROUNDS", "5"))
CHECKS = 4_000
NOTICES = 600
BATCH = 50
SCHEMAS = Path(schemas.__path__[0])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    directory = tmp_path_factory.mktemp("bench")
    (directory / "config.yaml").write_text(CONFIG)
    (directory / "members.csv").write_bytes(members_csv(MEMBERS))
    ffgate(directory, "members", "import", "members.csv")
    with serving(directory, CONFIG) as running:
        yield running


CONFIG = """\
database: {url: "sqlite:///var/bench.sqlite"}
admin: null
logs: {level: warning}
links:
  gateway:
    type: sirena
    listen: tcp:0:interface=127.0.0.1
    clients:
      4242: {name: load, address: [127.0.0.1], cipher: plaintext}
"""


Keep = Callable[[list[bytes]], None]


def floor(bodies: list[bytes], schema: Path, keep: Keep | None = None) -> float:
    """Seconds for parse and validation of these documents, and for keeping them batch by batch if they are kept."""
    validator = etree.XMLSchema(etree.parse(schema))
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    began = time.perf_counter()
    for start in range(0, len(bodies), BATCH):
        batch = bodies[start : start + BATCH]
        for body in batch:
            method = etree.fromstring(body, parser)[0][0]
            assert validator.validate(method), validator.error_log
        if keep:
            keep(batch)
    return time.perf_counter() - began


@contextmanager
def journal(database: Path) -> Iterator[Keep]:
    """What keeps a batch by one durable bulk insert."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS journal (id INTEGER PRIMARY KEY, raw BLOB)")

        def keep(batch: list[bytes]) -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO journal (raw) VALUES (?)", [(body,) for body in batch])
            connection.execute("COMMIT")

        yield keep


def load(port: int, *options: str) -> dict[str, Any]:
    command = [
        sys.executable,
        "-m",
        "simulators",
        "load",
        "--port",
        str(port),
        "--client-id",
        "4242",
        *options,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["refused"] == 0, found["refused_sample"]
    return found


def port_of(server: Any) -> int:
    return int(server.addresses["gateway"].rpartition(":")[2])


def report(title: str, rows: list[dict[str, Any]], floors: list[float], documents: int, per: int = 1) -> None:
    floor_rate = documents / median(floors)
    rate = median(row["per_second"] for row in rows)
    ratios = [row["per_second"] * seconds / documents for row, seconds in zip(rows, floors, strict=True)]
    unit = "coupons" if per > 1 else "checks"
    print(
        f"\n{title}: {rate * per:,.0f} {unit}/s, floor {floor_rate * per:,.0f} {unit}/s,"
        f" ratio {median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f} over {len(rows)} rounds);"
        f" p50 {median(row['p50_ms'] for row in rows):.1f} ms, p99 {median(row['p99_ms'] for row in rows):.1f} ms"
    )


def test_card_checks(server: Any) -> None:
    bodies = list(card_checks(CHECKS, MEMBERS))
    rows, floors = [], []
    for _round in range(ROUNDS):
        floors.append(floor(bodies, SCHEMAS / "sirena" / "ffp_info.request.xsd"))
        rows.append(
            load(port_of(server), "--what", "checks", "--count", str(CHECKS), "--members", str(MEMBERS))
        )
    report("card checks, 20 connections with 8 in flight", rows, floors, CHECKS)


def test_card_checks_one_after_the_other(server: Any) -> None:
    count = CHECKS // 8
    bodies = list(card_checks(count, MEMBERS))
    rows, floors = [], []
    for _round in range(ROUNDS):
        floors.append(floor(bodies, SCHEMAS / "sirena" / "ffp_info.request.xsd"))
        options = ("--connections", "1", "--in-flight", "1")
        rows.append(
            load(
                port_of(server),
                "--what",
                "checks",
                "--count",
                str(count),
                "--members",
                str(MEMBERS),
                *options,
            )
        )
    report("card checks, one connection, one at a time", rows, floors, count)


def test_coupons(server: Any, tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    bodies = list(flown_notices(NOTICES, MEMBERS, COUPONS, today))
    rows, floors = [], []
    for number in range(ROUNDS):
        with journal(tmp_path / "floor.sqlite") as keep:
            floors.append(floor(bodies, SCHEMAS / "ffgate" / "ffp_accrual.request.xsd", keep))
        options = ("--members", str(MEMBERS), "--coupons", str(COUPONS), "--first", str(number * NOTICES))
        rows.append(load(port_of(server), "--what", "coupons", "--count", str(NOTICES), *options))
    report(
        f"flown notices of {COUPONS} coupons, 20 connections with 8 in flight", rows, floors, NOTICES, COUPONS
    )
    verified = json.loads(ffgate(server.log.parent, "verify", "--json").stdout)
    assert verified["ok"], verified["checks"]
    assert verified["entries"] == ROUNDS * NOTICES * COUPONS
