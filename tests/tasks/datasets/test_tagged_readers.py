"""The readers of tagged sentences: CoNLL-2003 and People's Daily."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import BadInput, NotThere
from harness.tasks.datasets import Dataset, conll, peoples_daily, require_counts
from harness.tasks.datasets.tagged import TaggedSentence
from harness.tasks.tags import Scheme, iob2

unhurried = settings(deadline=None)
MARK = "-DOCSTART- -X- -X- O\n\n"
WORDS = st.text(st.characters(codec="utf-8", exclude_characters=" \n\r\0"), min_size=1, max_size=8).filter(
    lambda word: not word.startswith("-DOCSTART-") and not word.startswith("\ufeff")
)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Writes a file and returns its path."""

    def write(data: str | bytes) -> Path:
        path = tmp_path / "file"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


def rows(*tagged: str) -> str:
    """Lines of four columns from ``word tag`` pairs, and a blank one behind them."""
    return "".join("{} NN B-NP {}\n".format(*pair.split(" ")) for pair in tagged) + "\n"


def test_sentences_words_tags_and_lines(write):
    path = write(MARK + rows("EU B-ORG", "rejects O") + MARK + rows("Peter B-PER", "Blackburn I-PER"))
    dataset = conll.read(path, expected=2)
    assert dataset.examples == (
        TaggedSentence(words=("EU", "rejects"), tags=("B-ORG", "O"), line=3),
        TaggedSentence(words=("Peter", "Blackburn"), tags=("B-PER", "I-PER"), line=8),
    )
    assert (dataset.name, dataset.counts, dataset.scheme) == ("conll2003", {"tokens": 4}, Scheme.IOB2)
    assert dataset.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_characters_and_tags(write):
    dataset = peoples_daily.read(write("海 B-LOC\n钓 O\n\n\n比 O\n\n"), expected=2)
    assert dataset.examples == (
        TaggedSentence(words=("海", "钓"), tags=("B-LOC", "O"), line=1),
        TaggedSentence(words=("比",), tags=("O",), line=5),
    )
    assert (dataset.name, dataset.counts) == ("peoples_daily", {"characters": 3})


@pytest.mark.parametrize("end", ["", "\n"], ids=["nothing", "line end"])
def test_a_last_sentence_without_a_blank_line_is_there_and_open(write, end):
    """``bin_create.py`` loses it: the reader says which sentence that is, the protocol drops it."""
    first, last = conll.read(write(rows("a O") + "b NN B-NP O" + end), expected=2).examples
    assert (first.closed, last.closed) == (True, False)
    assert (last.words, last.line) == (("b",), 3)


def test_crlf_gives_the_same_sentences(write):
    text = MARK + rows("EU B-ORG", "rejects O") + rows("b O")
    plain = conll.read(write(text), expected=2)
    assert conll.read(write(text.replace("\n", "\r\n")), expected=2).examples == plain.examples


@pytest.mark.parametrize("character", ["\u2028", "\x0b", "\x0c", "\x85", "\u3000", "\t", '"'], ids=ascii)
def test_what_other_readers_take_for_blanks_or_line_ends_is_a_word(write, character):
    """The originals split lines at line feeds and columns at single spaces, and nowhere else."""
    assert conll.read(write(rows(f"a{character}b O")), expected=1).examples[0].words == (f"a{character}b",)


