"""Spelling tables behind ``names``: how spellings of one name in two alphabets are brought to one *reading*.

A reading is written in a reduced Cyrillic alphabet, because that is where the variety begins: one Cyrillic letter has
several Latin spellings, one Latin spelling only now and then several Cyrillic origins. Letters that documents mix up
freely are one letter in it: Э is Е; Й, І are И; Я is ИА, Ю is ИУ; the signs Ь, Ъ are nothing.

Each table is a list of rules (pattern, choices). At each place of a word the first rule that fits wins; what no rule
knows is dropped. A pattern begins, behind its look-behinds, with a letter or a class of letters; it sees the whole
word. The first choice is the one that keys use. A choice is good

* for a credit, as it stands;
* between given names only, with ``~``: those are few, and no two of them differ by БЫ- and БИ- alone. Surnames do;
* for a question only, with ``?``: JANNA may be ЖАННА, but JANA is far more often ЯНА.

Sources, by the mark that the rules below carry:

* [9303] ICAO Doc 9303 part 3 section 6, in passports since 2013: Ю IU, Я IA, Й I, Ц TS, Щ SHCH, Ъ IE, Ё E;
* [52535] GOST R 52535.1-2006, in force 2010-2013: as [9303] but Ц TC, no Ъ;
* [310] order 310 of 1997 and passports to 2010: Ю YU, Я YA, Й Y, Ё YE or E, Е YE at the start, behind a vowel, Ь, Ъ;
* [fr] passports to 1997, in the French manner: OU, TCH, CH for Ш, CHTCH, J for Ж, GU before E and I, -OFF, -INE, SS;
* [7.79] GOST 7.79-2000 systems A (ISO 9: Ž, Č, Š, Ŝ, Û, Â) and B (Ё YO, Х X, Ц CZ or C, Щ SHH, Й J);
* [16876] GOST 16876-71: Х KH or H, Ц C, Щ SHH, Ю JU, Я JA, Ё JO;
* [telex] habits of agents: Щ SCH or SHH, Х H or X, Ц C, Ё YO, JO or IO, КС X, Ь and Ъ dropped or an apostrophe;
* [55] the Ukrainian table (resolution 55 of 2010): Г H, И Y, Є IE or YE, Х KH;
* [by] Belarusian passports: Г H, Ы Y, Ў U; [kz] Kazakh and Tatar letters; [de], [tr], [eu] Latin letters with marks
  and what remains of them: Ü is UE or U.
"""

Rules = tuple[tuple[str, tuple[str, ...]], ...]

_CONSONANT = "[BCDFGHKLMNPQRSTVWXZČĆÇĞŠŚŞȘŜŢȚŽŻ]"

CYRILLIC: Rules = (
    # Ё and a softened Е leave Ь and Ъ behind or not: SOLOVEV, SOLOVIEV, SOLOVYEV. Plain ИЕ never becomes E: ВАЛИЕВ
    # and ВАЛЕВ are two surnames in every table.
    (r"[ЬЪ][ЕЁЭЄ]", ("Е", "ИЕ", "ИО")),
    (r"Ё", ("Е", "ИЕ", "ИО")),
    (r"[ЬЪ]О", ("О", "ИО", "Е")),
    (r"ЙО", ("ИО", "Е")),
    *((letter, (letter,)) for letter in "АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩ"),
    ("Ы", ("Ы", "~И")),
    ("[ЭЄ]", ("Е",)),
    ("[ЙІЇӢ]", ("И",)),
    ("Ю", ("ИУ",)),
    ("Я", ("ИА",)),
    ("[ҐҒ]", ("Г",)),
    ("Қ", ("К",)),
    ("Ң", ("Н", "НГ")),
    ("Ә", ("А", "Е")),
    ("Ө", ("О", "У")),
    ("[ЎҰҮӮ]", ("У",)),
    ("[ҺҲ]", ("Х",)),
    ("Җ", ("ДЖ", "Ж")),
    ("Ҷ", ("Ч", "ДЖ")),
)

