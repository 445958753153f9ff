"""GPT against transformers' GPT-2; recurrent language models, decoding, n-grams and bits as they should be."""

import math
import random
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    MinPLogitsWarper,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from bestiary.architectures.attention.gpt import GPT
from bestiary.architectures.recurrence.language_model import GRULanguageModel, LSTMLanguageModel
from bestiary.contracts import CorpusSpec
from bestiary.errors import InputError
from bestiary.kinds.corpus.store import CorpusData, next_tokens
from bestiary.layers.attention import Attention, Memory
from bestiary.layers.masks import causal
from bestiary.objectives.next_token import NextToken
from bestiary.sampling.decoding import (
    forbid,
    generate,
    greedy,
    likeliest,
    min_p,
    temperature,
    then,
    top_k,
    top_p,
)
from bestiary.sampling.looking import evaluating
from bestiary.sampling.texts import sample
from bestiary.tasks.continuation.ngrams import Compressor, KneserNey
from bestiary.tasks.continuation.scoring import Continue
from bestiary.weights.loading import maps_of
from bestiary.weights.maps import pairs
from bestiary.weights.translation import outward
from tests.references.parity import assert_same, close

SEEDS = range(6)
FACTS = {"target": "next token", "problem": "continue", "classes": [], "units": "bytes", "merges": []}


def stirred(network: nn.Module, seed: int) -> nn.Module:
    """All parameters random, so that nothing agrees because it is 1 or 0."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return network


def sizes(seed: int) -> dict[str, int]:
    roll = random.Random(seed)
    heads = roll.randint(1, 3)
    width = heads * roll.randint(1, 5)
    words = {"vocabulary": roll.randint(3, 20), "length": roll.randint(5, 12), "depth": roll.randint(1, 3)}
    return {**words, "width": width, "heads": heads}


def to_transformers(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Our weights under their names, the tied matrix under both."""
    known = next(one for one in maps_of(GPT) if one.library == "transformers")
    return outward(pairs(weights, known)[0], weights) | {"lm_head.weight": weights["embed.weight"]}


def pair(seed: int) -> tuple[GPT, GPT2LMHeadModel]:
    words = sizes(seed)
    ours = stirred(GPT(**words, dropout=0.0), seed)
    config = GPT2Config(
        vocab_size=words["vocabulary"],
        n_positions=words["length"],
        n_embd=words["width"],
        n_layer=words["depth"],
        n_head=words["heads"],
        bos_token_id=0,
        eos_token_id=0,
    )
    theirs = GPT2LMHeadModel(config).eval()
    theirs.load_state_dict(to_transformers(ours.state_dict()))
    return ours, theirs


# ---------------------------------------------------------------------------------------------- the network


@pytest.mark.parametrize("seed", SEEDS)
def test_gpt_is_transformers_gpt2(seed: int) -> None:
    """Outputs and the gradient of every weight, through the translation of names."""
    ours, theirs = pair(seed)
    vocabulary, length = ours.embed.num_embeddings, ours.length

    def reference(tokens: Tensor) -> Tensor:
        weights = to_transformers(dict(ours.named_parameters()))
        return functional_call(theirs, weights, (tokens,), {"use_cache": False}, tie_weights=False).logits

    for steps in (1, length):
        assert_same(ours, reference, (torch.randint(vocabulary, (3, steps)),))


def test_first_weights_are_those_of_the_paper() -> None:
    torch.manual_seed(0)
    network = GPT(vocabulary=500, length=200, width=128, depth=8, heads=4)
    for name, weight in network.named_parameters():
        if name.endswith("bias"):
            assert not weight.any(), name
        elif "norm" in name:
            assert (weight == 1).all(), name
        else:
            scale = 0.02 / 4 if name.endswith(("output.weight", "narrow.weight")) else 0.02  # 2 x 8 residuals
            assert abs(weight.std() / scale - 1) < 0.05, name
    nats = NextToken()(network, next_tokens(torch.randint(1, 500, (4, 129))), 0)[0]
    assert abs(nats - math.log(500)) < 0.1, "a new network is as surprised as one that knows nothing"


# ------------------------------------------------------------------------------------------- causality, memory


