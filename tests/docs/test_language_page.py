"""The page of the language says what the stub, the types and the explanations say, and leaves no word out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tests.docs.language_page import PAGE, stub_words, written_anew

from lockwright.language.meanings import MEANINGS
from lockwright.language.vocabulary import BUILTINS, WORDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EXPLAINED = {word for group in MEANINGS.values() for word in group}


def test_the_page_is_up_to_date(golden: Callable[[Path, str], None]) -> None:
    golden(PAGE, written_anew(PAGE.read_text(encoding="utf-8")))


@pytest.mark.parametrize("word", sorted(stub_words()))
def test_each_word_of_the_stub_is_on_the_page(word: str) -> None:
    assert re.search(rf"^\| `{word}\b[^|]*` ?\|", PAGE.read_text(encoding="utf-8").replace("\\|", "/"), re.MULTILINE)


def test_each_word_has_a_meaning_and_nothing_else_has() -> None:
    assert set(WORDS) - EXPLAINED == set()
    assert EXPLAINED - set(stub_words()) == set()


def test_the_builtins_are_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"`{word}`" in text for word in BUILTINS - {"int"})
