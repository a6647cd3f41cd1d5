"""A checkpoint's own tokenizer: cut, padded and placed as the file says, or refused in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tokenizer_making as making
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from harness.domain.catalog import Catalog
from harness.domain.models import Head
from harness.errors import CheckpointError, NoSamples, ZoocheckError
from harness.tasks.text import tokenizer_files
from harness.tasks.text.tokenizing import TextTokenizer, open_own


@pytest.fixture
def opened(tmp_path: Path, catalog: Catalog):
    """Opens what lies in the folder."""

    def opened(*, ids: int = 30522) -> TextTokenizer:
        model = making.a_model(catalog, head=Head.CLASSIFICATION)
        return open_own(making.pieces(tmp_path, model, None, ids=ids))

    return opened


class TestTexts:
    def test_marks_types_and_padding_are_the_files(self, tmp_path: Path, opened):
        making.word_pieces(tmp_path)
        made = opened().texts(["The cat"], ["a dog"], length=9)
        assert made.ids.tolist() == [[2, 5, 6, 3, 10, 11, 3, 0, 0]]
        assert made.segments.tolist() == [[0, 0, 0, 0, 1, 1, 1, 0, 0]]
        assert made.mask.tolist() == [[1, 1, 1, 1, 1, 1, 1, 0, 0]]
        assert made.truncated.tolist() == []

    def test_robertas_pairs_have_two_marks_between_and_one_type(self, tmp_path: Path, opened):
        making.byte_pairs(tmp_path)
        made = opened().texts(["the cat"], ["a dog"], length=12)
        row = made.ids[0].tolist()
        assert row[0] == 0
        assert [2, 2] in [row[at : at + 2] for at in range(10)]
        assert not made.segments.any()
        assert row[-1] == 1  # <pad>

    def test_of_a_pair_the_longer_text_is_cut_first_and_the_cut_is_counted(self, tmp_path: Path, opened):
        making.word_pieces(tmp_path)
        made = opened().texts(["the cat sat on the mat", "a"], ["a dog", "cat"], length=8)
        assert made.ids[0].tolist() == [2, 5, 6, 7, 3, 10, 11, 3]
        assert made.truncated.tolist() == [0]

    def test_padding_on_the_left_by_the_settings(self, tmp_path: Path, opened):
        making.word_pieces(tmp_path)
        making.told(tmp_path, padding_side="left")
        made = opened().texts(["cat"], None, length=5)
        assert made.ids.tolist() == [[0, 0, 2, 6, 3]]
        assert made.mask.tolist() == [[0, 0, 1, 1, 1]]

    def test_cutting_on_the_left_by_the_settings(self, tmp_path: Path, opened):
        making.word_pieces(tmp_path)
        making.told(tmp_path, truncation_side="left")
        made = opened().texts(["the cat sat on"], None, length=4)
        assert made.ids.tolist() == [[2, 7, 8, 3]]
        assert made.truncated.tolist() == [0]

    @pytest.mark.parametrize(("settings", "cased"), [({}, False), ({"do_lower_case": False}, True)])
    def test_settings_that_differ_from_the_file_are_what_transformers_takes(
        self, tmp_path: Path, opened, settings: dict, cased: bool
    ):
        """A cased checkpoint beside the tokenizer.json of its uncased base."""
        from transformers import AutoTokenizer

        making.word_pieces(tmp_path)
        (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
        making.told(tmp_path, tokenizer_class="BertTokenizer", **({"do_lower_case": True} | settings))
        made = opened().texts(["The cat"], None, length=4)
        assert made.ids.tolist() == [[2, 1 if cased else 5, 6, 3]]
        assert made.ids[0].tolist() == AutoTokenizer.from_pretrained(tmp_path)("The cat")["input_ids"]

    @pytest.mark.parametrize("names", [["input_ids", "attention_mask"], ["input_ids", "token_type_ids"]])
    def test_segments_are_fed_where_the_checkpoint_saw_them(self, tmp_path: Path, opened, names: list[str]):
        """``model_input_names`` says what transformers feeds; what it lacks was 0 in training, too."""
        from transformers import AutoTokenizer

        making.word_pieces(tmp_path)
        (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
        making.told(tmp_path, tokenizer_class="BertTokenizer", do_lower_case=True, model_input_names=names)
        made = opened().texts(["the cat"], ["a dog"], length=7)
        theirs = AutoTokenizer.from_pretrained(tmp_path)("the cat", "a dog")
        assert made.segments[0].tolist() == theirs.get("token_type_ids", [0] * 7)
        assert made.segments.any() == ("token_type_ids" in names)

    def test_padding_and_cutting_that_the_file_was_saved_with_do_not_count(self, tmp_path: Path, opened):
        """transformers saves what a training last used: a tokenizer that cuts to 3 and pads with 7."""
        path = making.word_pieces(tmp_path)
        made = Tokenizer.from_file(str(path))
        made.enable_truncation(max_length=3)
        made.enable_padding(length=20, pad_id=7)
        made.save(str(path))
        assert opened().texts(["the cat sat"], None, length=6).ids.tolist() == [[2, 5, 6, 7, 3, 0]]

    @given(
        st.lists(st.sampled_from(making.WORDS), min_size=1, max_size=12),
        st.lists(st.sampled_from(making.WORDS), min_size=1, max_size=12),
        st.integers(5, 30),
    )
    @settings(max_examples=50, deadline=None)
    def test_what_fits_is_whole_and_what_does_not_fills_the_length(
        self, tmp_path_factory, catalog: Catalog, first: list[str], second: list[str], length: int
    ):
        folder = tmp_path_factory.mktemp("tokenizer")
        path = making.word_pieces(folder)
        model = making.a_model(catalog, head=Head.CLASSIFICATION)
        tokenizer = open_own(making.pieces(folder, model, None))
        pair = " ".join(first), " ".join(second)
        made = tokenizer.texts([pair[0]], [pair[1]], length=length)
        whole = Tokenizer.from_file(str(path)).encode(*pair).ids
        used = int(made.mask.sum())
        assert used == min(length, len(whole))
        assert made.truncated.tolist() == ([0] if len(whole) > length else [])
        if len(whole) <= length:
            assert made.ids[0, :used].tolist() == whole

    def test_a_length_without_room_and_no_text(self, tmp_path: Path, opened):
        making.word_pieces(tmp_path)
        with pytest.raises(
            ZoocheckError, match="length 4 has no room for a token beside 3 marks, expected 5"
        ):
            opened().texts(["a"], ["b"], length=4)
        with pytest.raises(NoSamples):
            opened().texts([], None, length=4)


class TestWords:
    def test_a_words_first_piece_is_its_place(self, tmp_path: Path, opened):
        making.word_pieces(tmp_path)
        made = opened().words([["cats", "ran"], ["the"]], length=6)
        the, cat, plural, ran = (5 + making.WORDS.index(word) for word in ("the", "cat", "##s", "ran"))
        assert made.ids.tolist() == [[2, cat, plural, ran, 3, 0], [2, the, 3, 0, 0, 0]]
        assert made.positions.tolist() == [1, 3, 1]
        assert list(zip(made.rows.tolist(), made.words.tolist(), strict=True)) == [(0, 0), (0, 1), (1, 0)]

    @pytest.mark.parametrize(
        ("family", "settings", "spaced"),
        [
            ("roberta", {}, True),
            ("roberta", {"add_prefix_space": False}, True),
            ("modernbert", {}, False),
            ("modernbert", {"add_prefix_space": True}, True),
        ],
    )
    def test_the_blank_before_a_word_is_that_of_run_ner(
        self, tmp_path: Path, opened, family: str, settings: dict, spaced: bool
    ):
        """Bytes' pieces carry it: always for RoBERTa, of others where a file says so."""
        plain = Tokenizer.from_file(str(making.byte_pairs(tmp_path)))
        (tmp_path / "config.json").write_text(json.dumps({"model_type": family}))
        making.told(tmp_path, **settings)
        made = opened().words([["the", "cat"]], length=12)
        used = made.ids[0, : int(made.mask[0].sum())].tolist()
        bare, blank = (plain.encode(before + "cat").ids[1:-1] for before in ("", " "))
        assert bare != blank
        first = plain.encode((" " if spaced else "") + "the").ids[:-1]
        assert used == [*first, *(blank if spaced else bare), 2]
        assert made.positions.tolist() == [1, len(first)]

    @pytest.mark.parametrize("scheme", ["always", "first", "never"])
    @pytest.mark.parametrize("split", [True, False])
    def test_words_by_sentence_pieces_are_transformers(
        self, tmp_path: Path, opened, scheme: str, split: bool
    ):
        """XLM-R's file may be saved with never: its words then have no blank before them."""
        from transformers import PreTrainedTokenizerFast

        path = making.sentence_pieces(tmp_path, scheme, split=split)
        sentences = [["the", "cat", "sat"], ["hello", "York's", "mat", "big"]]
        made = opened().words(sentences, length=24)
        theirs = PreTrainedTokenizerFast(tokenizer_file=str(path))(sentences, is_split_into_words=True)
        used = [row[: int(mask.sum())].tolist() for row, mask in zip(made.ids, made.mask, strict=True)]
        assert used == theirs["input_ids"]
        blank = Tokenizer.from_file(str(path)).id_to_token(used[0][1]).startswith("▁")
        assert blank == (scheme != "never")
        wanted = [theirs.word_ids(row).index(at) for row, words in enumerate(sentences)
                  for at in range(len(words))]  # fmt: skip
        assert made.positions.tolist() == wanted

    def test_a_word_that_does_not_fit_or_is_nothing_has_no_place(self, tmp_path: Path, opened):
        making.word_pieces(tmp_path)
        made = opened().words([["the", "\u200b", "cat", "sat", "on"]], length=5)
        assert made.words.tolist() == [0, 2, 3]
        assert made.truncated.tolist() == [0]