class TestSchemes:
    @pytest.mark.parametrize(
        ("tags", "scheme"),
        [
            ("O O", Scheme.IOB2),
            ("B-PER I-PER O B-PER B-PER", Scheme.IOB2),
            ("B-PER B-PER", Scheme.IOB2),
            ("I-PER I-PER O I-LOC", Scheme.IOB1),
            ("I-PER B-PER I-PER", Scheme.IOB1),  # the second touches the first
            ("I-PER I-LOC", Scheme.IOB1),  # another type begins another entity
        ],
    )
    def test_the_scheme_is_found_and_declared(self, write, tags, scheme):
        dataset = conll.read(write(rows(*(f"w {tag}" for tag in tags.split()))), expected=1)
        assert dataset.scheme is scheme
        assert dataset.examples[0].tags == tuple(tags.split())  # as they stand

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("I-PER I-PER O I-LOC", "B-PER I-PER O B-LOC"),
            ("I-PER B-PER I-PER", "B-PER B-PER I-PER"),
            ("I-PER I-LOC B-LOC", "B-PER B-LOC B-LOC"),
            ("O O", "O O"),
        ],
    )
    def test_iob1_becomes_iob2(self, before, after):
        assert iob2(before.split()) == tuple(after.split())

    @unhurried
    @given(st.lists(st.sampled_from(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"])))
    def test_conversion_ends_in_iob2_and_stays_there(self, tags):
        """What is converted has no I- that begins an entity, and is not changed again; O stays O."""
        once = iob2(tags)
        for before, tag in zip(("O", *once), once, strict=False):
            assert tag[0] != "I" or before[2:] == tag[2:]
        assert iob2(once) == once
        assert [tag[1:] for tag in once] == [tag[1:] for tag in tags]

    def test_two_schemes_in_one_file_are_an_error_naming_both_lines(self, write):
        path = write(rows("a O", "b B-PER") + rows("c O", "d I-LOC"))
        with pytest.raises(BadInput) as caught:
            conll.read(path, expected=None)
        assert caught.value.line == 5
        assert "found I-LOC where no entity of its type goes on, expected B-LOC" in str(caught.value)
        assert "the B-PER on line 2 is IOB2's way to begin an entity" in str(caught.value)

    @pytest.mark.parametrize("tags", ["O I-PER", "I-PER", "B-LOC I-PER"])
    def test_peoples_daily_has_to_be_iob2(self, write, tags):
        path = write("".join(f"字 {tag}\n" for tag in tags.split()) + "\n")
        with pytest.raises(BadInput, match="found I-PER where no entity of its type goes on, expected B-PER"):
            peoples_daily.read(path, expected=None)


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        pytest.param(rows("a O") + "b NN B-NP\n", 3, "found 3 columns in 'b NN B-NP', expected", id="3"),
        pytest.param("a NN B-NP O O\n", 1, "found 5 columns", id="5"),
        pytest.param("a\tNN\tB-NP\tO\n", 1, r"found 1 column in 'a\\tNN", id="tabs"),
        pytest.param("a NN  O\n\n x\n", 3, "found 2 columns", id="double space is a column"),
        pytest.param("a NN B-NP O \n", 1, "found 5 columns", id="space at the end"),
        pytest.param(rows("a O") + " \n", 3, "found 2 columns in ' '", id="blanks only"),
        pytest.param(" NN B-NP O\n", 1, "found '' in the first column, expected a word", id="no word"),
        pytest.param("a NN B-NP B-GPE\n", 1, "the tag 'B-GPE', expected one of B-LOC, B-MISC,", id="type"),
        pytest.param("a NN B-NP o\n", 1, "the tag 'o'", id="lower case"),
        pytest.param("a NN B-NP PER\n", 1, "the tag 'PER'", id="no prefix"),
        pytest.param("a NN B-NP \n", 1, "the tag ''", id="empty tag"),
        pytest.param("-DOCSTART- -X- O O\n\n", 1, "expected it spelt '-DOCSTART- -X- -X- O'", id="mark"),
        pytest.param(rows("a O").rstrip() + "\n" + MARK, 2, "inside a sentence, expected", id="inside"),
        pytest.param(MARK, 2, "found no sentence", id="marks only"),
        pytest.param("\n\n", 2, "found no sentence", id="blank lines only"),
        pytest.param(rows("a O").encode() + b"\xff NN B-NP O\n", 3, "invalid UTF-8 at byte 1", id="utf-8"),
        pytest.param("a NN B-NP O\rb NN B-NP O\n", 1, "carriage return without a line feed", id="cr"),
        pytest.param("a\0 NN B-NP O\n", 1, "a NUL at character 2", id="nul"),
    ],
)  # fmt: skip
def test_a_bad_file_is_an_error_with_file_line_and_remedy(write, data, line, message):
    path = write(data)
    with pytest.raises(BadInput, match=message) as caught:
        conll.read(path, expected=None)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param("海\n", "found 1 column in .*, expected character, tag, with one space", id="1"),
        pytest.param("海 NN O\n", "found 3 columns", id="3"),
        pytest.param("  O\n", "found 3 columns", id="a space is no character"),
        pytest.param("大海 O\n", r"found '\\u5927\\u6d77' in the first column, expected one", id="2"),
        pytest.param("海 B-MISC\n", "the tag 'B-MISC', expected one of B-LOC, B-ORG, B-PER, I-LOC", id="tag"),
    ],
)  # fmt: skip
def test_a_bad_row_of_characters_is_an_error(write, data, message):
    path = write(data)
    with pytest.raises(BadInput, match=message) as caught:
        peoples_daily.read(path, expected=None)
    assert caught.value.line == 1