def networks() -> list[nn.Module]:
    words = {"vocabulary": 13, "embedding": 5, "width": 7, "depth": 2}
    return [
        stirred(GPT(vocabulary=13, length=10, width=12, depth=2, heads=3, dropout=0.0), 0),
        stirred(LSTMLanguageModel(**words), 1),
        stirred(GRULanguageModel(**words), 2),
    ]


NAMES = ["gpt", "lstm", "gru"]


@pytest.mark.parametrize("network", networks(), ids=NAMES)
def test_no_place_sees_a_later_one(network: nn.Module) -> None:
    tokens = torch.randint(13, (2, 10))
    for place in range(9):
        changed = tokens.clone()
        changed[:, place + 1 :] = (changed[:, place + 1 :] + 1) % 13
        close(network(changed)[:, : place + 1], network(tokens)[:, : place + 1], f"up to place {place}")
        assert (network(changed)[:, place + 1 :] - network(tokens)[:, place + 1 :]).abs().max() > 1e-3


@pytest.mark.parametrize("network", networks(), ids=NAMES)
def test_reading_in_pieces_is_reading_at_once(network: nn.Module) -> None:
    tokens = torch.randint(13, (3, 10))
    memory = network.remember()
    pieces = [network(tokens[:, a:b], memory) for a, b in ((0, 4), (4, 5), (5, 6), (6, 10))]
    close(torch.cat(pieces, 1), network(tokens), "logits")


@pytest.mark.parametrize("network", networks(), ids=NAMES)
@pytest.mark.parametrize("first", [1, 5, 10, 23])
def test_cached_generation_is_uncached_generation(network: nn.Module, first: int) -> None:
    """Token by token, also where the window of ten is full and moves on."""
    prompt = torch.randint(13, (2, first))
    for rule in (greedy, then(temperature(1.5), top_p(0.9))):
        made = [
            generate(network, prompt, 40, rule, generator=torch.Generator().manual_seed(3), cached=cached)
            for cached in (True, False)
        ]
        assert torch.equal(made[0], made[1])
        assert torch.equal(made[0][:, :first], prompt)
        assert made[0].shape == (2, first + 40)
    assert network.training, "modes are put back"


def test_what_is_looked_at_is_what_is_computed_with() -> None:
    """The weights that are drawn give what the first layer's attention gives; none looks ahead."""
    torch.manual_seed(0)
    network, tokens = networks()[0].eval(), torch.randint(13, (2, 10))
    looks = network.look(tokens)
    assert len(looks) == 2
    for weights in looks:
        assert weights.shape == (2, 3, 10, 10)
        close(weights.sum(-1), torch.ones(2, 3, 10), "sums")
        assert not weights.triu(1).any()
    layer = network.layers[0]
    sequence = layer.attention_norm(network.positions(network.embed(tokens)))
    values = layer.attention.project(sequence)[2]
    attended = layer.attention.output((looks[0] @ values).transpose(1, 2).flatten(2))
    close(attended, layer.attention(sequence, mask=causal()), "attention")


def test_greedy_generation_is_transformers() -> None:
    for seed in SEEDS:
        ours, theirs = pair(seed)
        prompt = torch.randint(1, ours.embed.num_embeddings, (1, 2))
        count = ours.length - 2
        theirs.generation_config.eos_token_id = None
        made = theirs.generate(prompt, max_new_tokens=count, do_sample=False, attention_mask=torch.ones_like(prompt))
        assert generate(ours, prompt, count).tolist() == made.tolist()


def test_a_memory_has_an_end() -> None:
    attention, memory = Attention(width=4, heads=2), Memory(3)
    attention(torch.randn(1, 3, 4), mask=causal(), memory=memory)
    with pytest.raises(InputError, match="holds 3 steps; received 4"):
        attention(torch.randn(1, 1, 4), mask=causal(), memory=memory)
    with pytest.raises(InputError, match="may have 10 steps; received 11"):
        networks()[0](torch.zeros(1, 11, dtype=torch.long))


# --------------------------------------------------------------------------------------------------- decoding