class TestWindows:
    def test_windows_share_the_stride_and_show_their_characters(self, tmp_path: Path, opened):
        making.word_pieces(tmp_path)
        context = "the cat sat on the mat a dog is big"
        made = opened().windows(["who ran ?"], [context], length=12, stride=2, longest=4)
        assert made.asked.tolist() == [0, 0]
        shown = [
            [context[a:b] for a, b in zip(*pair, strict=True) if a >= 0]
            for pair in zip(made.starts.tolist(), made.ends.tolist(), strict=True)
        ]
        assert shown[0] == ["the", "cat", "sat", "on", "the", "mat"]
        assert shown[1][:2] == ["the", "mat"]
        assert shown[-1][-1] == "big"
        assert {word for window in shown for word in window} == set(context.split())

    def test_a_long_question_is_cut_and_counted(self, tmp_path: Path, opened):
        making.word_pieces(tmp_path)
        made = opened().windows(["  who ran on the mat ?"], ["the cat"], length=12, stride=2, longest=3)
        assert made.ids[0, :5].tolist() == [2, *Tokenizer.from_file(str(tmp_path / "tokenizer.json")).encode(
            "who ran on", add_special_tokens=False).ids, 3]  # fmt: skip
        assert made.truncated.tolist() == [0]

    def test_no_room_for_question_and_stride(self, tmp_path: Path, opened):
        making.word_pieces(tmp_path)
        with pytest.raises(
            ZoocheckError, match=r"length 10 .* question of 6 tokens and a stride of 2, expected 12"
        ):
            opened().windows(["who"], ["the"], length=10, stride=2, longest=6)


