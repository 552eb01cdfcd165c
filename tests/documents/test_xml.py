"""Opening XML: what is refused and with which code, what counts as the same document, how answers are wrapped."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from adapter.documents import xml
from adapter.documents.xml import (
    XmlLimits,
    XmlReader,
    answer,
    canonical_digest,
    read_value,
    unreadable_answer,
)
from adapter.errors import DocumentError

READER = XmlReader()


def refused(raw: bytes, reader: XmlReader = READER) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        reader.open(raw)
    assert caught.value.digest, "an unusable document is journalled under a digest too"
    return caught.value


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "xml_not_well_formed"),
        (b"<query><ffp_info></query>", "xml_not_well_formed"),
        (b"<query><ffp_info>&amount;</ffp_info></query>", "xml_not_well_formed"),
        (b"<query><ffp_info>\x01</ffp_info></query>", "xml_not_well_formed"),
        (b"<a/><b/>", "xml_not_well_formed"),
        (b"<!DOCTYPE a [<!ENTITY e '1'>]><a>&e;</a>", "xml_doctype"),
        (b"<distance>62<!-- -->5</distance>", "xml_comment"),
        (b"<a><?go now?></a>", "xml_instruction"),
        (b"<?xml-stylesheet href='x'?><a/>", "xml_instruction"),
        (b'<?xml version="1.0"?><?go now?><a/>', "xml_instruction"),
        (b'<?xml version="1.0" encoding="windows-1251"?><a/>', "xml_encoding"),
        (b"<?xml version='1.0' encoding='ISO-8859-1'?><a/>", "xml_encoding"),
        (b'<?xml version="1.0" encoding="UTF-16"?><a/>', "xml_encoding"),
        ('<?xml version="1.0" encoding="utf-8"?><a/>'.encode("utf-16"), "xml_encoding"),
        ("<a/>".encode("utf-32"), "xml_encoding"),
        ("<a>ЮТ</a>".encode("cp1251"), "xml_encoding"),
        ("<a/>".encode("utf-16-le"), "xml_not_well_formed"),
        (b'<a xmlns="urn:x"/>', "xml_namespace"),
        (b'<a><p:b xmlns:p="urn:x"/></a>', "xml_namespace"),
        (b'<a xmlns:p="urn:x" p:b="1"/>', "xml_namespace"),
        (b'<a xml:lang="ru"/>', "xml_namespace"),
        (b'<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="1"/>', "xml_xsi"),
        ("<a>IVA\u200bNOV</a>".encode(), "xml_character"),
        (b'<a b="IVA&#x202e;NOV"/>', "xml_character"),
        (b"<a>IVA\x7fNOV</a>", "xml_character"),
        ("<a>IVA\ue000NOV</a>".encode(), "xml_character"),
        (b"<query/>", "xml_wrapper"),
        (b"<query><a/><b/></query>", "xml_wrapper"),
        (b"<query>and<a/></query>", "xml_wrapper"),
        (b"<sirena><ffp_info/></sirena>", "xml_wrapper"),
        (b"<" + b"m" * 65 + b"/>", "xml_wrapper"),
    ],
)
def test_a_document_is_refused_with_its_code(raw: bytes, code: str) -> None:
    assert [problem.code for problem in refused(raw).problems] == [code]


@pytest.mark.parametrize(
    ("limits", "fits", "breaks", "code"),
    [
        (XmlLimits(bytes_max=10), b"<a>12</a> ", b"<a>123</a> ", "xml_too_large"),
        (XmlLimits(depth_max=3), b"<a><b><c/></b></a>", b"<a><b><c><d/></c></b></a>", "xml_too_deep"),
        (XmlLimits(elements_max=3), b"<a><b/><b/></a>", b"<a><b/><b/><b/></a>", "xml_too_many_elements"),
        (
            XmlLimits(attributes_max=2),
            b'<a b="1" c="2"/>',
            b'<a b="1" c="2" d="3"/>',
            "xml_too_many_attributes",
        ),
        (XmlLimits(attribute_chars_max=4), b'<a b="1234"/>', b'<a b="12345"/>', "xml_value_too_long"),
        (XmlLimits(attribute_chars_max=4), b"<a b='1234'/>", b"<a b='12345'/>", "xml_value_too_long"),
        (XmlLimits(text_chars_max=4), b"<a>1234</a>", b"<a>12345</a>", "xml_value_too_long"),
        (XmlLimits(text_chars_max=4), b"<a>1234</a>", b"<a><![CDATA[12345]]></a>", "xml_value_too_long"),
    ],
)
def test_every_limit_can_be_reached(limits: XmlLimits, fits: bytes, breaks: bytes, code: str) -> None:
    reader = XmlReader(limits)
    reader.open(fits)
    assert [problem.code for problem in refused(breaks, reader).problems] == [code]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"<a>" * 33 + b"</a>" * 33, "xml_too_deep"),
        (b"<a>" * 300 + b"</a>" * 300, "xml_too_deep"),
        (b"<a>" + b"<b/>" * 10_000 + b"</a>", "xml_too_many_elements"),
        (b"<a " + b" ".join(b'a%d="1"' % number for number in range(33)) + b"/>", "xml_too_many_attributes"),
        (b'<a b="' + b"x" * 257 + b'"/>', "xml_value_too_long"),
        (b"<a>" + b"x" * 4097 + b"</a>", "xml_value_too_long"),
        (b"<a>" + b" " * (8 * 1024 * 1024) + b"</a>", "xml_too_large"),
    ],
)
def test_the_limits_have_defaults(raw: bytes, code: str) -> None:
    assert [problem.code for problem in refused(raw).problems] == [code]


def test_no_more_problems_are_told_than_a_reply_holds() -> None:
    raw = b"<a>" + b'<b c="&#x200b;"/>' * 9 + b"</a>"
    assert len(refused(raw).problems) == XmlLimits().problems_max


def test_a_problem_names_line_path_and_the_wrapper_for_the_answer() -> None:
    error = refused(
        '<sirena>\n<query>\n<ffp_info>\n<ffp name="I\u200b"/></ffp_info></query></sirena>'.encode()
    )
    assert (error.kind, error.wrapper) == ("ffp_info", "sirena/query")
    assert [(problem.path, problem.line) for problem in error.problems] == [
        ("/sirena/query/ffp_info/ffp/@name", 4)
    ]


@pytest.mark.parametrize(
    ("raw", "tag", "wrapper"),
    [
        (b"<CheckFFP/>", "CheckFFP", ""),
        (b"<query><ffp_info/></query>", "ffp_info", "query"),
        (b" <query id='7'>\n <ffp_info/>\n</query>\n", "ffp_info", "query"),
        (b"<sirena><query><ffp_info/></query></sirena>", "ffp_info", "sirena/query"),
        (b"\xef\xbb\xbf<ffp_info/>", "ffp_info", ""),
        (
            '<?xml version="1.0" encoding="utf-16"?><query><ffp_info/></query>'.encode("utf-16"),
            "ffp_info",
            "query",
        ),
        (b"<?xml version='1.0' encoding='utf-8'?>\n<ffp_info/>", "ffp_info", ""),
        (b'<ffp_info xmlns:xsd="http://www.w3.org/2001/XMLSchema"/>', "ffp_info", ""),
    ],
)
def test_the_method_is_found_in_its_wrapper(raw: bytes, tag: str, wrapper: str) -> None:
    method, found = READER.open(raw)
    assert (method.tag, found) == (tag, wrapper)


def test_values_are_read_whole_and_without_white_space_around() -> None:
    method, _ = READER.open(b'<m a=" UT "><t>\n 30<![CDATA[00]]> </t><e/></m>')
    assert read_value(method, "a") == "UT"
    assert read_value(method, "b") is None
    assert [read_value(child) for child in method] == ["3000", ""]


def test_spelling_does_not_change_the_digest_but_values_do() -> None:
    def digest(raw: bytes) -> bytes:
        return canonical_digest(READER.open(raw).method)

    plain = digest(b'<query><m a="1" b="2"><t>x y</t><e/></m></query>')
    assert plain == digest(
        b"<sirena><query>\n <m b='2'  a='1'>\n  <t>x&#32;y</t>\n <e></e></m> </query></sirena>"
    )
    assert plain == digest(b'<m xmlns:p="urn:unused" a="1" b="2"><t>x y</t><e/></m>')
    assert plain == digest('<m a="1" b="2"><t>x y</t><e/></m>'.encode("utf-16"))
    for other in (
        b'<m a="1" b="3"><t>x y</t><e/></m>',
        b'<m a="1" b="2"><t>x  y</t><e/></m>',
        b'<m a="1" b="2"/>',
    ):
        assert digest(other) != plain


@given(
    st.lists(
        st.sampled_from(
            ["<a>", "</a>", "<b c=", '"1"', "'2'", "/>", ">", "&#9;", "&amp;", "x" * 9, "<![CDATA[", "]]>", "=", " ",
             "\u200b", "\x7f", "Ю", "!", ' d="', '"', "\n", ' xmlns:p="u"', ' p:q="1"', ' xml:lang="x"',
             'xml:lang="x">']
        ),
        max_size=25,
    )
)  # fmt: skip
@settings(max_examples=600, deadline=None)
def test_the_quick_proof_never_passes_what_the_walk_refuses(parts: list[str]) -> None:
    limits = XmlLimits(depth_max=2, elements_max=4, attributes_max=1, attribute_chars_max=6, text_chars_max=8)
    reader = XmlReader(limits)
    for begin in ("<a>", "<a ", "<a", '<a xml:lang="x">', '<a xmlns:p="u" p:q="1">'):
        raw = f"{begin}{''.join(parts)}</a>".encode()
        try:
            xml.refuse_markup(raw)
            root = etree.fromstring(raw, reader._parser)
        except (DocumentError, etree.XMLSyntaxError):
            continue
        if reader._is_plain(raw):
            assert not list(reader._walk(root))


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_garbage_raises_document_errors_only(raw: bytes) -> None:
    for candidate in (raw, b"<query>" + raw + b"</query>", b'<a b="' + raw + b'"/>'):
        try:
            READER.open(candidate)
        except DocumentError as error:
            assert error.problems  # noqa: PT017 (either outcome is right, nothing else is)


@pytest.mark.parametrize(
    ("wrapper", "expected"),
    [
        ("", b'<m><n a="&lt;"/>\n</m>\n'),
        ("query", b'<answer><m><n a="&lt;"/></m>\n</answer>\n'),
        ("sirena/query", b'<sirena><answer><m><n a="&lt;"/></m></answer>\n</sirena>\n'),
    ],
)
def test_answers_are_wrapped_as_the_request_was(wrapper: str, expected: bytes) -> None:
    method = etree.fromstring('<m><n a="&lt;"/></m>')
    assert answer(method, wrapper) == b'<?xml version="1.0" encoding="UTF-8"?>\n' + expected


def test_attributes_of_the_answer_are_escaped() -> None:
    raw = answer(etree.fromstring("<m/>"), "sirena/query", {"pult": 'A"<&', "msgid": "7"})
    found = etree.fromstring(raw).find("answer")
    assert found is not None
    assert dict(found.attrib) == {"pult": 'A"<&', "msgid": "7"}
    assert answer(etree.fromstring("<m/>"), "") == b'<?xml version="1.0" encoding="UTF-8"?>\n<m/>\n'


def test_a_host_learns_in_its_own_way_that_nothing_could_be_read() -> None:
    gateway = etree.fromstring(unreadable_answer("sirena"))
    assert gateway.xpath("string(/sirena/answer/error/@code)") == "33003"
    assert gateway.xpath("string(/sirena/answer/error)")
    over_http = etree.fromstring(unreadable_answer("http"))
    assert over_http.xpath("string(/answer/error/@code)") == "2"
    assert re.search(rb"\n</answer>\n$", unreadable_answer("http"))