@pytest.mark.parametrize("seed", SEEDS)
def test_rules_are_transformers_warpers(seed: int) -> None:
    torch.manual_seed(seed)
    logits = 3 * torch.randn(5, 17)
    for ours, theirs in (
        (temperature(0.7), TemperatureLogitsWarper(0.7)),
        (top_k(4), TopKLogitsWarper(4)),
        (top_k(99), TopKLogitsWarper(99)),
        (top_p(0.75), TopPLogitsWarper(0.75)),
        (top_p(1e-6), TopPLogitsWarper(1e-6)),
        (min_p(0.2), MinPLogitsWarper(0.2)),
    ):
        assert torch.equal(ours(logits), theirs(None, logits.clone()))
    assert torch.equal(temperature(0.0)(logits), top_k(1)(logits))
    assert torch.equal(top_p(1.0)(logits), logits)
    assert torch.equal(min_p(0.0)(logits), logits)
    assert forbid(2, 5)(logits).isneginf().nonzero()[:, 1].unique().tolist() == [2, 5]


def test_rules_refuse_what_cannot_be() -> None:
    for make, value in ((temperature, -1), (top_k, 0), (top_p, 0), (top_p, 1.1), (min_p, -0.1), (min_p, 2)):
        with pytest.raises(InputError, match=str(value)):
            make(value)
    with pytest.raises(InputError, match="at least one token"):
        generate(networks()[0], torch.zeros(1, 0, dtype=torch.long), 3)


@pytest.mark.parametrize("beams", [1, 3, 8])
def test_likeliest_texts_are_transformers_beams(beams: int) -> None:
    for seed in SEEDS:
        ours, theirs = pair(seed)
        prompt, count = torch.randint(1, ours.embed.num_embeddings, (2,)), ours.length - 2
        theirs.generation_config.eos_token_id = None
        made = theirs.generate(
            prompt[None], max_new_tokens=count, do_sample=False, num_beams=beams, length_penalty=0.0,
            attention_mask=torch.ones(1, 2, dtype=torch.long),
        )  # fmt: skip
        assert likeliest(ours, prompt, count, beams)[0][0].tolist() == made[0].tolist()


@pytest.mark.parametrize("network", networks(), ids=NAMES)
def test_texts_that_are_followed_keep_their_own_memory(network: nn.Module) -> None:
    """With and without a cache, past the end of the window; the scores are those of the texts themselves."""
    prompt = torch.randint(13, (3,))
    for count in (4, 20):
        (cached, told), (plain, _) = (likeliest(network, prompt, count, 5, cached=cached) for cached in (True, False))
        assert torch.equal(cached, plain) and len(cached.unique(dim=0)) == 5
        assert (told[:-1] >= told[1:]).all()
    texts, told = likeliest(network, prompt, 4, 5)
    with torch.no_grad(), evaluating(network):
        chances = network(texts[:, :-1]).log_softmax(-1).gather(2, texts[:, 1:, None])[:, 2:, 0]
    close(told, chances.sum(1), "scores")


def test_wide_beams_find_the_likeliest_text_of_all() -> None:
    torch.manual_seed(0)
    network = stirred(GPT(vocabulary=4, length=6, width=4, depth=1, heads=1), 0).eval()
    texts = torch.cartesian_prod(*[torch.arange(4)] * 3)
    whole = torch.cat([torch.ones(64, 1, dtype=torch.long), texts], 1)
    with torch.no_grad():
        chances = network(whole[:, :-1]).log_softmax(-1).gather(2, whole[:, 1:, None]).sum((1, 2))
    found, told = likeliest(network, torch.tensor([1]), 3, beams=100)
    order = chances.argsort(descending=True)
    assert found.tolist() == whole[order].tolist()
    close(told, chances[order], "scores")


def test_likeliest_texts_are_told_without_chance() -> None:
    torch.manual_seed(0)
    network, words = GPT(vocabulary=257, length=16, width=8, depth=1, heads=2), {"prompt": "In the", "length": 12}
    texts = [sample(network, CorpusSpec(257, 16), FACTS, count=2, seed=seed, beams=4, **words).texts for seed in (0, 1)]
    assert texts[0] == texts[1] and len(texts[0]) == 2 and texts[0][0].startswith("In the")
    with pytest.raises(InputError, match="beam search draws nothing"):
        sample(network, CorpusSpec(257, 16), FACTS, beams=4, top_k=3, **words)
    with pytest.raises(InputError, match="1 beam or more"):
        sample(network, CorpusSpec(257, 16), FACTS, beams=0, **words)
    with pytest.raises(InputError, match="1,000 at most"):
        sample(network, CorpusSpec(257, 16), FACTS, beams=10**9, **words)


