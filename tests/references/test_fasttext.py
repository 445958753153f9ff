"""fastText against its formula, one run of words at a time, and against torch's bag of vectors."""

import random

import pytest
import torch
from torch import Tensor, nn

from bestiary.architectures.feedforward.fasttext import FastText
from tests.references.parity import assert_same, close

SEEDS = range(3)


def rewritten(network: FastText, tokens: Tensor, lengths: Tensor, runs: int, vocabulary: int, buckets: int) -> Tensor:
    """The number of a run is that of the authors' code: h = 116049371 h + w, over its words, in Python's integers."""
    answers = []
    for text, length in zip(tokens.tolist(), lengths.tolist()):
        words = text[:length]
        rows = list(words)
        for size in range(2, runs + 1):
            for start in range(len(words) - size + 1):
                number = words[start]
                for word in words[start + 1 : start + size]:
                    number = 116_049_371 * number + word
                rows.append(vocabulary + number % buckets)
        answers.append(network.output.weight @ network.vectors.weight[rows].mean(0))
    return torch.stack(answers)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("runs", [1, 2, 3])
def test_fasttext_is_the_mean_of_words_and_runs(seed: int, runs: int) -> None:
    buckets = random.Random(seed).choice((7, 50, 1_000_003))
    network = FastText(vocabulary=30, outputs=3, width=4, runs=runs, buckets=buckets)
    tokens, lengths = torch.randint(1, 30, (5, 9)), torch.tensor([9, 6, 3, 2, 1])
    assert_same(network, lambda t, n: rewritten(network, t, n, runs, 30, buckets), (tokens, lengths))


def test_fasttext_without_runs_is_an_embedding_bag() -> None:
    network = FastText(vocabulary=30, outputs=3, width=4, runs=1)
    bag = nn.EmbeddingBag.from_pretrained(network.vectors.weight.detach(), mode="mean")
    tokens, lengths = torch.randint(1, 30, (4, 6)), torch.tensor([6, 6, 6, 6])
    close(network(tokens, lengths), bag(tokens) @ network.output.weight.T, "the mean of words")


def test_the_order_of_two_words_counts_with_runs_alone() -> None:
    forth, back, lengths = torch.tensor([[5, 7]]), torch.tensor([[7, 5]]), torch.tensor([2])
    with_runs = FastText(vocabulary=30, outputs=3, runs=2, buckets=1000)
    without = FastText(vocabulary=30, outputs=3, runs=1)
    assert not torch.allclose(with_runs(forth, lengths), with_runs(back, lengths))
    close(without(forth, lengths), without(back, lengths), "words alone")


def test_what_stands_behind_the_end_of_a_text_and_next_to_it_does_not_count() -> None:
    network = FastText(vocabulary=30, outputs=3, runs=3, buckets=1000)
    lengths = torch.tensor([2])
    expected = network(torch.tensor([[5, 7]]), lengths)
    close(network(torch.tensor([[5, 7, 9, 11]]), lengths), expected, "words behind the end")
    assert network(torch.tensor([[5, 7]]), torch.tensor([0])).abs().max() == 0.0
