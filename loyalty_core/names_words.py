"""Words in and around names: titles, patronymics, endings of the sexes, forms of one given name.

Words are in the letters of the messages; endings and patronymics are readings (see ``names_tables``).
"""

# No part of a name.
TITLES = frozenset([
    "MR", "MRS", "MS", "MSS", "MISS", "MSTR", "MST", "MASTER", "MIS", "DR", "DOCTOR", "PROF", "PROFESSOR",
    "SIR", "MME", "MLLE", "HERR", "FRAU", "ADT", "CHD", "CHLD", "CHILD", "CNN", "INF", "INFT", "INFANT",
    "МР", "МРС", "МС", "МИСС", "МИСТЕР", "МИССИС", "ГН", "ГЖА", "ГР", "ГРКА", "МСТР", "ЧД", "ИНФ",
    "ГОСПОДИН", "ГОСПОЖА", "ГРАЖДАНИН", "ГРАЖДАНКА", "ДР", "ДОКТОР", "ПРОФ", "ПРОФЕССОР", "РБ", "РМ", "ВЗ",
])  # fmt: skip
# Those that hosts glue to a name. Longest first.
TITLES_GLUED = (
    "MASTER", "MSTR", "MISS", "PROF", "INFT", "CHLD", "MRS", "MSS", "CHD", "INF", "MR", "MS", "DR",
    "МСТР", "МИСС", "МРС", "МР",
)  # fmt: skip
# These end like a glued title and have none.
UNTITLED = ("SANDR", "XANDR", "LEANDR", "EVANDR")
# Written where the given name is not known.
PLACEHOLDERS = frozenset(["FNU", "LNU", "NFN", "NONAME", "UNKNOWN", "XX", "XXX", "НЕТ"])

PATRONYMIC_ENDINGS = ("ОВИЧ", "ЕВИЧ", "ИЧ", "ОВНА", "ЕВНА", "ИЧНА")
PATRONYMICS_SHORT = frozenset(("ИЛИЧ",))
FATHER_WORDS = frozenset(
    ("ОГЛЫ", "ОГЛИ", "ОГЛУ", "УГЛИ", "КЫЗЫ", "КИЗИ", "КЫЗИ", "ГЫЗЫ", "УЛУ", "УЛЫ", "УЛИ")
)
"""Son or daughter of: the word before it is the father's name."""
FATHER_ENDINGS = ("ОГЛЫ", "ОГЛИ", "ОГЛУ", "УГЛИ", "КЫЗЫ", "КИЗИ", "КЫЗИ", "ГЫЗЫ", "УЛЫ", "УЛИ")
"""The same behind the father's name without a space."""

INITIALS = {
    "В": "VW", "Г": "GH", "Е": "EYJI", "Ж": "ZJ", "И": "IYJ", "К": "KCQ", "С": "SC", "Ф": "FP", "Х": "HKX", "Ц": "TC",
    "Ч": "CT", "Ш": "SC", "Щ": "SC",
}  # fmt: skip
"""Latin letters that a name beginning with this reading can begin with, other than its own."""

INITIALS_OF_TWO = frozenset(("SH", "CH", "KH", "TS", "ZH"))

SEX_ENDINGS = (
    ("ОВ", "ОВА"), ("ЕВ", "ЕВА"), ("ИН", "ИНА"), ("ЫН", "ЫНА"), ("СКИ", "СКАИА"), ("ЦКИ", "ЦКАИА"), ("СКИ", "СКА"),
    ("ЦКИ", "ЦКА"), ("ОИ", "АИА"), ("И", "АИА"),
)  # fmt: skip
"""Of surnames: man, woman."""