def test_draws_follow_the_distribution() -> None:
    """A network of one token's context that says 1/8, 1/8, 1/4, 1/2 whatever it reads."""
    table = nn.Embedding(4, 4, _weight=torch.tensor([0.125, 0.125, 0.25, 0.5]).log().repeat(4, 1))
    prompt, generator = torch.zeros(200, 1, dtype=torch.long), torch.Generator().manual_seed(0)
    made = generate(table, prompt, 40, temperature(1.0), generator=generator)
    share = torch.bincount(made[:, 1:].flatten()).double() / 8000
    assert (share - torch.tensor([0.125, 0.125, 0.25, 0.5])).abs().max() < 0.02


def test_sample_writes_texts_that_go_on_from_the_prompt() -> None:
    torch.manual_seed(0)
    network = GPT(vocabulary=257, length=16, width=8, depth=1, heads=2)
    words = {"count": 3, "seed": 5, "prompt": "In the beginning", "length": 30}
    texts = sample(network, CorpusSpec(257, 16), FACTS, **words).texts
    assert texts is not None
    assert len(set(texts)) == 3
    assert all(text.startswith("In the beginning") for text in texts)
    assert texts == sample(network, CorpusSpec(257, 16), FACTS, **words).texts
    assert texts != sample(network, CorpusSpec(257, 16), FACTS, **{**words, "seed": 6}).texts
    with pytest.raises(InputError, match="length from 1"):
        sample(network, CorpusSpec(257, 16), FACTS, length=0)


# ----------------------------------------------------------------------------------------------- bits, n-grams


def corpus(tokens: list[int], vocabulary: int, length: int) -> CorpusData:
    arrays = {"tokens": np.array(tokens, np.int32)}
    return CorpusData.of(CorpusSpec(vocabulary, length), FACTS, {"train": arrays, "test": arrays})


