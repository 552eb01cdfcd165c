"""The tables behind ``names``: how spellings of one name in two alphabets are brought to one *reading*.

A reading is written in a reduced Cyrillic alphabet, because that is where the variety begins: one Cyrillic
letter has several Latin spellings, one Latin spelling only now and then several Cyrillic origins. Sounds that
documents mix up freely are one letter in it: Ё, Э, Е are Е; И, Й, І are И; Я is ИА, Ю is ИУ; the signs Ь, Ъ
are nothing.

Sources: ICAO Doc 9303 part 3 section 6 (passports since 2014: Ю IU, Я IA, Й I, Щ SHCH, Ъ IE, Ц TS); the
order in force 2010-2014 and GOST R 52535.1 (Ц TC); passports of 2000-2010 (Ю YU, Я YA, Й Y, Ё E or YO);
French-style passports before (OFF, TCH, OU, J); GOST 7.79 system B and GOST 16876 (Х X or H, Ц C or CZ, Щ
SHH, Й J); telex habits of the reservation systems; the machine-readable zone of the domestic passport
(digits for letters).
"""

# One letter each; what is not here and not a letter of the reduced alphabet is dropped.
CYRILLIC = {
    **{letter: letter for letter in "АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЫ"},
    "Ё": "Е",
    "Й": "И",
    "Э": "Е",
    "Ю": "ИУ",
    "Я": "ИА",
    "Ь": "",
    "Ъ": "",
    # Ukrainian, Belarusian, Kazakh, Tatar and other letters of passengers of these airlines.
    "І": "И",
    "Ї": "И",
    "Є": "Е",
    "Ґ": "Г",
    "Ў": "У",
    "Ә": "А",
    "Ғ": "Г",
    "Қ": "К",
    "Ң": "Н",
    "Ө": "О",
    "Ұ": "У",
    "Ү": "У",
    "Һ": "Х",
    "Җ": "ДЖ",
    "Ҷ": "Ч",
    "Ҳ": "Х",
    "Ӯ": "У",
    "Ӣ": "И",
}

# Latin letters that decomposition of accents leaves alone.
LATIN_SPECIAL = {"Ø": "O", "Ł": "L", "Đ": "D", "Ð": "D", "Þ": "TH", "Æ": "AE", "Œ": "OE", "ẞ": "SS", "Ə": "A"}

# Latin letters typed into a Cyrillic word because they look the same.
LOOKALIKES = dict(zip("ABCEHKMOPTXY", "АВСЕНКМОРТХУ", strict=True))

# Machine-readable zone of the Russian domestic passport; used for Latin words that hold such a digit.
DOMESTIC_ZONE = dict(
    zip("ABVGDE2JZIQKLMNOPRSTUFHC34WXY9678", "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ", strict=True)
)
DOMESTIC_ZONE_DIGITS = frozenset("2346789")

# Latin to readings: the first rule whose pattern fits at a place wins. Its first reading is the one that
# keys use, the others are tried in comparisons as well. Readings with a question mark are good for a
# question, not for a credit: JANNA may be ЖАННА, but JANA is far more often ЯНА. Patterns are regular
# expressions; look-behind sees the Latin text.
LATIN: tuple[tuple[str, tuple[str, ...]], ...] = (
    # The hard sign of ICAO 9303 ("PODIEIACHEV"): silent before a softened vowel.
    (r"(?<=[BDVKNTZSR])IE(?=E|[IYJ][AUEO])", ("",)),
    (r"SHT?CH", ("Щ",)),
    (r"STCH", ("Щ",)),
    (r"SHH", ("Щ",)),
    (r"TSCH", ("Ч",)),
    (r"SCH", ("Щ", "Ш", "СЧ")),
    (r"TCH", ("Ч",)),
    (r"CH(?=R)", ("К", "Х")),
    (r"(?<=^MI)CH(?=A[IE]L$)", ("Х", "?Ч")),
    (r"CH", ("Ч", "?Х", "?Ш")),
    (r"SH", ("Ш",)),
    (r"DZH", ("ДЖ",)),
    (r"DJ", ("ДИ", "ДЖ")),
    (r"ZH", ("Ж",)),
    (r"KH", ("Х",)),
    (r"PH", ("Ф",)),
    (r"TH", ("Т",)),
    (r"TS", ("Ц",)),
    (r"TC", ("Ц",)),
    (r"CZ", ("Ц", "Ч")),
    (r"CK(?=(?:[IYJ]{1,2}|A[IYJ]A|OGO|OMU|OJ|OI|OY)$)", ("ЦК", "К")),  # TROICKIJ
    (r"CK", ("К",)),
    (r"(?<=[OE])FF$", ("В",)),
    (r"^LU(?=DM|BOV)", ("ЛИУ",)),
    (r"GUE(?=[IY])", ("ГЕ",)),
    (r"OU", ("У", "ОУ")),
    (r"QU", ("КВ", "КУ")),
    # X is KS in ALEXEY, MAXIM, XENIA; Х in telex and GOST spellings.
    (r"^X(?=E)", ("КС", "Х")),
    (r"^X", ("Х", "КС")),
    (r"(?<=^MI)X", ("Х", "КС")),
    (r"X", ("КС", "Х")),
    # C is Ц in telex and GOST spellings (KUZNECOV), К in western ones (VICTOR, CONSTANTIN).
    (r"C(?=[EIYJ])", ("Ц", "К", "С")),
    (r"C(?=[TLR])", ("К", "Ц")),
    (r"^C(?=ONST|AR?OL|ARL)", ("К", "Ц")),
    (r"C", ("Ц", "К")),
    # Y between consonants is Ы; before or after a vowel and at either end it is И.
    (r"(?<=[BCDFGHKLMNPQRSTVWXZ])Y(?=[BCDFGHKLMNPQRSTVWXZ])", ("Ы",)),
    (r"J", ("И", "ДЖ", "?Ж")),
    (r"H", ("Х", "?Г")),
    (r"A", ("А",)),
    (r"B", ("Б",)),
    (r"D", ("Д",)),
    (r"E", ("Е",)),
    (r"F", ("Ф",)),
    (r"G", ("Г",)),
    (r"[IY]", ("И",)),
    (r"K", ("К",)),
    (r"L", ("Л",)),
    (r"M", ("М",)),
    (r"N", ("Н",)),
    (r"O", ("О",)),
    (r"P", ("П",)),
    (r"Q", ("К",)),
    (r"R", ("Р",)),
    (r"S", ("С",)),
    (r"T", ("Т",)),
    (r"U", ("У",)),
    (r"[VW]", ("В",)),
    (r"Z", ("З",)),
)

