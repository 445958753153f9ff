"""Rows of networks that turn one sequence into another: of the families `recurrence` and `attention`."""

from bestiary.catalogue.row import Contender, Reference, Row, Size

_RECURRENCE, _ATTENTION = "bestiary.architectures.recurrence", "bestiary.architectures.attention"
_SEARCH = f"{_RECURRENCE}.attention_network:AttentionNetwork"
_LUONG = f"{_RECURRENCE}.luong:Luong"
_GNMT = f"{_RECURRENCE}.gnmt:GNMT"
_TRANSFORMER = f"{_ATTENTION}.transformer:Transformer"
_INSPECT = {"inspect": "bestiary.sampling.alignments:inspect"}
_FORCED = (
    "By gradient descent on the log probability of the true answer, each token after the true ones before it (teacher "
    "forcing); with `own` it sees more and more of what it wrote itself (scheduled sampling)."
)
_TRANSLATOR = {"transduce": "bestiary.recipes.sequences:translator"}
_SETTINGS = ({"rate": 3e-3}, {"rate": 1e-3})
_TINY = {"vocabulary": 12, "answers": 9}
_WRITTEN = "In races answers are written greedily; beams are searched on demand (`bestiary predict --beams`)."

ATTENTION_LAYER = Row(
    name="additive_attention",
    title="Additive attention",
    family="attention",
    introductions=(3,),
    paper="Bahdanau, Cho, Bengio 2015, Neural machine translation by jointly learning to align and translate, arXiv "
    "1409.0473",
    year=2015,
    summary="A small network with one hidden layer says how well each key answers a query; the softmax of what it says "
    "weighs the keys. It came before the dot product, and needs no common width.",
    learns="As part of a network that holds it, by gradient descent.",
    recipes={},
    sizes=(
        Size(
            "additive_attention",
            "bestiary.layers.additive_attention:AdditiveAttention",
            {"query_width": 512, "key_width": 512, "width": 512},
            524_800,
            "2 x 512 x 512 + 512, no biases",
            example={"length": 512},
            part=True,
        ),
    ),
    reference=(
        Reference(
            "the paper's appendix A.1.2, one query and one key at a time",
            "tests/references/test_sequences.py::test_additive_attention_is_the_papers_loop",
            "one_key_at_a_time",
        ),
    ),
    departs="Nothing; the paper writes no biases either.",
    example=f"{_ATTENTION}.examples:query_and_keys",
)

ATTENTION_NETWORK = Row(
    name="attention_network",
    title="Attention network (RNNsearch)",
    family="recurrence",
    introductions=(3,),
    paper="Bahdanau, Cho, Bengio 2015, Neural machine translation by jointly learning to align and translate, arXiv "
    "1409.0473",
    year=2015,
    summary="Reads a sequence both ways with gated units and writes another one; before each token that it writes it "
    "looks back at the whole source and weighs what matters now. Where it looks can be drawn, and shows which parts "
    "belong to each other.",
    learns=_FORCED,
    recipes=_TRANSLATOR,
    sizes=(
        Size(
            "rnnsearch",
            _SEARCH,
            {"vocabulary": 30_000, "answers": 30_000, "embedding": 620, "width": 1000},
            91_830_000,
            "by hand, without the maxout layer, which the paper's count is not published with",
            "pairs",
        ),
        Size(
            "rnnsearch_maxout",
            _SEARCH,
            {"vocabulary": 30_000, "answers": 30_000, "embedding": 620, "width": 1000, "maxout": 500},
            80_451_000,
            "with the paper's output: 91,830,000 - 30,030,000 + 3,620 x 1,000 + 1,000 + 500 x 30,000 + 30,000",
            "pairs",
        ),
    ),
    races={
        "pairs": (
            Contender("64", _SEARCH, {"embedding": 32, "width": 64, "maxout": 32, "dropout": 0.1}),
            Contender("128", _SEARCH, {"embedding": 64, "width": 128, "maxout": 64, "dropout": 0.2}, rows=2000),
            Contender("256", _SEARCH, {"embedding": 128, "width": 256, "maxout": 128, "dropout": 0.2}, rows=50_000),
        )
    },
    tiny={"pairs": (_SEARCH, {**_TINY, "embedding": 4, "width": 6, "alignment": 5, "maxout": 4, "dropout": 0.1})},
    settings=_SETTINGS,
    verbs=_INSPECT,
    reference=(
        Reference(
            "the paper's appendix A, one row and one token at a time, with torch.nn.GRU as encoder",
            "tests/references/test_sequences.py::test_attention_network_is_the_papers_loop",
            "torch.nn.GRU",
        ),
    ),
    departs="The GRU resets after its product and has biases; the output reads the new state, as equation 4 says, "
    "where the appendix prints the old one; what begins the decoder's state (W_s) has a bias. Adam where the paper has "
    "Adadelta. Dropout is ours. " + _WRITTEN,
)

