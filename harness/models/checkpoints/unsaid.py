"""A config.json that names no ``model_type``, as those of 2019: a BERT's by its keys, or nobody's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.decoding import short

NOTE = "config.json names no model_type: taken for a BERT's, by its keys"

# Of Google's bert_config.json; of transformers' BertConfig, and what it writes of any configuration; of
# TinyBERT's authors (huawei-noah/Pretrained-Language-Model).
_GOOGLES = """
    attention_probs_dropout_prob directionality hidden_act hidden_dropout_prob hidden_size initializer_range
    intermediate_size max_position_embeddings num_attention_heads num_hidden_layers pooler_fc_size
    pooler_num_attention_heads pooler_num_fc_layers pooler_size_per_head pooler_type type_vocab_size
    vocab_size
"""
_TRANSFORMERS = """
    _name_or_path add_cross_attention architectures auto_map bos_token_id chunk_size_feed_forward
    classifier_dropout cls_token_id do_lower_case do_sample dtype eos_token_id eos_token_ids finetuning_task
    gradient_checkpointing id2label is_decoder is_encoder_decoder label2id layer_norm_eps length_penalty
    max_length model_type num_beams num_labels num_return_sequences output_attentions output_hidden_states
    output_past pad_token_id position_embedding_type problem_type pruned_heads quantization_config
    repetition_penalty return_dict sep_token_id temperature tie_word_embeddings top_k top_p torch_dtype
    torchscript transformers_version use_bfloat16 use_cache
"""
_TINYBERTS = "cell emb_size pre_trained structure training"
_KEYS = frozenset([*_GOOGLES.split(), *_TRANSFORMERS.split(), *_TINYBERTS.split()])


def foreign(found: Mapping[str, Any]) -> Sequence[str]:
    """What stands in a config.json that no BERT's has, in words; empty where it can be one."""
    others = [key for key in found if key not in _KEYS]
    named = found.get("architectures")
    classes = [
        item for item in (named if isinstance(named, list) else [named]) if item and not _is_bert(item)
    ]
    return [*others, *(f"architectures {short(item)}" for item in classes)]


def _is_bert(name: Any) -> bool:
    return isinstance(name, str) and name.startswith(("Bert", "TinyBert"))
