"""Guards of the first schema: what the store itself refuses, whoever asks.

Append-only tables take new rows only. Of others a part is fixed once it stands: a lot's owner and dates, what an
operation was asked. Entries are *sealed* when the head of their lane is written, which comes last: nothing is put under
an earlier entry afterwards.
"""

from collections.abc import Sequence

from alembic import op

APPEND_ONLY = ("journal", "handling", "entry", "posting", "lot_move", "host_key", "tier_belief")

SEALED = ("entry", "posting", "lot", "lot_move")
"""Tables whose new rows must be of entries behind the head of their lane."""

FIXED: dict[str, Sequence[str]] = {
    "lot": ("lane", "seq", "number", "member_id", "unit", "earned_on", "expires_on", "amount"),
    "operation": ("key", "kind", "programme", "member_id", "amount", "until", "content", "journal_id"),
    "balance": ("account", "unit"),
    "member": ("id", "programme", "number"),
    "card": ("programme", "number", "member_id"),
    "lane": ("name",),
    "handling_head": ("name",),
    "business_clock": ("name",),
    "receipt": ("link", "digest", "journal_id"),
}
"""Columns that are never changed; rows of these tables are never deleted either."""

FORWARD = {
    "lane": "NEW.seq < OLD.seq",
    "handling_head": "NEW.number < OLD.number",
    "business_clock": "NEW.at < OLD.at",
    # An adjustment gets its entry when somebody else approves it.
    "operation": "OLD.seq <> 0 AND (NEW.seq <> OLD.seq OR NEW.lane <> OLD.lane)",
}
"""Changes that would be a step back."""


def create_guards() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _guard_sqlite() -> None:
    def trigger(name: str, when: str, table: str, condition: str, text: str) -> None:
        asked = f" WHEN {condition}" if condition else ""
        op.execute(
            f"CREATE TRIGGER {table}_{name} BEFORE {when} ON {table}{asked} "
            f"BEGIN SELECT RAISE(ABORT, '{table} {text}'); END"
        )

    for table in APPEND_ONLY:
        trigger("no_update", "UPDATE", table, "", "is append-only")
    for table in (*APPEND_ONLY, *FIXED):
        trigger("no_delete", "DELETE", table, "", "is append-only")
    for table, columns in FIXED.items():
        changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in columns)
        trigger("fixed", "UPDATE", table, changed, "is fixed")
    for table, condition in FORWARD.items():
        trigger("forward", "UPDATE", table, condition, "goes forward only")
    for table in SEALED:
        sealed = "EXISTS (SELECT 1 FROM lane WHERE name = NEW.lane AND seq >= NEW.seq)"
        trigger("sealed", "INSERT", table, sealed, "belongs to a sealed entry")


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% %', TG_TABLE_NAME, TG_ARGV[0]; END $$"
    )
    op.execute(
        "CREATE FUNCTION refuse_sealed() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF EXISTS (SELECT 1 FROM lane WHERE name = NEW.lane AND seq >= NEW.seq) THEN "
        "RAISE EXCEPTION '% belongs to a sealed entry', TG_TABLE_NAME; END IF; RETURN NEW; END $$"
    )

    def trigger(name: str, when: str, table: str, scope: str, text: str) -> None:
        op.execute(
            f"CREATE TRIGGER {table}_{name} BEFORE {when} ON {table} {scope} "
            f"EXECUTE FUNCTION refuse_change('{text}')"
        )

    for table in APPEND_ONLY:
        trigger("append_only", "UPDATE OR DELETE OR TRUNCATE", table, "FOR EACH STATEMENT", "is append-only")
    for table, columns in FIXED.items():
        trigger("no_delete", "DELETE OR TRUNCATE", table, "FOR EACH STATEMENT", "is append-only")
        changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns)
        trigger("fixed", "UPDATE", table, f"FOR EACH ROW WHEN ({changed})", "is fixed")
    for table, condition in FORWARD.items():
        compared = condition.replace("NEW.at < OLD.at", 'NEW.at < OLD.at COLLATE "C"')
        trigger("forward", "UPDATE", table, f"FOR EACH ROW WHEN ({compared})", "goes forward only")
    for table in SEALED:
        op.execute(
            f"CREATE TRIGGER {table}_sealed BEFORE INSERT ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_sealed()"
        )