# Applied to every reading, in this order, whatever alphabet it came from: two origins of a sound end alike.
REDUCTIONS: tuple[tuple[str, str], ...] = (
    (r"ТС", "Ц"),  # Latin TS can't tell them apart
    (r"ЫИ", "И"),  # -ЫЙ
    (r"И+", "И"),
    (r"И[ЕО]", "Е"),  # softened Е, Ё
    (r"(?<=[ЖЧШЩ])О", "Е"),  # Ё after a hushing letter
    (r"(.)\1+", r"\1"),  # doubled letters come and go
)

# A reading in ASCII, for keys. Ы and Щ lose here what they still tell in a comparison.
ASCII = {
    "А": "A", "Б": "B", "В": "V", "Г": "G", "Д": "D", "Е": "E", "Ж": "ZH", "З": "Z", "И": "I", "К": "K",
    "Л": "L", "М": "M", "Н": "N", "О": "O", "П": "P", "Р": "R", "С": "S", "Т": "T", "У": "U", "Ф": "F",
    "Х": "H", "Ц": "TS", "Ч": "CH", "Ш": "SH", "Щ": "SH", "Ы": "I",
}  # fmt: skip

READINGS_MAX = 24
"""Readings kept of one word; more ambiguous words than this keep the likelier ones."""

# Words that are no part of a name.
TITLES = frozenset([
    "MR", "MRS", "MS", "MSS", "MISS", "MSTR", "MST", "MASTER", "MIS", "DR", "DOCTOR", "PROF",
    "SIR", "CHD", "CHLD", "CHILD", "INF", "INFT", "INFANT",
    "МР", "МРС", "МС", "МИСС", "МИСТЕР", "МИССИС", "ГН", "ГЖА",
    "ГОСПОДИН", "ГОСПОЖА", "ДР", "ДОКТОР", "РБ", "РМ",
])  # fmt: skip
# Those that hosts glue to a name. DR is not among them: ALEKSANDR ends so. Longest first.
TITLES_GLUED = ("MASTER", "MSTR", "MISS", "MRS", "MSS", "CHD", "INF", "MR", "MS", "МИСС", "МРС", "МР")
# Written where the given name is not known.
PLACEHOLDERS = frozenset(["FNU", "LNU", "NFN", "NONAME", "UNKNOWN", "XX", "XXX", "НЕТ"])

# Readings (already reduced).
PATRONYMIC_ENDINGS = ("ОВИЧ", "ЕВИЧ", "ИЧ", "ОВНА", "ЕВНА", "ИЧНА")
FATHER_WORDS = frozenset(
    ("ОГЛЫ", "ОГЛИ", "ОГЛУ", "УГЛИ", "КЫЗЫ", "КИЗИ", "КЫЗИ", "ГЫЗЫ", "УЛУ", "УЛЫ", "УЛИ")
)
"""Son or daughter of: the word before it is the father's name."""
SEX_ENDINGS = (("ОВ", "ОВА"), ("ЕВ", "ЕВА"), ("ИН", "ИНА"), ("ЫН", "ЫНА"), ("СКИ", "СКАИА"), ("ЦКИ", "ЦКАИА"),
               ("ОИ", "АИА"), ("И", "АИА"))  # fmt: skip
