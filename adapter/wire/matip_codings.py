"""The codings of telegrams in MATIP sessions, to and from bytes in which ASCII stands for ASCII.

* ASCII: as it comes. Seven bits are what the RFC has in mind; partners with Cyrillic send eight of them in an
  encoding of their own, which the link's settings name.
* EBCDIC: code page 500, whose letters, digits and punctuation of telegrams are those of page 037 and of all other
  Latin pages. It becomes ISO 8859-1, character for character. Both its line feed (25) and its new line (15) become
  a line feed; what is sent has 25.
* Padded Baudot: International Telegraph Alphabet No. 2, one code to a byte, in the five lower bits with the first
  element lowest. What stands in the three upper bits is not looked at, because the RFC doesn't say what the padding
  is; what is sent has zeros. Each packet begins in letters. The shifts and the blank (00) print nothing.
  Codes left to each country's own use (D asks who is there, J rings, F, G and H in figures) become control
  characters that no telegram has, so that the reader of the telegram reports their places.
"""

from .matip_packets import Coding

_FIGURES, _LETTERS = 0x1B, 0x1F
_UNASSIGNED = "\x7f"
# One row for sixteen codes; ~ is a code without a character of its own, # one that is left to each country.
_LETTERS_TABLE = "~E\nA SIU\rDRJNFCKTZLWHYPQOBG~MXV~".replace("~", "\0")
_FIGURES_TABLE = "~3\n- '87\r\x054\a,#:(5+)2#6019?#~./=~".replace("~", "\0").replace("#", _UNASSIGNED)

_FROM_EBCDIC = bytes(range(256)).decode("cp500").encode("latin-1").replace(b"\x85", b"\n")
_TO_EBCDIC = bytes(range(256)).decode("latin-1").encode("cp500")

_BAUDOT_LETTERS = {character: code for code, character in enumerate(_LETTERS_TABLE) if character != "\0"}
_BAUDOT_FIGURES = {
    character: code
    for code, character in enumerate(_FIGURES_TABLE)
    if character != "\0" and (character.isprintable() or character in "\r\n")
}

ENCODINGS = {Coding.ASCII: "ascii", Coding.EBCDIC: "latin-1", Coding.BAUDOT: "ascii"}
"""What ``decode`` gives, by its name in Python; for ASCII where nothing else was agreed."""


def decode(payload: bytes, coding: Coding) -> bytes:
    """A telegram as it came, in bytes that have ASCII for ASCII."""
    if coding is Coding.EBCDIC:
        return payload.translate(_FROM_EBCDIC)
    if coding is Coding.BAUDOT:
        return _decode_baudot(payload)
    return payload


def encode(telegram: bytes, coding: Coding) -> bytes:
    """The other way. ValueError when the coding lacks a character; nothing is replaced by anything like it."""
    if coding is Coding.ASCII:
        return telegram
    if not telegram.isascii():
        place = next(place for place, byte in enumerate(telegram) if byte > 0x7F)
        raise ValueError(f"byte 0x{telegram[place]:02X} at {place}: only ASCII can be sent in this coding")
    return (
        telegram.translate(_TO_EBCDIC)
        if coding is Coding.EBCDIC
        else _encode_baudot(telegram.decode("ascii"))
    )


def _decode_baudot(payload: bytes) -> bytes:
    table = _LETTERS_TABLE
    characters = []
    for byte in payload:
        code = byte & 0x1F
        if code == _LETTERS:
            table = _LETTERS_TABLE
        elif code == _FIGURES:
            table = _FIGURES_TABLE
        elif code:
            characters.append(table[code])
    return "".join(characters).encode("ascii")


def _encode_baudot(telegram: str) -> bytes:
    codes = bytearray((_LETTERS,))
    shift = _LETTERS
    for place, character in enumerate(telegram):
        code = (_BAUDOT_LETTERS if shift == _LETTERS else _BAUDOT_FIGURES).get(character)
        if code is None:
            shift = _FIGURES if shift == _LETTERS else _LETTERS
            code = (_BAUDOT_LETTERS if shift == _LETTERS else _BAUDOT_FIGURES).get(character)
            if code is None:
                raise ValueError(f"{character!r} at {place} is not in International Telegraph Alphabet No. 2")
            codes.append(shift)
        codes.append(code)
    return bytes(codes)