# Forms of one given name: another language's, short ones, in all their usual spellings. Never more than probable: САША
# is АЛЕКСАНДР or АЛЕКСАНДРА, ALIAKSANDR is an official spelling of either. One line, one name.
KIN = """
АЛЕКСАНДР ALIAKSANDR OLEKSANDR ALEXANDER ALEX САША ШУРА
АЛЕКСАНДРА ALIAKSANDRA OLEKSANDRA САША ШУРА
АЛЕКСЕЙ ALIAKSEI OLEKSII ALEX АЛЁША ЛЁША
АНАСТАСИЯ ANASTASIYA НАСТЯ СТАСЯ
АНДРЕЙ ANDREW ANDRII ANDREAS ANDRE
АННА HANNA GANNA ANN ANNE АНЯ НЮРА
АНТОН ANTHONY ANTONIO ТОША
АНТОНИНА ANTANINA ТОНЯ
БОРИС BARYS БОРЯ
ВАЛЕНТИН VALIANTSIN ВАЛЯ
ВАЛЕНТИНА VALIANTSINA ВАЛЯ
ВАЛЕРИЙ VALERY ВАЛЕРА
ВАСИЛИЙ VASYL VASIL ВАСЯ
ВИКТОР VIKTAR ВИТЯ
ВИКТОРИЯ ВИКА
ВЛАДИМИР VOLODYMYR ULADZIMIR ВОВА ВОЛОДЯ
ВЯЧЕСЛАВ VIACHASLAU СЛАВА
ГАЛИНА HALYNA HALINA ГАЛЯ
ГЕННАДИЙ HENADZ ГЕНА
ГЕОРГИЙ HEORHII GEORGE ЖОРА ГОША ГИОРГИ
ГРИГОРИЙ HRYHORII HRYHORY GREGORY ГРИША
ДАРЬЯ DARIA DARYNA ДАША
ДАНИИЛ ДАНИЛ ДАНИЛА DANYLO DANIEL ДАНЯ
ДМИТРИЙ DMYTRO DZMITRY ДИМА МИТЯ
ЕВГЕНИЙ YEVHEN YAUHEN EUGENE ЖЕНЯ
ЕВГЕНИЯ YEVHENIIA YAUHENIYA EUGENIA ЖЕНЯ
ЕКАТЕРИНА KATERYNA KATSIARYNA КАТЕРИНА CATHERINE KATHARINA КАТЯ
ЕЛЕНА OLENA ALENA АЛЁНА HELEN ЛЕНА
ЕЛИЗАВЕТА YELYZAVETA ELIZABETH ЛИЗА
ИВАН JOHN IOANN ВАНЯ
ИГОРЬ IHOR IHAR
ИЛЬЯ ILLIA ELIAS ИЛЮША
ИРИНА IRYNA IRENE ИРА
КОНСТАНТИН KOSTIANTYN KANSTANTSIN КОСТЯ
КСЕНИЯ ОКСАНА АКСИНЬЯ KSENIIA OKSANA
ЛАРИСА LARYSA ЛАРА
ЛЕОНИД LEANID ЛЁНЯ
ЛЮБОВЬ LIUBOU ЛЮБА
ЛЮДМИЛА LIUDMYLA ЛЮДА МИЛА
МАРГАРИТА MARHARYTA MARGARET РИТА
МАРИЯ MARY MARIE МАША МАРЬЯ MARYIA
МАРИНА MARYNA
МАКСИМ MAKSYM МАКС
МИХАИЛ MYKHAILO MIKHAIL MIKHAS MICHAEL МИША
НАДЕЖДА NADIIA NADZEYA НАДЯ
НАТАЛЬЯ НАТАЛИЯ NATALLIA NATALIE НАТАША
НИКИТА MYKYTA MIKITA
НИКОЛАЙ MYKOLA MIKALAI NICHOLAS КОЛЯ
ОЛЕГ OLEH ALEH
ОЛЬГА VOLHA OLHA HELGA ОЛЯ
ПАВЕЛ PAVLO PAVAL PAUL ПАША
ПЁТР PETRO PIOTR PETER ПЕТЯ
РОМАН RAMAN РОМА
СВЕТЛАНА SVITLANA SVIATLANA СВЕТА
СЕМЁН SIMON SEMEN СЁМА
СЕРГЕЙ SERHII SIARHEI SERGE СЕРЁЖА
СОФЬЯ СОФИЯ SOPHIA СОНЯ
СТЕПАН STEPHEN STEFAN СТЁПА
ТАМАРА ТОМА
ТАТЬЯНА TETIANA TATSIANA ТАНЯ
ТИМОФЕЙ TYMOFII TSIMAFEI ТИМА
ФЁДОР FEDIR THEODORE ФЕДЯ
ЮЛИЯ JULIE ЮЛЯ
ЮРИЙ YURYI ЮРА
ЯКОВ YAKIV JACOB ЯША
ЯРОСЛАВ YARASLAU СЛАВА
"""