UKRAINIAN_LETTERS = frozenset("ІЇЄҐЎ")
UKRAINIAN: Rules = (  # before CYRILLIC, in words with one of those letters [55], [by]
    ("Г", ("Г", "Х")),
    ("И", ("И", "Ы")),
)

# Before LATIN, in words that show French spelling [fr].
FRENCH_WORD = r"OU(?!$)|TCH(?![JY])|GUE?[IY]|INE$|[OE]FF$"
FRENCH: Rules = (
    (r"CHTCH", ("Щ",)),
    (r"CH(?![RT])", ("Ш", "?Ч", "?Х")),
    (r"CH(?=T)", ("Ш", "Х")),
    (r"(?<!D)J", ("Ж", "?И")),
    (r"INE$", ("ИН", "ИНЕ")),
)

# The same in the other words of such a name: they may come by another table.
FRENCH_NAME: Rules = (
    (r"CH(?![RT])", ("Ч", "Ш", "?Х")),
    (r"^J(?=ANN)", ("Ж", "ДЖ", "?И")),
    (r"(?<!D)J(?![EO])", ("И", "Ж", "ДЖ")),
    (r"JE", ("Е", "ИЕ", "ЖЕ")),
)

# Before LATIN, in words that don't end like a Slavic surname [de].
SLAVIC_WORD = r"(?:[OE](?:V|W|FF)|[IY]N|SK|TSK|CK|ENK|CHUK|[IY]?UK|ICH)(?:A|O|OGO|[IYJ]{0,2}|A[IYJ]A)$"
FOREIGN: Rules = (
    (r"SCH(?=[AEIOUYÄÖÜ])", ("Ш", "Щ", "СЧ")),
    (r"GUE(?=[B-DF-HJ-NP-TV-Z])(?!.L?$)", ("ГЕ", "ГУ", "ГИУ", "ГУЕ")),
    (r"(?<![AEIOUQG])UE(?=[B-DF-HJ-NP-TV-Z])(?!L$)", ("У", "ИУ", "УЕ")),
    (r"(?<![AEIOU])OE(?=[B-DF-HJ-NP-TV-Z])(?!L$)", ("О", "Е", "ОЕ")),
    (r"(?<![AEIOU])AE(?=[B-DF-HJ-NP-TV-Z])(?!L$)", ("АЕ", "Е", "?А")),
    (r"IE(?=[B-DF-HJ-NP-TV-Z])(?!L)", ("ИЕ", "И", "~Е")),
    (r"EI(?=[BDFKLMPRSTVWZ])", ("ЕИ", "АИ")),
    (r"EU(?=[BDFKLMNPRSTVWZ])", ("ЕУ", "ЕИ", "ОИ")),
    (r"TZ", ("Ц", "ТЗ")),
    (r"(?<=[LNR])Z(?!H)", ("З", "Ц")),
    (r"^W(?=[AEIO])", ("В", "У")),
    (r"(?<=[ÄÖÜ])H(?=[LMNR])", ("", "Х")),
    (r"(?<=[AEOU])H(?=[LNR])", ("Х", "?")),
    # What a dropped mark leaves of Ü and Ö.
    (rf"U(?={_CONSONANT})", ("У", "?ИУ")),
    (rf"O(?={_CONSONANT})", ("О", "?Е")),
)

