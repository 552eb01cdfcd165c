"""What a scene did to the books, read from the database while the server writes to it."""

from collections.abc import Iterator, Mapping
from typing import Any

from adapter.reckoning import sentences
from adapter.telling import told
from loyalty_core import Core


class Account:
    """Tells each decision on a journal row: what came by which link, what became of it, which entries it caused."""

    def __init__(self, url: str) -> None:
        self._core = Core.open(url, read_only=True)
        self._seen = 0

    def close(self) -> None:
        self._core.close()

    def news(self) -> Iterator[str]:
        """Lines about the journal rows that are new since the last call."""
        for row in list(self._core.journal_rows(self._seen)):
            self._seen = row["number"]
            found = self._core.explain(journal_id=row["id"])
            yield from _row(found)

    def count(self) -> int:
        """Journal rows up to now."""
        return sum(self._core.status()["messages"].values())

    def status(self) -> dict[str, Any]:
        return self._core.status()

    def verify(self) -> dict[str, Any]:
        return self._core.verify()


def _row(found: Mapping[str, Any]) -> Iterator[str]:
    row = found["journal"]
    (*_earlier, last) = row["handling"]
    part = ", read as one telegram once its last part was there" if row["set_key"] else ""
    yield f"journal {row['id']}: {row['kind'] or 'unrecognised'} by {row['link']}{part}: {_words(last)}"
    for problem in last.get("problems", ()):
        yield f"    {problem['code']} at line {problem['line']}, column {problem['column']}: {problem['text']}"
    for problem in last.get("warnings", ()):
        yield f"    warning {problem['code']} at line {problem['line']}: {problem['text']}"
    for entry in found["entries"]:
        if entry["journal_id"] != row["id"]:
            continue
        amounts = ", ".join(f"{posting['amount']} {posting['unit']}" for posting in entry["postings"])
        member = next(
            (
                account.split(":")[2]
                for posting in entry["postings"]
                for account in (posting["source"], posting["destination"])
                if account.startswith("member:")
            ),
            "?",
        )
        yield f"    entry {entry['lane']}/{entry['seq']}: {_entry_words(entry)}: {amounts}, member {member}"
        if entry["kind"] == "accrual":
            words = [words.strip().removesuffix(".") for words, _rule in sentences(entry["trace"]["steps"])]
            yield f"        because: {'; '.join(words)}"


def _words(handling: Mapping[str, Any]) -> str:
    return ", ".join([handling["state"], *(told(outcome) for outcome in handling.get("outcomes", ()))])


def _entry_words(entry: Mapping[str, Any]) -> str:
    if entry["kind"] == "reversal":
        return f"takes back {entry['reverses']}"
    return {"pending": "pending until proof of flying", "accrual": "posted"}[entry["kind"]]
