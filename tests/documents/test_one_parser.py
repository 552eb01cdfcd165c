"""One module alone creates XML parsers and stylesheets: elsewhere the limits and refusals would not apply."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CALLS = re.compile(r"\b(XMLParser|fromstring|parse|iterparse|XSLT|XML|HTML|XMLSchema)\(")
THE_ONE = ROOT / "adapter" / "documents" / "xml.py"
ALLOWED = {
    "adapter/mapping/check.py": {"XMLSchema"},  # our own schema files, read at start
}


def test_parsers_are_made_in_one_module_only() -> None:
    found = []
    for package in ("adapter", "loyalty_core"):
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            source = path.read_text(encoding="utf-8")
            if path == THE_ONE or not re.search(r"\b(lxml|xmlschema|xml\.(etree|dom|sax)\b)", source):
                continue
            calls = set(CALLS.findall(source)) - ALLOWED.get(name, set())
            found += [f"{name}: {call}(" for call in sorted(calls)]
    assert found == []
    assert {"XMLParser", "fromstring", "XSLT"} <= set(CALLS.findall(THE_ONE.read_text(encoding="utf-8")))