LATIN: Rules = (
    # The hard sign [9303], as in PODIEIACHEV: silent before a softened vowel.
    (r"(?<=[BDVKNTZSR])IE(?=E|[IYJ][AUEO])", ("",)),
    # Е and Ё behind I, Y, J; see CYRILLIC. -ЬЕВ is spelt -IEV as well, but not behind a short stem: that is ВАЛИЕВ.
    (r"(?<=\w{4})IE(?=(?:V|W|FF)A?$)", ("Е", "ИЕ")),
    (r"^[YJ]I", ("И",)),
    (rf"(?<!{_CONSONANT})[IY]E", ("Е", "ИЕ")),
    (r"YE", ("Е", "ИЕ")),
    (r"JE", ("Е", "ИЕ", "?ЖЕ")),
    (r"IE", ("ИЕ", "~Е")),
    (r"YO(?!U)", ("Е", "ИО")),
    (r"JO(?![UE])", ("Е", "ИО", "?ЖО")),
    (rf"(?<={_CONSONANT})IO(?!U)", ("Е", "ИО")),
    (r"(?<=[CSZ]H)O(?=(?:V|FF)A?$|NK)", ("Е", "О")),
    (r"SHT?CH", ("Щ",)),
    (r"STCH", ("Щ",)),
    (r"SHH", ("Щ",)),
    (r"TSCH", ("Ч",)),
    (r"SCH(?=[LMNPRTVW])", ("Ш", "СЧ")),
    (r"SCH", ("Щ", "СЧ", "?Ш")),
    (r"TCH", ("Ч", "ТЧ")),
    (r"CH(?=R)", ("К", "Х")),
    (r"(?<=^MI)CH(?=A[IE]L$)", ("Х", "?Ч")),
    (r"CH", ("Ч", "?Х", "?Ш")),
    (r"SH", ("Ш",)),
    (r"DZH", ("ДЖ",)),
    (r"DJO(?!U)", ("ДЕ", "ДИО", "ДЖО")),
    (r"DJE", ("ДЕ", "ДИЕ", "ДЖЕ")),
    (r"DJ", ("ДИ", "ДЖ")),
    (r"ZH", ("Ж",)),
    (r"KH", ("Х",)),
    (r"GH", ("Г", "ГХ")),
    (r"PH", ("Ф",)),
    (r"TH", ("Т",)),
    (r"TS", ("Ц",)),
    (r"TC", ("Ц",)),
    (r"CZ", ("Ц", "Ч")),
    (r"CK(?=(?:[IYJ]{1,2}|A[IYJ]A|AÂ|OGO|OMU|OJ|OI|OY)$)", ("ЦК", "К")),  # TROICKIJ
    (r"CK", ("К",)),
    (r"(?<=[OE])FF$", ("В",)),
    (r"^LU(?=DM|BOV)", ("ЛИУ",)),
    (r"GU(?=[EIY](?!VA?$))", ("Г", "ГУ")),
    (r"OU", ("У", "ОУ")),
    (r"QU", ("КВ", "КУ")),
    # X is КС in ALEXEY, MAXIM, XENIA; Х in [telex] and [7.79].
    (r"^X(?=E)", ("КС", "Х")),
    (r"^X", ("Х", "КС")),
    (r"(?<=^MI)X", ("Х", "КС")),
    (r"X", ("КС", "Х")),
    # C is Ц in [telex], [7.79], [16876] (KUZNECOV), К in western spellings (VICTOR, CONSTANTIN).
    (r"C(?=[EIYJ])", ("Ц", "К", "С")),
    (r"C(?=[TLR])", ("К", "Ц")),
    (r"^C(?=ONST|AR?OL|ARL)", ("К", "Ц")),
    (r"C", ("Ц", "К")),
    # Y between consonants is Ы, in Ukrainian spelling И; before or behind a vowel and at either end it is И.
    (rf"(?<={_CONSONANT})Y(?={_CONSONANT}\w*(?:ENKO|CHUK|[IY]UK|SKY[IY]?|CHAK)$)", ("Ы", "И")),
    (rf"(?<={_CONSONANT})Y(?={_CONSONANT})", ("Ы", "~И")),
    (r"^J(?=ANN)", ("ДЖ", "?И", "?Ж")),  # neither sure: ЖАННА, or ЯНА with an N too many
    (r"(?<=[AEOU])Y(?=[B-DF-HJ-NP-TV-XZ])", ("И", "~Ы")),
    (
        rf"(?<=[AEIOUY])Q(?={_CONSONANT}|$)",
        ("К", "И"),
    ),  # Й in the passport's zone, without a digit
    (r"J", ("И", "ДЖ", "?Ж")),
    (r"H", ("Х", "~Г")),
    # Letters with marks: their own sound, that of [7.79], and what is left when a host drops the mark.
    (r"[ÄÆ]", ("А", "Е", "АЕ")),
    (r"[ÖŒØ]", ("О", "Е", "ОЕ")),
    (r"Ü", ("У", "ИУ", "УЕ")),
    (r"Û", ("ИУ", "У")),
    (r"Â", ("ИА", "А")),
    (r"Ə", ("А", "Е")),
    (r"[ŽŻ]", ("Ж", "З")),
    (r"[ČĆÇ]", ("Ч", "Ц", "К", "С")),
    (r"[ŠŚŞȘ]", ("Ш", "С")),
    (r"Ŝ", ("Щ", "С")),
    (r"[ŢȚ]", ("Ц", "Т")),
    (r"Ğ", ("Г", "")),
    *zip("ABDEFGIKLMNOPQRSTUVWYZ", ((x,) for x in "АБДЕФГИКЛМНОПКРСТУВВИЗ"), strict=True),
)

