"""Language identification: what languages get, and what is no language."""

import pytest

from pyllm.data.language import SCORED, identify_language

SENTENCES = {
    "en": "The ferry leaves the harbour at noon, and nobody on the island has ever known it to be late.",
    "de": "Die Fähre verlässt den Hafen am Mittag, und niemand auf der Insel hat sie je verspätet gesehen.",
    "fr": "Le bateau quitte le port à midi, et personne sur l'île ne l'a jamais vu arriver en retard.",
    "es": "El barco sale del puerto a mediodía, y nadie en la isla lo ha visto llegar tarde jamás.",
    "ru": "Паром выходит из гавани в полдень, и никто на острове не помнит, чтобы он опоздал.",
    "ja": "船は正午に港を出ますが、島の人は遅れたことを一度も知りません。",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_sentence(language: str) -> None:
    code, probability = identify_language(SENTENCES[language])
    assert code == language
    assert 0.65 <= probability <= 1


def test_english_over_several_lines_and_in_capitals() -> None:
    lines = "\n\r\n".join(SENTENCES["en"].split(" "))
    assert identify_language(lines) == identify_language(SENTENCES["en"])
    code, probability = identify_language(SENTENCES["en"].upper())
    assert (code, probability >= 0.65) == ("en", True)


@pytest.mark.parametrize(
    "text",
    [
        "1 2 3 4 5 6 7 8 9\n10 11 12 13 14",
        "12:00:01 0x7f3a -> null; 12:00:02 0x7f3b -> null",
        "def f(x):\n    return x[0] + 1\n\nfor i in range(10):\n    y[i] += f(x[i])",
        "SKU-4711-B SKU-4712-C SKU-4713-D",
    ],
)
def test_numbers_and_code_are_not_sure_to_be_english(text: str) -> None:
    code, probability = identify_language(text)
    assert code != "en" or probability < 0.65


@pytest.mark.parametrize("text", ["", " \n\t ", "\u00a0\n"])
def test_nothing(text: str) -> None:
    assert identify_language(text) == ("", 0.0)


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800 \udfff", "😀" * 9, "\u202e\u0300", "-" * 100_000])
def test_what_is_hardly_text_has_an_answer(text: str) -> None:
    code, probability = identify_language(text)
    assert isinstance(code, str)
    assert 0 <= probability <= 1


def test_a_long_text_is_judged_by_its_beginning() -> None:
    beginning = (SENTENCES["en"] + " ") * (SCORED // len(SENTENCES["en"]) + 1)
    assert identify_language(beginning + SENTENCES["de"] * 10_000) == identify_language(beginning)
