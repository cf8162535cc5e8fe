"""Text extraction: charsets, what is kept and what is not, hostile pages."""

from pyllm.data.extraction import extract_text, is_binary


def test_paragraphs_are_lines() -> None:
    assert extract_text("<p>One <b>bold</b>\n word.</p><p>Two.</p>") == "One bold word.\nTwo."


def test_binary() -> None:
    assert is_binary(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3")
    assert not is_binary(b"<!doctype html><p>text")