MARKED = frozenset("ÄÆÖŒØÜÛÂƏŽŻČĆÇŠŚŞȘŜŢȚĞ")
"""Letters with rules of their own; others lose their marks first."""
# Letters that decomposition leaves alone.
LATIN_SPECIAL = str.maketrans({"Ł": "L", "Đ": "D", "Ð": "D", "Þ": "TH", "ẞ": "SS", "Ŀ": "L", "Ħ": "H"})

# Latin letters typed into a Cyrillic word because they look the same, and the other way round.
LOOKALIKES = str.maketrans("ABCEHIKMOPTXY", "АВСЕНІКМОРТХУ")
LOOKALIKES_LATIN = str.maketrans("АВСЕНІКМОРТХУ", "ABCEHIKMOPTXY")

# Machine-readable zone of the Russian domestic passport; used for Latin words that hold such a digit.
DOMESTIC_ZONE = str.maketrans("ABVGDE2JZIQKLMNOPRSTUFHC34WXY9678", "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ")
DOMESTIC_ZONE_DIGITS = frozenset("2346789")

# Applied to every reading, whatever alphabet it came from: two origins of a sound end alike. Doubled consonants come
# and go between alphabets; what they may do within one is for ``names`` to say.
REDUCTIONS: tuple[tuple[str, str], ...] = (
    (r"ТС", "Ц"),  # Latin TS can't tell them apart
    (r"ШЧ", "Щ"),
    (r"Ы?И+(?![Б-ТФ-Я])", "И"),  # -ЫЙ, -ИЙ, -ИЯ, -ИЮ
    (r"([БВГДЖЗКЛМНПРСТФХЦЧШЩ])\1+", r"\1"),
)

# A reading in ASCII, for keys and for doubtful comparisons. Ы and Щ lose here what they still tell elsewhere, and so
# does a softened vowel.
SOFTENED = r"И+[ЕО]|(?<=[ЖЧШЩ])О|(?<=Е)Е|Ы?И+"
ASCII = str.maketrans(
    {
        "А": "A", "Б": "B", "В": "V", "Г": "G", "Д": "D", "Е": "E", "Ж": "ZH", "З": "Z", "И": "I", "К": "K",
        "Л": "L", "М": "M", "Н": "N", "О": "O", "П": "P", "Р": "R", "С": "S", "Т": "T", "У": "U", "Ф": "F",
        "Х": "H", "Ц": "TS", "Ч": "CH", "Ш": "SH", "Щ": "SH", "Ы": "I",
    }
)  # fmt: skip

READINGS_MAX = 24
"""Readings kept of one word; more ambiguous words than this keep the likelier ones."""