LUONG = Row(
    name="luong",
    title="LSTM with Luong's attention",
    family="recurrence",
    introductions=(1, 4),
    paper="Luong, Pham, Manning 2015, Effective approaches to attention-based neural machine translation, arXiv "
    "1508.04025",
    year=2015,
    summary="An encoder and a decoder of stacked LSTMs. The decoder moves first, then looks at the source, and carries "
    "what it saw into its next step, so that it knows what has been said already.",
    learns=_FORCED,
    recipes=_TRANSLATOR,
    sizes=(
        Size(
            "luong",
            f"{_LUONG}General",
            {"vocabulary": 50_000, "answers": 50_000, "embedding": 1000, "width": 1000, "depth": 4},
            221_064_000,
            "by hand: 3 tables of 50,000,000; 8 LSTM layers of 8,008,000 and input feeding of 4,000,000; "
            "1,000 x 1,000; 2,000 x 1,000",
            "pairs",
        ),
        Size(
            "luong_dot",
            f"{_LUONG}Dot",
            {"vocabulary": 50_000, "answers": 50_000, "embedding": 1000, "width": 1000, "depth": 4},
            220_064_000,
            "the same without the matrix of the score",
            "pairs",
        ),
        Size(
            "luong_concat",
            f"{_LUONG}Concat",
            {"vocabulary": 50_000, "answers": 50_000, "embedding": 1000, "width": 1000, "depth": 4},
            222_065_000,
            "the same with 2,000 x 1,000 + 1,000 for the score",
            "pairs",
        ),
    ),
    races={
        "pairs": (
            Contender("64", f"{_LUONG}General", {"embedding": 32, "width": 64, "dropout": 0.1}),
            Contender("128", f"{_LUONG}General", {"embedding": 64, "width": 128, "dropout": 0.2}, rows=2000),
            Contender(
                "256", f"{_LUONG}General", {"embedding": 128, "width": 256, "depth": 2, "dropout": 0.2}, rows=50_000
            ),
        )
    },
    tiny={"pairs": (f"{_LUONG}Concat", {**_TINY, "embedding": 4, "width": 6, "depth": 2, "dropout": 0.1})},
    settings=_SETTINGS,
    verbs=_INSPECT,
    reference=(
        Reference(
            "the paper's formulas, one row and one token at a time, with torch.nn.LSTM as encoder",
            "tests/references/test_sequences.py::test_luong_is_the_papers_loop",
            "torch.nn.LSTM",
        ),
    ),
    departs="The source is not reversed. Global attention with input feeding; local attention is left out. Those that "
    "race score by a matrix, where the paper's plain dot product does better for global attention (`luong_dot`). Adam "
    "where the paper has plain gradient descent. " + _WRITTEN,
)