class TestForms:
    def test_a_cased_list_of_pieces_is_not_lowered(self, tmp_path: Path, opened):
        """transformers lowers texts where nothing says otherwise; here the pieces say that they have case."""
        (tmp_path / "vocab.txt").write_text("\n".join([*making.SPECIAL, "Cat", "cat"]) + "\n")
        assert opened().texts(["Cat cat"], None, length=4).ids.tolist() == [[2, 5, 6, 3]]

    def test_a_list_without_capitals_is_lowered_unless_the_settings_say_otherwise(
        self, tmp_path: Path, opened
    ):
        (tmp_path / "vocab.txt").write_text("\n".join([*making.SPECIAL, "cat"]) + "\n")
        assert opened().texts(["Cat"], None, length=3).ids.tolist() == [[2, 5, 3]]
        making.told(tmp_path, do_lower_case=False)
        assert opened().texts(["Cat"], None, length=3).ids.tolist() == [[2, 1, 3]]

    def test_byte_pairs_of_two_files_are_those_of_the_one(self, tmp_path: Path, opened):
        making.byte_pairs(tmp_path)
        (tmp_path / "config.json").write_text(json.dumps({"model_type": "roberta"}))
        one = opened().texts(["the cat"], ["a dog"], length=12)
        (tmp_path / "tokenizer.json").unlink()
        two = opened().texts(["the cat"], ["a dog"], length=12)
        assert one.ids.tolist() == two.ids.tolist()
        assert tokenizer_files.all_in(tmp_path) == ("vocab.json", "merges.txt")

    @pytest.mark.parametrize(
        ("name", "family"),
        [("sentencepiece.bpe.model", "xlm-roberta"), ("spiece.model", "albert"), ("spm.model", "deberta-v2")],
    )
    def test_sentence_pieces(self, tmp_path: Path, opened, name: str, family: str):
        sentencepiece = pytest.importorskip("sentencepiece")
        (tmp_path / "texts").write_text("\n".join(making.TEXTS * 20))
        symbols = {} if family == "xlm-roberta" else {"user_defined_symbols": "[CLS],[SEP],[MASK],[PAD]"}
        sentencepiece.SentencePieceTrainer.train(
            input=str(tmp_path / "texts"), model_prefix=str(tmp_path / "m"), vocab_size=60,
            model_type="unigram", hard_vocab_limit=False, minloglevel=2, **symbols,
        )  # fmt: skip
        (tmp_path / "m.model").rename(tmp_path / name)
        (tmp_path / "config.json").write_text(json.dumps({"model_type": family}))
        raw = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / name))
        tokenizer = opened()
        row = tokenizer.texts(["the cat sat"], None, length=20)
        used = row.ids[0, : int(row.mask[0].sum())].tolist()
        shift = 1 if family == "xlm-roberta" else 0  # the padding that fairseq put before its pieces
        assert used[1:-1] == [number + shift for number in raw.encode("the cat sat")]
        made = tokenizer.words([["the", "cat"]], length=20)
        first, second = ([number + shift for number in raw.encode(word)] for word in ("the", "cat"))
        assert made.ids[0, 1 : 1 + len(first + second)].tolist() == [*first, *second]
        assert made.positions.tolist() == [1, 1 + len(first)]

    def test_sentence_pieces_without_their_library_are_one_sentence(
        self, tmp_path: Path, opened, monkeypatch: pytest.MonkeyPatch
    ):
        import importlib.util

        (tmp_path / "spiece.model").write_bytes(b"\x0a\x05")
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        with pytest.raises(
            CheckpointError, match=r"read by the package sentencepiece, which is not installed"
        ):
            opened()


