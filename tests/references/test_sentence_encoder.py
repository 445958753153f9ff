"""The sentence encoder is transformers' BERT with a masked mean, with weights that go both ways."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from bestiary.architectures.attention.sentence_encoder import SentenceClassifier, SentenceEncoder, SentenceProbe
from bestiary.errors import InputError
from bestiary.weights.loading import exported, maps_of
from bestiary.weights.maps import pairs
from tests.references.parity import assert_same

SIZES = [
    {"vocabulary": 30, "length": 9, "width": 12, "depth": 2, "heads": 3, "feedforward": 20},
    {"vocabulary": 17, "length": 7, "width": 8, "depth": 3, "heads": 1, "feedforward": 8},
    {"vocabulary": 50, "length": 16, "width": 16, "depth": 1, "heads": 8, "feedforward": 40},
]


class MeanOfBert(nn.Module):
    """transformers' model without its pooler, then the mean of each row's real pieces, one row at a time."""

    def __init__(self, words: dict[str, int]) -> None:
        super().__init__()
        config = BertConfig(
            vocab_size=words["vocabulary"],
            max_position_embeddings=words["length"],
            hidden_size=words["width"],
            num_hidden_layers=words["depth"],
            num_attention_heads=words["heads"],
            intermediate_size=words["feedforward"],
        )
        self.bert = BertModel(config, add_pooling_layer=False)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        mask = (torch.arange(tokens.shape[1]) < lengths[:, None]).long()
        said = self.bert(tokens, attention_mask=mask).last_hidden_state
        return torch.stack([row[:length].mean(0) for row, length in zip(said, lengths.tolist())])


def pair(words: dict[str, int], seed: int) -> tuple[SentenceEncoder, MeanOfBert, dict[str, str]]:
    """Both with equal random weights, and our names -> theirs."""
    torch.manual_seed(seed)
    ours, theirs = SentenceEncoder(**words).eval(), MeanOfBert(words).eval()
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    missing = theirs.bert.load_state_dict(exported(ours, "transformers"), strict=False)
    assert not missing.unexpected_keys and set(missing.missing_keys) <= {"embeddings.position_ids"}
    found, without = pairs(dict(ours.named_parameters()), maps_of(ours)[0])
    assert not without
    return ours, theirs, {pair.ours[0]: f"bert.{pair.theirs[0]}" for pair in found}


@pytest.mark.parametrize("words", SIZES)
def test_encoder_is_transformers_bert(words: dict[str, int]) -> None:
    ours, theirs, names = pair(words, seed=words["width"])
    tokens = torch.randint(1, words["vocabulary"], (5, words["length"]))
    lengths = torch.tensor([words["length"], 1, 3, 5, 2])
    assert_same(ours, theirs, (tokens, lengths), names)


def test_classifier_is_transformers_bert_with_a_linear_layer() -> None:
    encoder, theirs, names = pair(SIZES[0], seed=3)
    ours = SentenceClassifier(**SIZES[0], outputs=4).eval()
    ours.encoder.load_state_dict(encoder.state_dict())
    together = nn.Module()
    together.mean, together.head = theirs, nn.Linear(12, 4)
    together.head.load_state_dict(ours.head.state_dict())
    together.forward = lambda tokens, lengths: together.head(together.mean(tokens, lengths))
    named = {f"encoder.{mine}": f"mean.{other}" for mine, other in names.items()}
    named |= {f"head.{word}": f"head.{word}" for word in ("weight", "bias")}
    assert_same(ours, together, (torch.randint(1, 30, (3, 9)), torch.tensor([9, 4, 1])), named)


def test_probe_is_a_linear_layer_on_vectors_of_unit_mean_square() -> None:
    torch.manual_seed(0)
    probe, vectors = SentenceProbe(sentence=6, outputs=3), torch.randn(5, 6)
    nn.init.normal_(probe.head.weight)

    def linear(vectors: Tensor) -> Tensor:
        return (vectors * 6**0.5) @ probe.head.weight.T + probe.head.bias

    assert_same(probe, linear, (vectors,))


def test_a_classifier_is_not_exported_under_names_that_its_head_has_not() -> None:
    with pytest.raises(InputError, match=r"has no name for head.weight"):
        exported(SentenceClassifier(**SIZES[0], outputs=2), "transformers")
