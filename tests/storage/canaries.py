"""Canaries: a check, and damage to sound books that it has to find (statements parted by semicolons)."""

GONE = "DELETE FROM journal WHERE id = {0}; DELETE FROM handling WHERE journal_id = {0}"
"""A journal row with all that became of it."""

CANARIES = [
    ("hash chain", "UPDATE entry SET trace = replace(trace, '840', '841') WHERE seq = 1"),
    ("hash chain", "UPDATE entry SET posted_at = '2026-08-20T12:05:01Z' WHERE seq = 2"),
    ("hash chain", "UPDATE entry SET hash = previous WHERE seq = 2"),
    ("hash chain", "UPDATE entry SET seq = seq + 1000 WHERE seq = 2"),
    ("hash chain", "DELETE FROM entry WHERE seq = 2"),
    ("hash chain", "DELETE FROM entry WHERE seq = (SELECT max(seq) FROM entry)"),
    ("hash chain", "DELETE FROM entry"),
    ("hash chain", "UPDATE lane SET seq = seq - 1"),
    ("hash chain", "UPDATE lane SET head = hex(zeroblob(32))"),
    ("hash chain", "UPDATE entry SET member_id = (SELECT max(id) FROM member) WHERE seq = 1"),
    ("hash chain", "UPDATE journal SET digest = zeroblob(32) WHERE id = (SELECT min(journal_id) FROM entry)"),
    ("hash chain", "UPDATE posting SET amount = amount + 1 WHERE seq = 1 AND number = 1"),
    ("hash chain", "UPDATE posting SET destination = 'member:demo:M3:award' WHERE seq = 1 AND number = 1"),
    (
        "balances are the sum of postings",
        "UPDATE balance SET amount = amount + 1 WHERE account LIKE '%M1:award'",
    ),
    ("balances are the sum of postings", "DELETE FROM balance WHERE account LIKE '%M1:award'"),
    ("balances are the sum of postings", "INSERT INTO balance VALUES ('member:demo:M2:award', 'award', 7)"),
    ("all accounts sum to zero", "UPDATE balance SET amount = amount + 1 WHERE account LIKE '%M1:award'"),
    (
        "accounts are those of the chart, on their side of zero",
        "UPDATE balance SET amount = -5 WHERE account LIKE '%M1:award'",
    ),
    (
        "accounts are those of the chart, on their side of zero",
        "INSERT INTO balance VALUES ('member:demo:M1:deficit', 'award', 5)",
    ),
    (
        "accounts are those of the chart, on their side of zero",
        "UPDATE balance SET account = 'programme:demo:secret' WHERE account LIKE '%issue' AND unit = 'award'",
    ),
    (
        "accounts are those of the chart, on their side of zero",
        "UPDATE balance SET unit = 'segments' WHERE account LIKE '%M1:award'",
    ),
    (
        "lots are what their moves made of them",
        "UPDATE lot SET remaining = remaining - 1, held = 1 WHERE remaining > 0",
    ),
    ("lots are what their moves made of them", "DELETE FROM lot_move"),
    ("lots are what their moves made of them", "UPDATE lot_move SET destination = 'expired'"),
    ("lots are what their moves made of them", "UPDATE lot_move SET lot_number = 7"),
    ("operations are what their entries say", "UPDATE operation SET amount = 7 WHERE key = 'spent'"),
    ("operations are what their entries say", "UPDATE operation SET state = 'reversed' WHERE key = 'spent'"),
    ("operations are what their entries say", "DELETE FROM operation WHERE key = 'spent'"),
    ("operations are what their entries say", "UPDATE operation SET seq = 1 WHERE key = 'opened'"),
    ("holds are what is held", "UPDATE operation SET remaining = 1 WHERE key = 'held'"),
    ("holds are what is held", "DELETE FROM operation WHERE key = 'held'"),
    ("places in pools are of members", "UPDATE pool_place SET pool_id = 4711"),
    ("places in pools are of members", "UPDATE pool_place SET member_id = pool_id, pool_id = member_id"),
    ("nobody owes miles and has some", "INSERT INTO balance VALUES ('member:demo:M1:deficit', 'award', -5)"),
    ("open lots are the award balance", "UPDATE lot SET remaining = remaining - 1 WHERE remaining > 0"),
    ("open lots are the award balance", "DELETE FROM lot"),
    ("lots are what their entries gave", "UPDATE lot SET amount = amount + 1"),
    ("lots are what their entries gave", "UPDATE lot SET expires_on = earned_on, earned_on = '2029-01-01'"),
    (
        "lots are what their entries gave",
        "UPDATE lot SET seq = seq + 100 WHERE seq = (SELECT max(seq) FROM lot)",
    ),
    ("every standing credit has one live entry", "DELETE FROM standing_credit WHERE status = 'posted'"),
    ("every standing credit has one live entry", "UPDATE standing_credit SET seq = 1"),
    ("every standing credit has one live entry", "UPDATE standing_credit SET seq = 100 + seq"),
    ("every standing credit has one live entry", "UPDATE standing_credit SET award = award + 1"),
    ("carriages say what their credits are", "UPDATE carriage SET credit = 'none' WHERE credit = 'posted'"),
    (
        "carriages say what their credits are",
        "UPDATE carriage SET credit = 'posted' WHERE credit <> 'posted'",
    ),
    ("carriages say what their credits are", "UPDATE standing_credit SET carriage_id = carriage_id + 100"),
    ("reversals mirror their originals", "UPDATE posting SET amount = amount + 1 WHERE seq = 2"),
    ("reversals mirror their originals", "UPDATE entry SET reverses = 'main/77' WHERE seq = 2"),
    (
        "tier counters are the sum of credits",
        "UPDATE day_total SET amount = amount + 1 WHERE unit = 'qualifying'",
    ),
    ("tier counters are the sum of credits", "UPDATE day_total SET day = '2025-08-20'"),
    ("tier counters are the sum of credits", "UPDATE day_total SET unit = 'xp' WHERE unit = 'segments'"),
    ("tier counters are the sum of credits", "DELETE FROM day_total"),
    (
        "every standing credit has one live entry",
        "UPDATE standing_credit SET counters = replace(counters, 'segments', 'xp') WHERE status = 'posted'",
    ),
    (
        "every standing credit has one live entry",
        "UPDATE standing_credit SET counters = replace(counters, ',', ', ') WHERE status = 'posted'",
    ),
    (
        "accounts are those of the chart, on their side of zero",
        "UPDATE balance SET account = replace(account, ':segments', ':x-p'), unit = 'x-p' WHERE unit = 'segments'",
    ),
    ("tiers are what flights and given tiers say", "UPDATE member SET tier = 'GOLD' WHERE number = 'M2'"),
    (
        "tiers are what flights and given tiers say",
        "UPDATE member SET tier_until = '2031-12-31' WHERE number = 'M2'",
    ),
    (
        "tiers are what flights and given tiers say",
        "UPDATE member SET granted_tier = 'GOLD' WHERE number = 'M1'",
    ),
    (
        "what is believed of tiers is what stands",
        "UPDATE member SET spells = replace(spells, 'SILVER', 'GOLD') WHERE spells <> ''",
    ),
    ("what is believed of tiers is what stands", "DELETE FROM tier_belief"),
    ("what is believed of tiers is what stands", "UPDATE tier_belief SET until = '2031-12-31'"),
    (
        "every journal row has an outcome",
        "DELETE FROM handling WHERE journal_id = (SELECT max(id) FROM journal)",
    ),
    (
        "hash chain",
        "UPDATE journal SET raw_digest = zeroblob(32) WHERE id = (SELECT min(journal_id) FROM entry)",
    ),
    (
        "the journal holds the bytes that came",
        "UPDATE journal SET raw = CAST(raw || ' ' AS BLOB) WHERE id = 1",
    ),
    ("the journal holds the bytes that came", "UPDATE journal SET raw_digest = zeroblob(32) WHERE id = 2"),
    ("all evidence belongs to a carriage", "DELETE FROM carriage WHERE credit = 'posted'"),
    ("all evidence belongs to a carriage", "UPDATE evidence SET carriage_id = 4711"),
    ("every posting belongs to an entry", "UPDATE posting SET seq = 4711 WHERE seq = 1"),
    ("the clock looks at every lot in time", "UPDATE lot SET look_on = '' WHERE remaining > 0"),
    ("the clock looks at every lot in time", "UPDATE lot SET look_on = '2099-12-31' WHERE remaining > 0"),
    ("promotions have given what credits say", "UPDATE promotion_use SET used = used + 1"),
    ("promotions have given what credits say", "DELETE FROM promotion_use WHERE member_id > 0"),
    (
        "promotions have given what credits say",
        "UPDATE standing_credit SET promoted = '' WHERE promoted <> ''",
    ),
    (
        "no budget of a promotion is overdrawn",
        "UPDATE posting SET amount = amount + 51 WHERE source LIKE '%promotion/%'",
    ),
    ("nobody waits for a grant without a look at it", "UPDATE standing_grant SET occasion = '2031'"),
    ("nobody waits for a grant without a look at it", "DELETE FROM standing_grant"),
    ("grants stand once, as the chain tells", "DELETE FROM standing_grant"),
    ("grants stand once, as the chain tells", "UPDATE standing_grant SET occasion = '2031'"),
    ("grants stand once, as the chain tells", "UPDATE standing_grant SET day = '2026-08-01'"),
    ("grants stand once, as the chain tells", "UPDATE standing_grant SET amounts = '{\"award\":501}'"),
    (
        "grants stand once, as the chain tells",
        "INSERT INTO standing_grant SELECT member_id, name, 'again', day, amounts, lane, seq FROM standing_grant",
    ),
    ("only merged members pay for one another", "DELETE FROM family_offset"),
    ("only merged members pay for one another", "INSERT INTO family_offset VALUES ('main/1', 1)"),
    ("only merged members pay for one another", "UPDATE member SET survivor_id = id"),
    ("members are there", "DELETE FROM member WHERE number = 'M1'"),
    ("members are there", "UPDATE member SET survivor_id = 999 WHERE number = 'M2'"),
    (
        "hash chain",
        "UPDATE entry SET because = '[]' WHERE because <> '[]'",
    ),
    (
        "postings move whole amounts between accounts of the chart",
        "UPDATE posting SET amount = 0 WHERE seq = 1 AND number = 1",
    ),
    (
        "postings move whole amounts between accounts of the chart",
        "UPDATE posting SET source = 'programme:demo:secret' WHERE seq = 1",
    ),
    (
        "postings move whole amounts between accounts of the chart",
        "UPDATE posting SET unit = 'segments' WHERE unit = 'award'",
    ),
    (
        "lots are what their moves made of them",
        "UPDATE lot SET remaining = amount + 1 WHERE remaining = amount",
    ),
    ("lots and moves are what the chain tells", "UPDATE lot SET expires_on = '2099-12-31'"),
    ("lots and moves are what the chain tells", "UPDATE lot SET earned_on = '2020-01-01' WHERE seq = 7"),
    (
        "lots and moves are what the chain tells",
        "UPDATE lot SET member_id = (SELECT id FROM member WHERE number = 'M3') WHERE remaining > 0",
    ),
    (
        "lots and moves are what the chain tells",
        "UPDATE lot_move SET lot_seq = (SELECT max(seq) FROM lot) WHERE destination = 'spent'",
    ),
    ("transferred lots keep their dates", "UPDATE lot SET expires_on = '2099-12-31'"),
    ("nothing expires before its last day", "UPDATE lot SET expires_on = '2099-12-31' WHERE expired > 0"),
    ("nothing expires before its last day", "UPDATE lot SET expires_on = '' WHERE expired > 0"),
    (
        "operations are what the chain tells",
        "UPDATE operation SET until = '2099-01-01T00:00:00.000000Z' WHERE key = 'held'",
    ),
    ("operations are what the chain tells", "UPDATE operation SET key = 'mine' WHERE key = 'spent'"),
    ("operations are what the chain tells", "UPDATE operation SET content = '{}' WHERE key = 'opened'"),
    (
        "operations are what the chain tells",
        "UPDATE operation SET content = replace(content, 'Ivanova', 'Petrova') WHERE key = 'give'",
    ),
    ("operations are what the chain tells", "DELETE FROM operation WHERE kind = 'approve'"),
    ("only merged members pay for one another", "INSERT INTO family_offset VALUES ('main/1', 1)"),
    (
        "no coupon is credited twice",
        "INSERT INTO standing_credit SELECT 'other', credit_key || 'X', carriage_id, member_id, status, lane, seq,"
        " award, counters, flown_on, tier, carriage_key, facts, pool_id, pool_share, promoted FROM standing_credit"
        " WHERE status = 'posted'",
    ),
    (
        "reversals mirror their originals",
        "DROP INDEX entry_reverses; UPDATE entry SET reverses = (SELECT max(reverses) FROM entry)"
        " WHERE reverses <> ''",
    ),
    ("every journal row has an outcome", "DELETE FROM journal WHERE id = 2"),
    ("every journal row has an outcome", GONE.format(2)),
    ("the handling log is chained to the journal and the ledger", GONE.format(2)),
    (
        "the handling log is chained to the journal and the ledger",
        GONE.format("(SELECT max(journal_id) FROM handling)"),
    ),
    (
        "the handling log is chained to the journal and the ledger",
        # Bytes and their digest, of a row that made no entry.
        "UPDATE journal SET raw = x'00',"
        " raw_digest = x'6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d' WHERE id = 2",
    ),
    (
        "the handling log is chained to the journal and the ledger",
        "UPDATE journal SET kind = 'x' WHERE id = 2",
    ),
    (
        "the handling log is chained to the journal and the ledger",
        "UPDATE journal SET received_at = '2026-08-19T12:05:01Z' WHERE id = 2",
    ),
    (
        "the handling log is chained to the journal and the ledger",
        "UPDATE handling SET outcome = replace(outcome, '840', '841') WHERE outcome LIKE '%840%'",
    ),
    (
        "the handling log is chained to the journal and the ledger",
        "UPDATE handling SET config_digest = 'x' WHERE number = 3",
    ),
    (
        "the handling log is chained to the journal and the ledger",
        "UPDATE handling SET hash = zeroblob(32) WHERE number = 1",
    ),
    (
        "the handling log is chained to the journal and the ledger",
        "UPDATE handling SET number = number + 1000 WHERE number = (SELECT max(number) FROM handling)",
    ),
    (
        "the handling log is chained to the journal and the ledger",
        "UPDATE handling_head SET number = number - 1",
    ),
    (
        "the handling log is chained to the journal and the ledger",
        # The ledger of a lane can't be taken away as a whole: the log names its entries.
        "UPDATE entry SET hash = replace(hash, 'a', 'b') WHERE hash LIKE '%a%'",
    ),
    ("nothing waits longer than it may", "UPDATE part_set SET touched_at = '2026-01-01T00:00:00.000000Z'"),
    ("nothing waits longer than it may", "DELETE FROM part"),
    (
        "the handling log is chained to the journal and the ledger",
        "UPDATE handling_head SET hash = zeroblob(32)",
    ),
    (
        "repeats get the answer that was decided",
        "UPDATE receipt SET state = 'applied' WHERE state = 'refused'",
    ),
    (
        "repeats get the answer that was decided",
        "UPDATE receipt SET outcome = replace(outcome, '840', '841')",
    ),
    (
        "every entry was made by a decision on its journal row",
        "UPDATE entry SET journal_id = 1 WHERE seq = 2",
    ),
    ("every entry was made by a decision on its journal row", "UPDATE handling SET seq = 0 WHERE seq = 1"),
    ("members are there", "UPDATE card SET member_id = 4711 WHERE number = '7700000000011'"),
]