class TestRefused:
    def test_ids_without_a_row_of_the_embedding(self, tmp_path: Path, opened):
        making.word_pieces(tmp_path)
        largest = len(making.SPECIAL) + len(making.WORDS) - 1
        assert opened(ids=largest + 1).largest_id == largest
        with pytest.raises(
            CheckpointError,
            match=rf"found ids up to {largest}, and the word embedding has {largest} rows; put",
        ):
            opened(ids=largest)

    @pytest.mark.parametrize("content", ["", "{}", '{"model": {"type": "Nothing"}}', "\x00"])
    def test_a_file_that_is_no_tokenizer(self, tmp_path: Path, opened, content: str):
        (tmp_path / "tokenizer.json").write_text(content)
        with pytest.raises(
            CheckpointError, match=r"tokenizer\.json: no tokenizer that can be read"
        ) as caught:
            opened()
        assert "\n" not in str(caught.value)

    def test_settings_that_are_no_json(self, tmp_path: Path, opened):
        making.word_pieces(tmp_path)
        (tmp_path / "tokenizer_config.json").write_text("{")
        with pytest.raises(CheckpointError, match=r"tokenizer_config\.json: found no JSON"):
            opened()

    def test_no_padding(self, tmp_path: Path, opened):
        path = making.byte_pairs(tmp_path)
        content = json.loads(path.read_text())
        content["added_tokens"] = [item for item in content["added_tokens"] if item["content"] != "<pad>"]
        content["model"]["vocab"]["<nothing>"] = content["model"]["vocab"].pop("<pad>")
        path.write_text(json.dumps(content))
        with pytest.raises(
            CheckpointError, match=r"nothing says which token is padding \(pad_token found None\)"
        ):
            opened()
        making.told(tmp_path, pad_token="</s>")
        assert opened().texts(["the"], None, length=8).ids[0, -1] == 2