def test_an_empty_and_a_missing_file(write, tmp_path):
    with pytest.raises(BadInput, match="the file is empty"):
        conll.read(write(b""), expected=None)
    with pytest.raises(NotThere, match=r"gone: no such file; put the test\.txt of CoNLL-2003"):
        conll.read(tmp_path / "gone", expected=None)
    with pytest.raises(NotThere, match=r"gone: no such file; put the example\.test"):
        peoples_daily.read(tmp_path / "gone", expected=None)


@pytest.mark.parametrize("expected", [1, 3])
def test_another_count_of_sentences_is_an_error(write, expected):
    with pytest.raises(BadInput, match=f"found 2 sentences, expected {expected}; put the test.txt"):
        conll.read(write(rows("a O") + rows("b O")), expected=expected)


def test_another_count_of_words_is_an_error(write):
    """The second count of the data set's table, which no reader is told."""
    dataset = conll.read(write(rows("a O", "b O")), expected=1)
    require_counts(dataset, {"samples": 99, "tokens": 2})  # samples are the reader's to check
    with pytest.raises(BadInput, match="found 2 tokens, expected 46435; put the documented file there"):
        require_counts(dataset, {"samples": 1, "tokens": 46435})


def test_a_count_that_the_reader_does_not_make_is_an_error(tmp_path):
    dataset = Dataset(name="x", path=tmp_path, sha256="", examples=(1,))
    with pytest.raises(BadInput, match="found no count of articles, expected 48"):
        require_counts(dataset, {"samples": 1, "articles": 48})


@unhurried
@given(
    sentences=st.lists(st.lists(WORDS, min_size=1, max_size=5), min_size=1, max_size=5),
    end=st.sampled_from(["\n", "\r\n"]),
    blanks=st.integers(1, 3),
    closed=st.booleans(),
)
def test_what_is_written_is_read_back(tmp_path_factory, sentences, end, blanks, closed):
    path = tmp_path_factory.getbasetemp() / "round-trip.txt"
    blocks = [end.join(f"{word} NN B-NP O" for word in words) + end for words in sentences]
    text = (end * blanks).join(blocks) + end * closed
    path.write_bytes(text.encode())
    read = conll.read(path, expected=len(sentences)).examples
    assert [list(example.words) for example in read] == sentences
    assert [example.closed for example in read] == [True] * (len(sentences) - 1) + [closed]


class TestRealFiles:
    """The files of SOURCES.md; nothing in them is refused."""

    def path(self, folder: Path, name: str) -> Path:
        if not (folder / name).is_file():
            pytest.skip(f"{folder / name} is absent")
        return folder / name

    def test_conll2003(self, data_folder, catalog):
        """3453 sentences and 46435 tokens, IOB2, the last sentence closed (the document's counts)."""
        spec = catalog.datasets["conll2003"]
        dataset = conll.read(self.path(data_folder, "conll2003/test.txt"), expected=3453)
        require_counts(dataset, spec.counts)
        assert dataset.counts == {"tokens": 46435}
        assert dataset.scheme is Scheme.IOB2
        assert all(example.closed for example in dataset.examples)
        assert max(len(example.words) for example in dataset.examples) == 124

    def test_peoples_daily(self, data_folder, catalog):
        """4636 sentences (the document's count), 219197 characters; eight are over 254 characters long."""
        spec = catalog.datasets["peoples_daily"]
        dataset = peoples_daily.read(self.path(data_folder, "peoples_daily/example.test"), expected=4636)
        require_counts(dataset, spec.counts)
        assert dataset.counts == {"characters": 219197}
        assert sum(len(example.words) > 254 for example in dataset.examples) == 8
