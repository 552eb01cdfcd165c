"""How documents, standards and agents write Cyrillic names in Latin letters. Written down from the standards for these
tests alone: shares nothing with the tables of ``loyalty_core``, so that neither can hide the other's mistakes.
"""

import random

VOWELS = "АЕЁИОУЫЭЮЯ"
_SAME = dict(zip("АБВГДЗИКЛМНОПРСТУФЫ", "ABVGDZIKLMNOPRSTUFY", strict=True))
_SAME |= {"Ж": "ZH", "Х": "KH", "Ч": "CH", "Ш": "SH", "Е": "E", "Э": "E", "Ь": "", "Ъ": ""}

ICAO = _SAME | {"Ё": "E", "Й": "I", "Ц": "TS", "Щ": "SHCH", "Ъ": "IE", "Ю": "IU", "Я": "IA"}
GOST_52535 = ICAO | {"Ц": "TC", "Ъ": ""}
PASSPORT_1997 = _SAME | {"Ё": "YE", "Й": "Y", "Ц": "TS", "Щ": "SHCH", "Ю": "YU", "Я": "YA"}
SIRENA = ICAO | {"Ё": "YO", "Й": "Y", "Ю": "YU", "Я": "YA", "Ъ": ""}
ISO_9 = _SAME | {
    "Ж": "Ž",
    "Х": "H",
    "Ч": "Č",
    "Ш": "Š",
    "Щ": "Ŝ",
    "Ц": "C",
    "Й": "J",
    "Ю": "Û",
    "Я": "Â",
    "Э": "È",
}
ISO_9 |= {"Ё": "Ë", "Ь": "ʹ", "Ъ": "ʺ"}
GOST_779_B = _SAME | {
    "Ё": "YO",
    "Х": "X",
    "Ц": "CZ",
    "Щ": "SHH",
    "Й": "J",
    "Ю": "YU",
    "Я": "YA",
    "Ь": "'",
    "Ъ": "''",
}
GOST_16876 = _SAME | {"Ё": "JO", "Х": "KH", "Ц": "C", "Щ": "SHH", "Й": "J", "Ю": "JU", "Я": "JA"}
FRENCH = _SAME | {"Ё": "E", "У": "OU", "Ч": "TCH", "Ш": "CH", "Щ": "CHTCH", "Ж": "J"}
FRENCH |= {"Й": "I", "Ц": "TS", "Ю": "IOU", "Я": "IA"}
UKRAINE = _SAME | {
    "Г": "H",
    "Ґ": "G",
    "Є": "IE",
    "И": "Y",
    "І": "I",
    "Ї": "I",
    "Й": "I",
    "Ц": "TS",
    "Щ": "SHCH",
}
UKRAINE |= {"Ю": "IU", "Я": "IA"}
BELARUS = _SAME | {"Г": "H", "І": "I", "Ў": "U", "Й": "I", "Ц": "TS", "Ё": "IO", "Ю": "IU", "Я": "IA"}
KAZAKHSTAN = ICAO | {
    "Ә": "A",
    "Ғ": "G",
    "Қ": "K",
    "Ң": "N",
    "Ө": "O",
    "Ұ": "U",
    "Ү": "U",
    "Һ": "H",
    "І": "I",
    "Й": "Y",
}
KAZAKHSTAN |= {"Ю": "YU", "Я": "YA"}
ZONE = dict(zip("АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ", "ABVGDE2JZIQKLMNOPRSTUFHC34WXY9678", strict=True))

# What agents type, letter by letter.
TELEX = {letter: (spelling,) for letter, spelling in _SAME.items()} | {
    "Ё": ("E", "YO", "IO", "JO", "E"), "Й": ("I", "Y", "J", "I"), "Х": ("KH", "H", "KH"), "Ц": ("TS", "TC", "C"),
    "Щ": ("SHCH", "SCH", "SHCH", "SHH"), "Ю": ("YU", "IU", "JU"), "Я": ("YA", "IA", "JA"), "Ь": ("", "", "", "'"),
    "Ъ": ("", "'"), "Э": ("E",), "Ы": ("Y",),
}  # fmt: skip

DOCUMENTS = ("icao", "gost 52535", "passport 1997", "french", "sirena")
STANDARDS = (*DOCUMENTS, "iso 9", "gost 7.79 b", "gost 16876")
_TABLES = {
    "icao": ICAO, "gost 52535": GOST_52535, "passport 1997": PASSPORT_1997, "french": FRENCH, "sirena": SIRENA,
    "iso 9": ISO_9, "gost 7.79 b": GOST_779_B, "gost 16876": GOST_16876, "ukraine": UKRAINE, "belarus": BELARUS,
    "kazakhstan": KAZAKHSTAN, "zone": ZONE,
}  # fmt: skip


def write(text: str, table: str) -> str:
    """``text`` in Latin letters by a table, with those of its rules that see more than one letter."""
    letters = _TABLES[table]
    out = []
    for place, letter in enumerate(text):
        before = text[place - 1] if place else ""
        spelling = letters.get(letter, letter)
        if table == "passport 1997" and letter == "Е" and (not before or before in VOWELS + "ЬЪЙ"):
            spelling = "YE"
        if table == "passport 1997" and letter == "Й" and before in "ИЫ":
            spelling = "Y" if before == "И" else ""
        if table == "french":
            following = text[place + 1 : place + 2]
            if letter == "Г" and following in tuple("ЕЁИЫЭ"):
                spelling = "GU"
            if letter == "С" and before in tuple(VOWELS) and following in tuple(VOWELS):
                spelling = "SS"
            if letter == "Й" and before == "И":
                spelling = ""
        if table == "ukraine" and not before:
            spelling = {"Є": "YE", "Ї": "YI", "Й": "Y", "Ю": "YU", "Я": "YA"}.get(letter, spelling)
        if table == "belarus" and letter == "Й" and before in "ІЫ":
            spelling = ""
        out.append(spelling)
    written = "".join(out)
    if table == "ukraine":
        written = written.replace("ZGH", "ZH")
    if table == "french" and len(text) > 4:
        written = written[:-1] + "FF" if text.endswith(("ОВ", "ЕВ", "ЁВ")) else written
        written += "E" if text.endswith("ИН") else ""
    return written


def write_by_habit(text: str, dice: random.Random) -> str:
    """As an agent might: every letter by another habit."""
    written = "".join(dice.choice(TELEX.get(letter, (letter,))) for letter in text)
    if text.startswith("Е") and dice.random() < 0.3:
        written = dice.choice("YJ") + written
    if text.endswith("ИЙ"):
        written = written[: -len("II")] + dice.choice(("II", "IY", "Y", "I", "IJ"))
    return written.replace("KS", "X", 1) if dice.random() < 0.2 else written


def indistinguishable(one: str, other: str) -> bool:
    """Two names that some document spells alike: nobody could tell them apart by that."""
    return any(write(one, table) == write(other, table) for table in STANDARDS) or letters(one) == letters(
        other
    )


def letters(text: str) -> str:
    """The plain letters of a text."""
    return "".join(c for c in text.upper().replace("Ё", "Е") if c.isalnum() and c not in "ʹʺ")