GNMT = Row(
    name="gnmt",
    title="GNMT",
    family="recurrence",
    introductions=(1, 4),
    paper="Wu et al. 2016, Google's neural machine translation system: bridging the gap between human and machine "
    "translation, arXiv 1609.08144",
    year=2016,
    summary="Deep stacks of LSTMs that read and write. From the third layer on what enters a layer is added to what "
    "comes out, so that eight layers can be trained; attention from the lowest layer of the decoder binds both stacks.",
    learns=_FORCED,
    recipes=_TRANSLATOR,
    sizes=(
        Size(
            "gnmt",
            _GNMT,
            {"vocabulary": 32_000, "answers": 32_000, "width": 1024, "depth": 8},
            280_928_512,
            "by hand; the paper gives no count",
            "pairs",
        ),
    ),
    races={
        "pairs": (
            Contender("64", _GNMT, {"width": 64, "depth": 3, "dropout": 0.1}),
            Contender("128", _GNMT, {"width": 128, "depth": 3, "dropout": 0.2}, rows=2000),
            Contender("256", _GNMT, {"width": 256, "depth": 4, "dropout": 0.2}, rows=50_000),
        )
    },
    tiny={"pairs": (_GNMT, {**_TINY, "width": 6, "depth": 3, "dropout": 0.1})},
    settings=_SETTINGS,
    verbs=_INSPECT,
    reference=(
        Reference(
            "the paper's formulas, one row and one token at a time, with torch.nn.LSTM layers",
            "tests/references/test_sequences.py::test_gnmt_is_the_papers_loop",
            "torch.nn.LSTM",
        ),
    ),
    departs="Attention compares by one hidden layer without biases; states of the decoder start at zero. Its "
    "fine-tuning by rewards, its word pieces and its quantisation are no part of the network; its penalty for what is "
    "not covered is not built. " + _WRITTEN,
)

TRANSFORMER = Row(
    name="transformer",
    title="Transformer",
    family="attention",
    introductions=(0, 1, 2, 3, 4),
    paper="Vaswani et al. 2017, Attention is all you need, arXiv 1706.03762",
    year=2017,
    summary="An encoder reads the source and a decoder writes the target, both by attention alone: every token is one "
    "step from every other, and a whole sequence is trained on at once. Written tokens see only those before them.",
    learns="By teacher forcing with smoothed labels; Adam's rate rises in a straight line for some steps and then "
    "falls with the root of the step.",
    recipes={"transduce": "bestiary.recipes.sequences:transformer"},
    sizes=(
        Size(
            "transformer",
            _TRANSFORMER,
            {
                "vocabulary": 37_000,
                "answers": 37_000,
                "width": 512,
                "depth": 6,
                "heads": 8,
                "feedforward": 2048,
                "shared": True,
            },
            63_082_496,
            "base: 44,138,496 of the stacks + 37,000 x 512; transformers' Marian agrees",
            "pairs",
        ),
        Size(
            "transformer_big",
            _TRANSFORMER,
            {
                "vocabulary": 37_000,
                "answers": 37_000,
                "width": 1024,
                "depth": 6,
                "heads": 16,
                "feedforward": 4096,
                "dropout": 0.3,
                "shared": True,
            },
            214_245_376,
            "big: 176,357,376 of the stacks + 37,000 x 1,024; transformers' Marian agrees",
            "pairs",
        ),
    ),
    races={
        "pairs": (
            Contender("64", _TRANSFORMER, {"width": 64, "depth": 2, "heads": 4, "feedforward": 128}),
            Contender("128", _TRANSFORMER, {"width": 128, "depth": 2, "heads": 4, "feedforward": 256}, rows=2000),
            Contender("256", _TRANSFORMER, {"width": 256, "depth": 4, "heads": 8, "feedforward": 1024}, rows=50_000),
        )
    },
    tiny={"pairs": (_TRANSFORMER, {**_TINY, "width": 8, "depth": 2, "heads": 2, "feedforward": 12})},
    settings=({"rate": 0.4, "warmup": 300, "cooling": 0.3}, {"rate": 0.4, "warmup": 1000, "cooling": 0.3}),
    verbs=_INSPECT,
    reference=(
        Reference("transformers.MarianMTModel", "tests/references/test_sequences.py::test_transformer_is_marian"),
        Reference("torch.nn.Transformer", "tests/references/test_sequences.py::test_stack_is_torchs"),
    ),
    departs="One table serves source, target and output only where they share a vocabulary, else target and output. "
    "Attention's projections have biases, which the paper does not write; counts include them (36,864 and 73,728). The "
    "paper prints 65 and 213 million parameters for about 37,000 tokens; its own words give 63.0 and 214.2, and no one "
    "vocabulary gives both (40,800 and 35,900 tokens would). Layers start independent of each other. In a race the "
    "warm-up is shorter than the paper's 4,000 steps, and the rate falls to nothing at the end, where the paper "
    "averages its last checkpoints. " + _WRITTEN,
)

RECURRENCE: tuple[Row, ...] = (ATTENTION_NETWORK, LUONG, GNMT)
ATTENTION: tuple[Row, ...] = (ATTENTION_LAYER, TRANSFORMER)
