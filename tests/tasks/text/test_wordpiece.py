"""BERT's basic words and word pieces: each rule by an example, then properties that always hold."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.tasks.text.wordpiece import NEVER_SPLIT, WordPieceTokenizer, load_vocabulary

# Every code point, lone surrogates too, with the troublesome ones drawn often.
CHARACTERS = st.one_of(
    st.characters(codec=None, categories=None),
    st.sampled_from("aZ.!' \t\n\r\0\x0b\x1c\x85\ud800\ue000\ufffd\ufeff\u2028\u202f\u0301éİΣß中\U00020000"),
)
TEXTS = st.lists(
    st.one_of(CHARACTERS, st.sampled_from(["[MASK]", "[UNK]", "##a", "unaffable", "the", "x" * 101]))
).map("".join)

unhurried = settings(deadline=None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", [], id="empty"),
        pytest.param(" \t\n\r\xa0\u3000\u2028 ", [], id="white-space-only"),
        pytest.param("  the\tfilm\xa0ends \r\n", ["the", "film", "ends"], id="white-space"),
        pytest.param("a\u2028b\u2029c", ["a", "b", "c"], id="line-and-paragraph-separators"),
        pytest.param("a\0b\x07c\x85d\x0be\ufffdf", ["abcdef"], id="control-characters-vanish"),
        pytest.param("a\u200bb\ufeffc\u00add", ["abcd"], id="format-characters-vanish"),
        pytest.param("a\ud800b\ue000c\U0010ffffd", ["abcd"], id="surrogates-private-unassigned-vanish"),
        pytest.param("中文film大", ["中", "文", "film", "大"], id="cjk-stands-alone"),
        pytest.param("ひらカナ한", ["ひらカナ한"], id="kana-stays-together"),
        pytest.param("don't-stop...", ["don", "'", "t", "-", "stop", ".", ".", "."], id="punctuation"),
        pytest.param("a$b^c`d~e", ["a", "$", "b", "^", "c", "`", "d", "~", "e"], id="ascii-signs"),
        pytest.param("a€b°c", ["a€b°c"], id="other-signs-are-no-punctuation"),
        pytest.param("a\u2014b。c", ["a", "\u2014", "b", "。", "c"], id="unicode-punctuation"),
        pytest.param("##ing", ["#", "#", "ing"], id="piece-marks-are-punctuation"),
    ],
)
@pytest.mark.parametrize("tokenizer", ["uncased", "cased"])
def test_basic_words(request, tokenizer, text, words):
    if "한" in text and tokenizer == "uncased":
        words = [unicodedata.normalize("NFD", word).replace("\u3099", "") for word in words]
    assert request.getfixturevalue(tokenizer).words(text) == words


@pytest.mark.parametrize(
    "code",
    # the first and the last character that Unicode 14 has in each block that the original lists
    [
        *(0x3400, 0x4DBF, 0x4E00, 0x9FFF, 0xF900, 0xFAD9, 0x20000, 0x2A6DF),
        *(0x2A700, 0x2B738, 0x2B740, 0x2B81D, 0x2B820, 0x2CEA1, 0x2F800, 0x2FA1D),
    ],
    ids=hex,
)
def test_cjk_ideographs_stand_alone(cased, code):
    assert cased.words(f"a{chr(code)}b") == ["a", chr(code), "b"]


@pytest.mark.parametrize("code", [0x33FF, 0x4DC0, 0xA000, 0xFB00, 0x2CEB0, 0x2EBE0, 0x30000], ids=hex)
def test_neighbours_of_the_cjk_blocks_do_not_stand_alone(cased, code):
    """From 0x2CEB0 on these are ideographs too (extension F and later), which the original left out."""
    assert cased.words(f"a{chr(code)}b") == [f"a{chr(code)}b"]


@pytest.mark.parametrize(
    ("text", "lowered", "kept"),
    [
        pytest.param("École NAÏVE", ["ecole", "naive"], ["École", "NAÏVE"], id="accents"),
        pytest.param("e\u0301cole", ["ecole"], ["e\u0301cole"], id="combining-accents"),
        pytest.param("İ ß ΌΣΟΣ", ["i", "ß", "οσος"], ["İ", "ß", "ΌΣΟΣ"], id="special-casing"),
        pytest.param("a \u0301 b", ["a", "b"], ["a", "\u0301", "b"], id="a-word-of-accents-vanishes"),
        pytest.param("ﬁ１", ["ﬁ１"], ["ﬁ１"], id="no-compatibility-mapping"),
        pytest.param("हिन्दी", ["हिनदी"], ["हिन्दी"], id="category-mn-not-mc"),
        pytest.param("\u1fef", ["`"], ["\u1fef"], id="punctuation-only-once-decomposed"),
    ],
)
def test_lower_case_also_strips_accents(uncased, cased, text, lowered, kept):
    assert uncased.words(text) == lowered
    assert cased.words(text) == kept


@pytest.mark.parametrize("special", sorted(NEVER_SPLIT))
def test_special_tokens_are_words_only_between_white_space(uncased, special):
    """The original compares whole white-space tokens, with their case, after cleaning."""
    name = special[1:-1].lower()
    assert uncased.words(f"a {special} b") == ["a", special, "b"]
    assert uncased.words(f"a {special[0]}\0{special[1:]} b") == ["a", special, "b"]
    assert uncased.words(special.lower()) == ["[", name, "]"]
    assert uncased.words(f"{special}.") == ["[", name, "]", "."]


def test_special_tokens_in_the_text_get_their_own_ids(uncased):
    index = uncased.vocabulary.index
    assert uncased.ids("[MASK] [UNK]") == [index["[MASK]"], index["[UNK]"]]


@pytest.mark.parametrize(
    ("word", "pieces"),
    [
        pytest.param("unaffable", ("un", "##aff", "##able"), id="longest-first"),
        pytest.param("film", ("film",), id="whole-word"),
        pytest.param("films", ("[UNK]",), id="a-part-without-piece-loses-the-word"),
        pytest.param("aab", ("a", "##a", "##b"), id="continuations"),
        pytest.param("b", ("[UNK]",), id="continuation-piece-does-not-start-a-word"),
        pytest.param("##a", ("##a",), id="marks-in-the-word-match-as-written"),
        pytest.param("Film", ("[UNK]",), id="case-is-kept"),
        pytest.param("", (), id="empty"),
        pytest.param(" the  film\n", ("the", "film"), id="white-space-separates"),
        pytest.param("a" * 100, ("a",) + ("##a",) * 99, id="100-characters"),
        pytest.param("a" * 101, ("[UNK]",), id="101-characters"),
    ],
)
def test_pieces(uncased, word, pieces):
    assert uncased.pieces(word) == pieces
    assert uncased.piece_ids(word) == tuple(uncased.vocabulary.index[piece] for piece in pieces)


def test_length_of_a_word_counts_code_points_after_accents_are_stripped(uncased, cased):
    text = "a" * 99 + "\u0301" * 2
    assert uncased.tokenize(text) == ["a"] + ["##a"] * 98
    assert cased.tokenize(text) == ["[UNK]"]


def test_an_empty_piece_matches_nothing(small_vocabulary, tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join([*small_vocabulary.pieces, "\u2028", "##\u2028"]), encoding="utf-8")
    tokenizer = WordPieceTokenizer(load_vocabulary(path), do_lower_case=False)
    assert tokenizer.tokenize("a aab unaffableq") == ["a", "a", "##a", "##b", "[UNK]"]


def test_each_distinct_word_is_tokenised_once(small_vocabulary):
    """A second look at a word returns the very object that the first one made."""
    tokenizer = WordPieceTokenizer(small_vocabulary, do_lower_case=True)
    assert tokenizer.pieces("unaffable") is tokenizer.pieces("unaffable")
    assert tokenizer.piece_ids("unaffable") is tokenizer.piece_ids("unaffable")
    calls = []
    tokenizer._cut_part = lambda part, cut=tokenizer._cut_part: calls.append(part) or cut(part)
    tokenizer.ids("the film the FILM film.")
    tokenizer.tokenize("the film . the")
    assert calls == ["the", "film", "."]


@unhurried
@given(text=TEXTS)
def test_ids_are_those_of_the_pieces_and_within_the_vocabulary(uncased, text):
    ids = uncased.ids(text)
    assert [uncased.vocabulary.pieces[number] for number in ids] == uncased.tokenize(text)
    assert all(0 <= number < len(uncased.vocabulary) for number in ids)


@unhurried
@given(text=TEXTS)
def test_words_hold_no_white_space_and_are_never_empty(uncased, cased, text):
    for tokenizer in (uncased, cased):
        assert all(word.split() == [word] for word in tokenizer.words(text))


@unhurried
@given(text=TEXTS)
def test_pieces_of_a_word_spell_it_or_are_unknown(cased, text):
    for word in cased.words(text):
        first, *rest = cased.pieces(word)
        assert [first, *rest] == ["[UNK]"] or first + "".join(piece[2:] for piece in rest) == word


@unhurried
@given(left=TEXTS, right=TEXTS)
def test_white_space_separates_texts(uncased, left, right):
    assert uncased.ids(f"{left} {right}") == uncased.ids(left) + uncased.ids(right)


@unhurried
@given(text=TEXTS)
def test_a_used_tokenizer_gives_what_a_fresh_one_gives(uncased, small_vocabulary, text):
    assert uncased.ids(text) == WordPieceTokenizer(small_vocabulary, do_lower_case=True).ids(text)
