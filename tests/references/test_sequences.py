"""From sequence to sequence: attention against loops from the papers, the Transformer against torch.nn and Marian."""

import itertools
import math
import random

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F
from transformers import MarianConfig, MarianMTModel

from bestiary.architectures.attention.transformer import Transformer
from bestiary.architectures.recurrence.attention_network import AttentionNetwork, Maxout
from bestiary.architectures.recurrence.gnmt import GNMT
from bestiary.architectures.recurrence.gru import GRUCell
from bestiary.architectures.recurrence.luong import Concat, Dot, General, LuongConcat, LuongDot, LuongGeneral
from bestiary.batches import Batch
from bestiary.errors import InputError
from bestiary.inputs import PairInputs
from bestiary.layers.additive_attention import AdditiveAttention
from bestiary.layers.positions import sinusoids
from bestiary.objectives.sequences import SequenceCrossEntropy, nats
from bestiary.optimisation.schedule import inverse_square_root
from bestiary.sampling.beams import beam_search, greedy, length_penalty
from bestiary.targets import Written
from tests.references.parity import assert_same, close
from tests.references.renaming import rename

SOURCE = torch.tensor([[4, 5, 6, 7, 3], [5, 3, 0, 0, 0], [7, 4, 3, 0, 0]])
LENGTHS = torch.tensor([5, 2, 3])
SEQUENCE = torch.tensor([[2, 4, 5, 6], [2, 6, 0, 0], [2, 5, 4, 0]])
WORDS = {"vocabulary": 8, "answers": 7}


def networks(seed: int = 0) -> dict[str, nn.Module]:
    """A small one of each, with weights that matter."""
    torch.manual_seed(seed)
    sizes = {"embedding": 4, "width": 6}
    return {
        "attention_network": AttentionNetwork(**WORDS, **sizes, alignment=5, maxout=4),
        "attention_network without maxout": AttentionNetwork(**WORDS, **sizes),
        "luong dot": LuongDot(**WORDS, **sizes, depth=2),
        "luong general": LuongGeneral(**WORDS, **sizes, depth=2),
        "luong concat": LuongConcat(**WORDS, **sizes),
        "gnmt": GNMT(**WORDS, width=6, depth=4),
        "transformer": Transformer(**WORDS, width=8, depth=2, heads=2, feedforward=12, dropout=0.0),
    }


ALL = list(networks())

# --------------------------------------------------------------------------------------- attention, from the papers