class Even(nn.Module):
    """Finds all tokens equally likely."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.vocabulary = vocabulary

    def forward(self, tokens: Tensor) -> Tensor:
        return torch.zeros(*tokens.shape, self.vocabulary)


class Seer(GPT):
    """A GPT whose mask is gone, as if by a slip: every place sees all others."""

    def forward(self, tokens: Tensor, memory: object = None) -> Tensor:
        sequence = self.positions(self.embed(tokens))
        for layer in self.layers:
            sequence = sequence + layer.attention(layer.attention_norm(sequence))
            sequence = sequence + layer.feedforward(layer.feedforward_norm(sequence))
        return F.linear(self.norm(sequence), self.embed.weight)


def test_knowing_nothing_costs_eight_bits() -> None:
    data = corpus([0, *range(1, 256), 0, *range(5, 90)], 256, 16)
    task = Continue(FACTS)
    told = task.predict(Even(256), data, "test")
    assert task.score(told, None) == pytest.approx({"bits_per_byte": 8.0, "perplexity": 256.0})
    assert int(told.columns["bytes"].sum()) == 255 + 85
    assert float(task.losses(told, None).mean()) == pytest.approx(8.0)


def test_knowing_how_common_tokens_are_costs_their_surprise() -> None:
    """One more of each token than the training text has, the beginning of a text left out."""
    tokens = [0, 1, 1, 1, 2, 3]
    data = corpus(tokens, 257, 3)
    surprise = {1: -math.log2(4 / 261), 2: -math.log2(2 / 261), 3: -math.log2(2 / 261)}  # of 5 and 256
    told = Continue(FACTS).ignorant(data, "test").columns
    assert float(told["bits"].sum()) == pytest.approx(sum(surprise[token] for token in tokens[1:]))


def test_bits_are_the_objective_in_another_unit() -> None:
    """One window without padding: the mean of the bits is the loss in nats over ln 2."""
    network = stirred(GPT(vocabulary=20, length=16, width=8, depth=1, heads=2, dropout=0.0), 0)
    tokens = [0, *torch.randint(1, 20, (16,)).tolist()]
    task = Continue(FACTS)
    bits = task.score(task.predict(network, corpus(tokens, 20, 16), "test"), None)["bits_per_byte"]
    nats = NextToken()(network, next_tokens(torch.tensor([tokens])), 0)[0]
    assert bits == pytest.approx(nats.item() / math.log(2), rel=1e-5)


def test_a_network_that_sees_the_answer_is_caught() -> None:
    words = {"vocabulary": 20, "length": 16, "width": 8, "depth": 1, "heads": 2, "dropout": 0.0}
    data = corpus([0, *torch.randint(1, 20, (60,)).tolist()], 20, 16)
    Continue(FACTS).predict(GPT(**words), data, "test")
    with pytest.raises(InputError, match="Seer sees the tokens that it is asked for"):
        Continue(FACTS).predict(stirred(Seer(**words), 0), data, "test")


def test_the_weight_of_a_batch_is_how_many_tokens_it_asks_for() -> None:
    batch = next_tokens(torch.tensor([[0, 5, 6, 7], [3, 4, 0, 0]]))
    assert NextToken().weight(batch) == int((batch.truth > 0).sum()) == 4


def test_tokens_that_are_not_asked_for_teach_nothing() -> None:
    network = stirred(GPT(vocabulary=20, length=16, width=8, depth=1, heads=2, dropout=0.0), 0)
    tokens = torch.randint(1, 20, (1, 9))
    padded = torch.cat([tokens, torch.zeros(1, 5, dtype=torch.long)], 1)
    close(NextToken()(network, next_tokens(padded), 0)[0], NextToken()(network, next_tokens(tokens), 0)[0], "loss")


def test_kneser_ney_by_hand() -> None:
    """Bigrams of "abaabb"; ab 2, ba 1, aa 1, bb 1. Too few to estimate discounts from, so each is a half.

    Continuation counts: before a stand b, a and the beginning: 3; before b stand a and b: 2; so of single bytes
    p(a) = (3 - 0.5) / 5 + (2 x 0.5 / 5) / 256, and with a before it, which was seen three times with two followers,
    p(a | a) = (1 - 0.5) / 3 + (2 x 0.5 / 3) p(a).
    """
    model = KneserNey.fit([b"abaabb"], 2)
    a, b, other = 2.5 / 5 + 0.2 / 256, 1.5 / 5 + 0.2 / 256, 0.2 / 256
    (told,) = model.bits([b"aabbz"])
    expected = [a, 0.5 / 3 + a / 3, 1.5 / 3 + b / 3, 0.5 / 2 + b / 2, 0.5 * other]
    assert np.exp2(-told) == pytest.approx(expected)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_probabilities_of_an_n_gram_sum_to_one(order: int) -> None:
    text = (Path(__file__).parents[1] / "fixtures" / "genesis.txt").read_bytes()
    model = KneserNey.fit([text[:20_000], text[30_000:50_000]], order)
    for context in (b"", b"And Go", b"qxz", b"\xff\xfe", b"the "):
        told = [np.exp2(-bits[-1]) for bits in model.bits([context + bytes([byte]) for byte in range(256)])]
        assert sum(told) == pytest.approx(1.0)
        assert model.following(np.frombuffer(context, np.uint8)) == pytest.approx(np.array(told))
        assert min(told) > 0


def test_n_grams_survive_saving() -> None:
    model = KneserNey.fit([b"in the beginning " * 20], 4)
    again = KneserNey.restore(model.state())
    assert np.array_equal(again.bits([b"the end"])[0], model.bits([b"the end"])[0])
    assert again.write(b"in t", 60, seed=1) == model.write(b"in t", 60, seed=1)
    assert b"beginning in the" in model.write(b"in t", 60, seed=1)
    packer = Compressor(b"in the beginning " * 20, "bz2")
    assert np.array_equal(Compressor.restore(packer.state()).bits([b"the end"])[0], packer.bits([b"the end"])[0])


def test_more_context_helps_an_n_gram() -> None:
    text = (Path(__file__).parents[1] / "fixtures" / "genesis.txt").read_bytes()
    told = [KneserNey.fit([text[:120_000]], order).bits([text[150_000:170_000]])[0].mean() for order in (1, 2, 3, 5)]
    assert told == sorted(told, reverse=True)
    assert told[0] > 4
    assert told[-1] < 2.1