def test_additive_attention_is_the_papers_loop() -> None:
    """Bahdanau et al. 2015, A.1.2."""
    torch.manual_seed(0)
    attention = AdditiveAttention(query_width=4, key_width=6, width=5)
    query, keys, lengths = torch.randn(3, 4), torch.randn(3, 7, 6), [7, 1, 4]
    real = torch.arange(7) < torch.tensor(lengths)[:, None]
    w, u, v = (layer.weight for layer in (attention.query, attention.key, attention.energy))

    def one_key_at_a_time(query: Tensor, keys: Tensor) -> Tensor:
        contexts = []
        for row, length in enumerate(lengths):
            energies = [v[0] @ torch.tanh(w @ query[row] + u @ keys[row, j]) for j in range(length)]
            total = sum(energy.exp() for energy in energies)
            contexts.append(sum(e.exp() / total * keys[row, j] for j, e in enumerate(energies)))
        return torch.stack(contexts)

    class Ours(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = attention

        def forward(self, query: Tensor, keys: Tensor) -> Tensor:
            return self.attention(query, keys, real)[0]

    assert_same(Ours(), one_key_at_a_time, (query, keys))
    weights = attention(query, keys, real)[1]
    close(weights.sum(1), torch.ones(3), "sums")
    assert not weights[~real].any()
    nn.init.zeros_(attention.energy.weight)
    close(attention(query, keys)[0], keys.mean(1), "without v all keys weigh the same")


def dot(layer: nn.Module, h: Tensor, s: Tensor) -> Tensor:
    return h @ s


def general(layer: nn.Module, h: Tensor, s: Tensor) -> Tensor:
    return h @ (layer.weight.weight @ s)


def concat(layer: nn.Module, h: Tensor, s: Tensor) -> Tensor:
    both = torch.cat([layer.query.weight, layer.state.weight], 1)
    return layer.energy.weight[0] @ torch.tanh(both @ torch.cat([h, s]))


@pytest.mark.parametrize(("score", "formula"), [(Dot, dot), (General, general), (Concat, concat)])
def test_scores_are_luongs(score, formula) -> None:
    """Section 3.1, equation 8."""
    torch.manual_seed(0)
    layer, queries, states = score(width=5), torch.randn(3, 5), torch.randn(3, 4, 5)
    expected = torch.stack([torch.stack([formula(layer, h, s) for s in row]) for h, row in zip(queries, states)])
    close(layer(queries, layer.prepare(states)), expected, "scores")


def test_maxout_takes_the_larger_of_two() -> None:
    maxout, given = Maxout(inputs=3, units=4), torch.randn(2, 3)
    both = maxout.pairs(given)
    expected = [[max(both[row, 2 * k], both[row, 2 * k + 1]) for k in range(4)] for row in range(2)]
    close(maxout(given), torch.stack([torch.stack(row) for row in expected]), "units")


def test_attention_network_is_the_papers_loop() -> None:
    """Appendix A, one row at a time and without padding, by torch's GRU for the encoder."""
    torch.manual_seed(0)
    ours = AttentionNetwork(**WORDS, embedding=4, width=6, alignment=5, maxout=4)

    def gru(cell: GRUCell, states: Tensor) -> Tensor:
        layer = nn.GRU(4, 6, batch_first=True)
        names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        return functional_call(layer, dict(zip(names, cell.weights())), (states[None],))[0][0]

    def loop(source: Tensor, lengths: Tensor, sequence: Tensor) -> Tensor:
        ahead, back = ours.encoder.layers[0]
        rows = []
        for tokens, length, written in zip(source, lengths.tolist(), sequence):
            embedded = ours.source.weight[tokens[:length]]
            backward = gru(back, embedded.flip(0)).flip(0)
            annotations = torch.cat([gru(ahead, embedded), backward], 1)  # [S, 2H]
            state, logits = torch.tanh(ours.start(backward[0])), []
            for token in written:
                energies = ours.attention.energy(
                    torch.tanh(ours.attention.query(state) + ours.attention.key(annotations))
                )
                context = (energies[:, 0].softmax(0)[:, None] * annotations).sum(0)
                embedded = ours.target.weight[token]
                state = ours.decoder(torch.cat([embedded, context])[None], (state[None],))[0][0]
                both = ours.maxout.pairs(torch.cat([state, embedded, context])).view(4, 2)
                logits.append(ours.output(both.max(1).values))
            rows.append(torch.stack(logits))
        return torch.stack(rows)

    assert_same(ours, loop, (SOURCE, LENGTHS, SEQUENCE))


@pytest.mark.parametrize(("kind", "formula"), [(LuongDot, dot), (LuongGeneral, general), (LuongConcat, concat)])
def test_luong_is_the_papers_loop(kind: type[LuongDot], formula) -> None:
    """torch's LSTM encodes each row alone; the decoder starts from its last states and feeds what it saw back."""
    torch.manual_seed(0)
    ours = kind(**WORDS, embedding=4, width=6, depth=2)

    def loop(source: Tensor, lengths: Tensor, sequence: Tensor) -> Tensor:
        cells = [layer[0] for layer in ours.encoder.layers]
        names = ("weight_ih_l{}", "weight_hh_l{}", "bias_ih_l{}", "bias_hh_l{}")
        weights = {n.format(k): w for k, cell in enumerate(cells) for n, w in zip(names, cell.weights())}
        lstm, rows = nn.LSTM(4, 6, 2, batch_first=True), []
        for tokens, length, written in zip(source, lengths.tolist(), sequence):
            embedded = ours.source.weight[tokens[:length]][None]
            states, (hidden, memory) = functional_call(lstm, weights, (embedded,))
            seen, layers, logits = torch.zeros(1, 6), [(h, c) for h, c in zip(hidden, memory)], []
            for token in written:
                flowing = torch.cat([ours.target.weight[token][None], seen], 1)
                for number, cell in enumerate(ours.decoder):
                    layers[number] = cell(flowing, layers[number])
                    flowing = layers[number][0]
                scores = torch.stack([formula(ours.attention, flowing[0], s) for s in states[0]])
                context = scores.softmax(0) @ states[0]
                seen = torch.tanh(torch.cat([context[None], flowing], 1) @ ours.combine.weight.T)
                logits.append(ours.output(seen)[0])
            rows.append(torch.stack(logits))
        return torch.stack(rows)

    assert_same(ours, loop, (SOURCE, LENGTHS, SEQUENCE))


def test_gnmt_is_the_papers_loop() -> None:
    """torch's LSTM layers one by one: both ways, plain, then adding; the lowest layer of the decoder asks."""
    torch.manual_seed(0)
    ours = GNMT(**WORDS, width=6, depth=4)

    def lstm(cells, states: Tensor) -> Tensor:
        layer = nn.LSTM(states.shape[1], 6, batch_first=True, bidirectional=len(cells) == 2)
        names = [f"{n}_l0{way}" for way in ("", "_reverse") for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        weights = [w for cell in cells for w in cell.weights()]
        return functional_call(layer, dict(zip(names, weights)), (states[None],))[0][0]

    def loop(source: Tensor, lengths: Tensor, sequence: Tensor) -> Tensor:
        rows = []
        for tokens, length, written in zip(source, lengths.tolist(), sequence):
            first = lstm(ours.both.layers[0], ours.source.weight[tokens[:length]])
            second = lstm(ours.encoder[0].layers[0], first)
            third = lstm(ours.encoder[1].layers[0], second) + second
            states = lstm(ours.encoder[2].layers[0], third) + third
            layers, logits = [(torch.zeros(1, 6), torch.zeros(1, 6))] * 4, []
            for token in written:
                context, _ = ours.attention(layers[0][0], states[None])
                layers[0] = ours.decoder[0](torch.cat([ours.target.weight[token][None], context], 1), layers[0])
                layers[1] = ours.decoder[1](torch.cat([layers[0][0], context], 1), layers[1])
                flowing = layers[1][0]
                for number in (2, 3):
                    layers[number] = ours.decoder[number](torch.cat([flowing, context], 1), layers[number])
                    flowing = layers[number][0] + flowing
                logits.append(ours.output(flowing)[0])
            rows.append(torch.stack(logits))
        return torch.stack(rows)

    assert_same(ours, loop, (SOURCE, LENGTHS, SEQUENCE))


def test_gnmt_needs_a_layer_above_the_one_that_reads_both_ways() -> None:
    with pytest.raises(InputError, match="depth of GNMT must be 2 or more; received 1"):
        GNMT(**WORDS, width=6, depth=1)


# --------------------------------------------------------------------------------------------------- Transformer

ATTENTION = [
    (f"{{}}.{part}.{kind}", f"{{}}.{theirs}.{kind}")
    for part, theirs in (("query", "q_proj"), ("key", "k_proj"), ("value", "v_proj"), ("output", "out_proj"))
    for kind in ("weight", "bias")
]
BLOCKS = (("attention_norm", "self_attn_layer_norm"), ("feedforward.widen", "fc1"), ("feedforward.narrow", "fc2"))
LOOKING = (("looking_norm", "encoder_attn_layer_norm"),)


def _layer(ours: str, theirs: str, decoder: bool) -> list[tuple[str, str]]:
    inner = [("attention", "self_attn"), *([("looking", "encoder_attn")] if decoder else [])]
    names = [(f"{a}.{x.format('')[1:]}", f"{b}.{y.format('')[1:]}") for a, b in inner for x, y in ATTENTION]
    pairs = (*BLOCKS, *(LOOKING if decoder else ()), ("feedforward_norm", "final_layer_norm"))
    names += [(f"{a}.{kind}", f"{b}.{kind}") for a, b in pairs for kind in ("weight", "bias")]
    return [(f"{ours}.{{}}.{a}", f"{theirs}.{{}}.{b}") for a, b in names]


MARIAN = [
    *_layer("encoder.layers", "model.encoder.layers", False),
    *_layer("decoder", "model.decoder.layers", True),
    ("target.weight", "model.shared.weight"),
]


def marian(width: int, depth: int, heads: int, feedforward: int, vocabulary: int) -> MarianMTModel:
    """Marian with positions as in the paper."""
    sides = {
        f"{side}_{word}": value
        for side in ("encoder", "decoder")
        for word, value in (("layers", depth), ("attention_heads", heads), ("ffn_dim", feedforward), ("layerdrop", 0.0))
    }
    config = MarianConfig(
        vocab_size=vocabulary, d_model=width, **sides, max_position_embeddings=32, activation_function="relu",
        scale_embedding=True, dropout=0.0, attention_dropout=0.0, activation_dropout=0.0, pad_token_id=0,
        eos_token_id=3, decoder_start_token_id=2, share_encoder_decoder_embeddings=True, attn_implementation="eager",
    )  # fmt: skip
    model = MarianMTModel(config)
    for part in (model.model.encoder, model.model.decoder):
        part.embed_positions.weight.data.copy_(sinusoids(32, width))
    return model


@pytest.mark.parametrize("seed", range(3))
def test_transformer_is_marian(seed: int) -> None:
    """The whole network: one table for both sides and the output, sinusoids, padding."""
    roll = random.Random(seed)
    heads, depth, feedforward = roll.randint(1, 3), roll.randint(1, 3), roll.randint(3, 9)
    width = 2 * heads * roll.randint(1, 3)
    torch.manual_seed(seed)
    ours = Transformer(
        vocabulary=8,
        answers=8,
        width=width,
        depth=depth,
        heads=heads,
        feedforward=feedforward,
        dropout=0.0,
        shared=True,
    )
    with torch.no_grad():
        for parameter in ours.parameters():
            if parameter.ndim < 2:
                parameter.add_(0.3 * torch.randn_like(parameter))
    theirs = marian(width, depth, heads, feedforward, 8)
    state = {name: tensor for name, tensor in ours.state_dict().items() if name != "source.weight"}
    known = {n for n, _ in theirs.named_parameters() if "embed_positions" not in n}
    names = rename(state, MARIAN)
    assert set(names.values()) == known

    def reference(source: Tensor, lengths: Tensor, sequence: Tensor) -> Tensor:
        mine = dict(ours.named_parameters())
        weights = {target: mine[name] for name, target in names.items()}
        weights |= dict.fromkeys(
            ("model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight", "lm_head.weight"),
            weights["model.shared.weight"],
        )
        mask = (torch.arange(source.shape[1]) < lengths[:, None]).long()
        given = {"input_ids": source, "attention_mask": mask, "decoder_input_ids": sequence, "use_cache": False}
        return functional_call(theirs, weights, (), given, tie_weights=False).logits

    # Marian's padding never gets a gradient, so none is written here
    assert_same(ours, reference, (SOURCE, LENGTHS, torch.tensor([[2, 4, 5, 6], [2, 6, 7, 1], [2, 5, 4, 3]])))


def torch_weights(mine: dict[str, nn.Parameter]) -> dict[str, Tensor]:
    """Our weights under the names of torch.nn.Transformer, projections packed."""
    weights: dict[str, Tensor] = {}
    looking = {"attention": "self_attn", "looking": "multihead_attn"}
    for side, ours, blocks in (("encoder", "encoder.layers", ("attention",)), ("decoder", "decoder", tuple(looking))):
        for number, part in itertools.product(range(2), ("weight", "bias")):
            place, there = f"{ours}.{number}", f"{side}.layers.{number}"
            for block in blocks:
                packed = [mine[f"{place}.{block}.{name}.{part}"] for name in ("query", "key", "value")]
                weights[f"{there}.{looking[block]}.in_proj_{part}"] = torch.cat(packed)
                weights[f"{there}.{looking[block]}.out_proj.{part}"] = mine[f"{place}.{block}.output.{part}"]
            for norm, block in enumerate((*blocks, "feedforward"), 1):
                weights[f"{there}.norm{norm}.{part}"] = mine[f"{place}.{block}_norm.{part}"]
            for linear, name in enumerate(("widen", "narrow"), 1):
                weights[f"{there}.linear{linear}.{part}"] = mine[f"{place}.feedforward.{name}.{part}"]
    return weights


def test_stack_is_torchs() -> None:
    """Layers of torch.nn.Transformer, without the norms that it adds at both ends."""
    torch.manual_seed(0)
    ours = Transformer(**WORDS, width=8, depth=2, heads=2, feedforward=12, dropout=0.0)
    theirs = nn.Transformer(8, 2, 2, 2, 12, 0.0, batch_first=True)
    theirs.encoder.norm, theirs.decoder.norm = None, None
    weights = torch_weights(dict(ours.named_parameters()))
    assert weights.keys() == dict(theirs.named_parameters()).keys()

    def reference(source: Tensor, lengths: Tensor, sequence: Tensor) -> Tensor:
        read, written = (
            table.weight[tokens] * math.sqrt(8) + sinusoids(tokens.shape[1], 8)
            for table, tokens in ((ours.source, source), (ours.target, sequence))
        )
        padded = torch.arange(source.shape[1]) >= lengths[:, None]
        later = torch.ones(4, 4).triu(1).bool()
        words = {"src_key_padding_mask": padded, "memory_key_padding_mask": padded, "tgt_mask": later}
        return F.linear(functional_call(theirs, weights, (read, written), words), ours.target.weight)

    assert_same(ours, reference, (SOURCE, LENGTHS, SEQUENCE))


def test_a_table_is_shared_by_equal_vocabularies_alone() -> None:
    words = {"width": 4, "depth": 1, "heads": 1, "feedforward": 4, "shared": True}
    shared = Transformer(vocabulary=7, answers=7, **words)
    assert shared.source is shared.target
    with pytest.raises(InputError, match="vocabulary=7, answers=8; leave shared out"):
        Transformer(vocabulary=7, answers=8, **words)


# ------------------------------------------------------------------------------------------------- step by step


@pytest.mark.parametrize("name", ALL)
def test_a_step_at_a_time_is_all_at_once(name: str) -> None:
    network = networks()[name].eval()
    whole = network(SOURCE, LENGTHS, SEQUENCE)
    memory, state = network.encode(SOURCE, LENGTHS)
    for place in range(SEQUENCE.shape[1]):
        logits, state = network.step(SEQUENCE[:, place], memory, state)
        close(logits, whole[:, place], f"step {place}")
        assert all(len(tensor) == 3 for tensor in (*memory, *state)), "the first axis counts rows"


@pytest.mark.parametrize("name", ALL)
def test_padding_and_later_tokens_change_nothing(name: str) -> None:
    network = networks()[name].eval()
    together = network(SOURCE, LENGTHS, SEQUENCE)
    for row, length in enumerate(LENGTHS.tolist()):
        alone = network(SOURCE[row : row + 1, :length], LENGTHS[row : row + 1], SEQUENCE[row : row + 1, :2])
        close(alone[0], together[row, :2], "a row alone and its first tokens")


@pytest.mark.parametrize("name", ALL)
def test_what_is_looked_at_is_a_distribution_over_real_tokens(name: str) -> None:
    network = networks()[name].eval()
    weights = network.look(SOURCE, LENGTHS, SEQUENCE)
    assert weights.shape == (3, 4, 5)
    close(weights.sum(-1), torch.ones(3, 4), "sums")
    assert not weights[1, :, 2:].any() and not weights[2, :, 3:].any()
    assert weights.min() >= 0


# ---------------------------------------------------------------------------------------------------- decoders


def exhaustive(network, row: int, longest: int, penalty: float, tokens: range) -> tuple[list[int], float]:
    """The best of all answers of at most so many tokens, each scored by itself."""
    best: tuple[list[int], float] = ([], -math.inf)
    source, lengths = SOURCE[row : row + 1], LENGTHS[row : row + 1]
    for size in range(longest + 1):
        for answer in itertools.product(tokens, repeat=size):
            sequence = torch.tensor([[2, *answer]])
            logarithms = network(source, lengths, sequence).log_softmax(-1)[0]
            score = sum(float(logarithms[place, token]) for place, token in enumerate((*answer, 3)))
            score /= length_penalty(size + 1, penalty)
            if score > best[1]:
                best = (list(answer), score)
    return best


def sharpen(network: nn.Module, by: float) -> nn.Module:
    """Logits that differ, so that answers are of several lengths and greed does not pay."""
    with torch.no_grad():
        table = network.output.weight if hasattr(network, "output") else network.target.weight
        table.mul_(by)
    return network


@torch.no_grad()
@pytest.mark.parametrize("penalty", [0.0, 0.6, 2.0])
@pytest.mark.parametrize("name", ["luong dot", "attention_network", "transformer"])
def test_wide_beams_find_the_best_answer_of_all(name: str, penalty: float) -> None:
    """With as many beams as there are answers nothing is ever dropped."""
    for seed in range(3):
        network = sharpen(networks(seed)[name].eval(), 4.0)
        found = beam_search(network, SOURCE, LENGTHS, longest=3, beams=40, penalty=penalty)
        for row in range(3):
            answer, score = exhaustive(network, row, 3, penalty, range(4, 7))
            assert found.tokens[row, : found.lengths[row]].tolist() == answer
            assert abs(float(found.scores[row]) - score) < 1e-4


@torch.no_grad()
@pytest.mark.parametrize("name", ALL)
def test_one_beam_is_greedy_and_more_are_no_worse(name: str) -> None:
    for seed in range(4):
        network = sharpen(networks(seed)[name].eval(), 5.0)
        one, simple = (
            beam_search(network, SOURCE, LENGTHS, longest=8, beams=1, penalty=0.7),
            greedy(network, SOURCE, LENGTHS, longest=8),
        )
        width = max(one.tokens.shape[1], simple.tokens.shape[1])
        assert torch.equal(*(F.pad(a.tokens, (0, width - a.tokens.shape[1])) for a in (one, simple)))
        assert torch.equal(one.lengths, simple.lengths)
        several = beam_search(network, SOURCE, LENGTHS, longest=8, beams=60, penalty=0.0)
        ended = simple.lengths < 8
        assert (several.scores[ended] >= simple.scores[ended] - 1e-4).all()


class Table(nn.Module):
    """The next token depends on the last one alone."""

    def __init__(self, chances: dict[int, dict[int, float]]) -> None:
        super().__init__()
        self.chances = torch.full((7, 7), 1e-9)
        for token, following in chances.items():
            for after, chance in following.items():
                self.chances[token, after] = chance

    def encode(self, source: Tensor, lengths: Tensor) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        return (source,), (lengths,)

    def step(self, tokens: Tensor, memory: tuple[Tensor, ...], state: tuple[Tensor, ...]):
        return self.chances[tokens].log(), state


def test_beams_see_past_a_tempting_first_token() -> None:
    """0.6 x 0.4 x 0.4 against 0.4 x 0.9."""
    network = Table({2: {4: 0.6, 5: 0.4}, 4: {4: 0.3, 5: 0.3, 3: 0.4}, 5: {6: 0.1, 3: 0.9}, 6: {3: 1.0}})
    assert greedy(network, SOURCE, LENGTHS, longest=5).tokens[:, 0].tolist() == [4, 4, 4]
    found = beam_search(network, SOURCE, LENGTHS, longest=5, beams=2, penalty=0.0)
    assert found.tokens[:, 0].tolist() == [5, 5, 5] and found.lengths.tolist() == [1, 1, 1]
    assert abs(float(found.scores[0]) - math.log(0.4 * 0.9)) < 1e-5


def test_a_penalty_of_length_favours_long_answers() -> None:
    """One token for 0.55, or two for 0.45: log 0.55 / (7/6)^a against log 0.45 / (8/6)^a."""
    network = Table({2: {4: 0.55, 5: 0.45}, 4: {3: 1.0}, 5: {6: 1.0}, 6: {3: 1.0}})
    turn = math.log(math.log(0.45) / math.log(0.55)) / math.log(8 / 7)  # of alpha, where both are worth the same
    for penalty, length in ((0.0, 1), (turn - 0.01, 1), (turn + 0.01, 2)):
        found = beam_search(network, SOURCE, LENGTHS, longest=9, beams=3, penalty=penalty)
        assert found.lengths.tolist() == [length] * 3


@torch.no_grad()
def test_greedy_writes_the_likeliest_token_again_and_again() -> None:
    network = sharpen(networks(1)["luong general"].eval(), 5.0)
    found = greedy(network, SOURCE, LENGTHS, longest=6)
    for row in range(3):
        tokens = [2]
        while len(tokens) <= 6:
            logits = network(SOURCE[row : row + 1], LENGTHS[row : row + 1], torch.tensor([tokens]))[0, -1]
            token = 3 + int(logits[3:].argmax())
            if token == 3:
                break
            tokens.append(token)
        assert found.tokens[row, : found.lengths[row]].tolist() == tokens[1:]
        assert not found.tokens[row, found.lengths[row] :].any()


def test_what_is_broken_off_is_scored_by_what_was_written() -> None:
    """0.6 x 0.7 after two tokens; the third, which is not written, would make it a third of that."""
    network = Table({2: {4: 0.6, 5: 0.4}, 4: {5: 0.7, 3: 0.3}, 5: {4: 0.5, 6: 0.5}})
    for found in (
        greedy(network, SOURCE, LENGTHS, longest=2),
        beam_search(network, SOURCE, LENGTHS, longest=2, beams=1, penalty=0.0),
    ):
        assert found.tokens[0].tolist() == [4, 5]
        assert abs(float(found.scores[0]) - math.log(0.6 * 0.7)) < 1e-5


def test_beams_refuse_what_cannot_be() -> None:
    for words in ({"beams": 0}, {"beams": 10**9}, {"penalty": -0.1}, {"penalty": float("nan")}):
        with pytest.raises(InputError, match="beams must be 1 or more"):
            beam_search(networks(0)["transformer"], SOURCE, LENGTHS, longest=2, **words)


# --------------------------------------------------------------------------------------------- loss and schedule


def test_nats_are_the_log_probability_of_each_row() -> None:
    torch.manual_seed(0)
    logits, target = torch.randn(3, 4, 7), torch.tensor([[4, 5, 6, 3], [6, 3, 0, 0], [5, 4, 3, 0]])
    for smoothing in (0.0, 0.1):
        for row, length in enumerate((4, 2, 3)):
            expected = 0.0
            for place in range(length):
                logarithms = logits[row, place].log_softmax(0)
                truth, even = -logarithms[target[row, place]], -logarithms.mean()
                expected += float((1 - smoothing) * truth + smoothing * even)
            assert abs(float(nats(logits, target, smoothing)[row]) - expected) < 1e-5


def test_the_schedule_is_the_papers_equation_3() -> None:
    schedule = inverse_square_root(512, 4000)
    for step in (1, 10, 3999, 4000, 4001, 100_000):
        expected = 512**-0.5 * min(step**-0.5, step * 4000**-1.5)
        assert math.isclose(schedule(step - 1, 7), expected)


def test_objective_is_a_mean_over_rows() -> None:
    class Fixed(nn.Module):
        def forward(self, *inputs: Tensor) -> Tensor:
            return torch.zeros(3, 4, 7)

    sequence = torch.tensor([[2, 4, 5, 6, 3], [2, 6, 3, 0, 0], [2, 5, 4, 3, 0]])
    batch = Batch(PairInputs(SOURCE, LENGTHS), Written(sequence, torch.tensor([5, 3, 4])))
    loss, logs = SequenceCrossEntropy()(Fixed(), batch, 0)
    assert math.isclose(float(loss), 3 * math.log(7), rel_tol=1e-6)  # 9 tokens in 3 rows
    assert float(logs["loss"]) == float(loss)
