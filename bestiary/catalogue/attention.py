"""The family `attention`, one row an architecture."""

from bestiary.catalogue import sentences, translation
from bestiary.catalogue.row import Contender, Pretrained, Reference, Row, Size

_HERE = "bestiary.architectures.attention"
_ENCODER = f"{_HERE}.transformer_encoder:TransformerEncoder"
_TEXT, _SERIES, _IMAGE = (f"{_HERE}.transformer_classifier:Transformer{kind}" for kind in ("Text", "Series", "Image"))
_VASWANI = "Vaswani et al. 2017, Attention is all you need, arXiv 1706.03762"
_SUPERVISED = {
    "classification": "bestiary.recipes.supervised:classifier",
    "regression": "bestiary.recipes.supervised:regressor",
}
_AS_HOST = "As part of a network that holds it, by gradient descent."
_32 = {"width": 32, "depth": 2, "heads": 4, "feedforward": 64}
_64 = {"width": 64, "depth": 2, "heads": 4, "feedforward": 128}
_128 = {"width": 128, "depth": 4, "heads": 8, "feedforward": 256}
_TINY = {"width": 8, "depth": 2, "heads": 2, "feedforward": 12, "outputs": 3}

SCALED_DOT_PRODUCT = Row(
    name="scaled_dot_product_attention",
    title="Scaled dot-product attention",
    family="attention",
    introductions=(1, 2, 4),
    paper=_VASWANI,
    year=2017,
    summary="Each query is compared with all keys by a dot product; the softmax of the results weights the values. "
    "Dividing by the root of the width keeps the softmax from saturating. There is nothing to learn in it.",
    learns=_AS_HOST,
    recipes={},
    sizes=(
        Size(
            "scaled_dot_product_attention",
            "bestiary.layers.attention:ScaledDotProductAttention",
            {},
            0,
            "no parameters",
            example={"width": 64, "length": 512},
            part=True,
        ),
    ),
    reference=(
        Reference(
            "torch.nn.functional.scaled_dot_product_attention",
            "tests/references/test_attention.py::test_attention_without_parameters_is_the_formula_and_torchs",
        ),
        Reference(
            "the paper's equation 1, one query at a time",
            "tests/references/test_attention.py::test_attention_without_parameters_is_the_formula_and_torchs",
            "one_query_at_a_time",
        ),
    ),
    departs="A query that may attend to nothing gets zeros; the formula has no answer there, and a plain softmax gives "
    "NaN.",
    example=f"{_HERE}.examples:queries_keys_values",
)

MULTI_HEAD = Row(
    name="multi_head_attention",
    title="Multi-head attention",
    family="attention",
    introductions=(0, 1, 2, 3, 4),
    paper=_VASWANI,
    year=2017,
    summary="Several attentions side by side, each with projections of its own, so that one head can follow word order "
    "while another follows meaning. Self-attention looks at the sequence itself, cross-attention at another one.",
    learns=_AS_HOST,
    recipes={},
    sizes=(
        Size(
            "self_attention",
            "bestiary.layers.attention:Attention",
            {"width": 512, "heads": 8},
            1_050_624,
            "torch.nn.MultiheadAttention: 4 x (512 x 512 + 512)",
            example={"length": 512, "context_length": 512},
            part=True,
        ),
        Size(
            "cross_attention",
            "bestiary.layers.attention:Attention",
            {"width": 512, "heads": 8, "context_width": 768},
            1_312_768,
            "torch.nn.MultiheadAttention, kdim = vdim = 768",
            example={"length": 512, "context_length": 512},
            part=True,
        ),
    ),
    reference=(
        Reference("torch.nn.MultiheadAttention", "tests/references/test_attention.py::test_self_attention_is_torchs"),
        Reference("torch.nn.MultiheadAttention", "tests/references/test_attention.py::test_cross_attention_is_torchs"),
    ),
    departs="The projections have biases, as in most code; the paper writes none (`bias=False`). Options that came "
    "later: fewer heads of keys and values (Ainslie et al. 2023), rotary positions, norms of queries and keys. True in "
    "a mask means may attend.",
    example=f"{_HERE}.examples:attention",
)

SINUSOIDAL = Row(
    name="sinusoidal_positional_encoding",
    title="Sinusoidal positional encoding",
    family="attention",
    introductions=(0, 1, 2, 3, 4),
    paper=_VASWANI,
    year=2017,
    summary="Attention does not see order, so a pattern of sines and cosines that is different at every position is "
    "added to the sequence. A shift by some steps is the same rotation everywhere, and there is no longest length.",
    learns="Not at all: the pattern is fixed.",
    recipes={},
    sizes=(
        Size(
            "sinusoidal_positional_encoding",
            "bestiary.layers.positions:SinusoidalPositions",
            {"width": 512},
            0,
            "no parameters",
            example={"length": 512},
            part=True,
        ),
    ),
    reference=(
        Reference(
            "transformers.models.marian.modeling_marian.MarianSinusoidalPositionalEmbedding",
            "tests/references/test_attention.py::test_sinusoids_are_marians_after_reordering",
        ),
    ),
    departs="Nothing: sines and cosines interleave as in the paper; Marian and others put all sines first.",
    example=f"{_HERE}.examples:sequence",
)

TRANSFORMER_ENCODER = Row(
    name="transformer_encoder",
    title="Transformer encoder",
    family="attention",
    introductions=(0, 1, 2, 3, 4),
    paper=_VASWANI,
    year=2017,
    summary="A stack of layers, each of self-attention and a small network applied at every position. All positions "
    "are computed at once, and any two are one step apart. It turns a sequence of vectors into one that knows its "
    "context; `transformer_classifier` puts it to work.",
    learns=_AS_HOST,
    recipes={},
    sizes=(
        Size(
            "transformer_encoder",
            _ENCODER,
            {"width": 512, "depth": 6, "heads": 8, "feedforward": 2048},
            18_914_304,
            "base: 6 x (4 D (D + 1) + 2 D F + F + D + 4 D), D 512, F 2048; torch.nn.TransformerEncoder agrees",
            example={"length": 512},
            part=True,
        ),
        Size(
            "transformer_encoder_big",
            _ENCODER,
            {"width": 1024, "depth": 6, "heads": 16, "feedforward": 4096, "dropout": 0.3},
            75_577_344,
            "big: the same with D 1024, F 4096; torch.nn.TransformerEncoder agrees",
            example={"length": 512},
            part=True,
        ),
    ),
    reference=(Reference("torch.nn.TransformerEncoder", "tests/references/test_attention.py::test_encoder_is_torchs"),),
    departs="Without embeddings, positions and decoder. Attention's projections have biases, which the paper does not "
    "write; counts include them. Padding is never attended to. Dropout acts on what a sublayer "
    "adds, as in the paper; torch's encoder also drops attention weights and units, and starts its layers as copies of "
    "one, where these start independent of each other.",
    example=f"{_HERE}.examples:padded_sequence",
)

TRANSFORMER_CLASSIFIER = Row(
    name="transformer_classifier",
    title="Transformer classifier",
    family="attention",
    introductions=(0,),
    paper=_VASWANI,
    year=2017,
    summary="A Transformer encoder reads the whole text or series at once; the mean of what it says about each step "
    "decides. An image is read as a sequence of its rows.",
    learns="By gradient descent with warm-up and clipped gradients; gradients come from back-propagation.",
    recipes=_SUPERVISED,
    sizes=(
        Size(
            "transformer_classifier",
            _TEXT,
            {
                "vocabulary": 10_000,
                "length": 512,
                "width": 128,
                "depth": 2,
                "heads": 8,
                "feedforward": 256,
                "outputs": 2,
            },
            1_610_754,
            "1,280,000 tokens + 65,536 positions + 2 x 132,480 + 258",
            "text",
        ),
    ),
    races={
        "text": (
            Contender("32", _TEXT, {**_32, "dropout": 0.1}),
            Contender("64", _TEXT, {**_64, "dropout": 0.2}, rows=1000),
            Contender("128", _TEXT, {**_128, "dropout": 0.2}, rows=10_000),
        ),
        "series": (
            Contender("32", _SERIES, {**_32, "dropout": 0.1}),
            Contender("64", _SERIES, {**_64, "dropout": 0.1}, rows=500),
            Contender("128", _SERIES, {**_128, "dropout": 0.1}, rows=5000),
        ),
        "image": (
            Contender("32", _IMAGE, {**_32, "dropout": 0.1}, smallest=2),
            Contender("64", _IMAGE, {**_64, "dropout": 0.1}, rows=1000, smallest=2),
            Contender("128", _IMAGE, {**_128, "dropout": 0.1}, rows=10_000, smallest=2),
        ),
    },
    tiny={
        "text": (_TEXT, {**_TINY, "vocabulary": 12, "length": 9}),
        "series": (_SERIES, {**_TINY, "channels": 2, "length": 9}),
        "image": (_IMAGE, {**_TINY, "channels": 2, "image_size": (4, 3)}),
    },
    settings=(
        {"rate": 1e-3, "clip": 1.0, "warmup": 20},
        {"rate": 3e-3, "clip": 1.0, "warmup": 20},
    ),
    reference=(
        Reference(
            "torch.nn.TransformerEncoder",
            "tests/references/test_attention.py::test_text_classifier_is_torchs_encoder_on_each_text_alone",
        ),
        Reference(
            "torch.nn.TransformerEncoder",
            "tests/references/test_attention.py::test_series_classifier_is_torchs_encoder_on_each_series_alone",
        ),
    ),
    departs="An encoder alone, with a linear layer on the mean over real steps where the paper has a decoder. "
    "Positions are learned; the paper found them as good as sinusoids. Padding is masked in the attention and left out "
    "of the mean. Attention's projections have biases, which the paper does not write; counts include them. Layers "
    "start independent of each other.",
)

_GPT = f"{_HERE}.gpt:GPT"
_GPT2 = {"vocabulary": 50_257, "length": 1_024}
_RELEASED = (
    Pretrained(
        "openai",
        "model.safetensors",
        "Hugging Face, openai-community/gpt2",
        "MIT (modified, by OpenAI)",
        "248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707",
        "WebText: 8 million pages that Reddit linked to before December 2017, 40 GB of English text",
    ),
)

GPT2 = Row(
    name="gpt2",
    title="GPT-2",
    family="attention",
    introductions=(0, 1, 4),
    paper="Radford et al. 2019, Language models are unsupervised multitask learners; Radford et al. 2018, Improving "
    "language understanding by generative pre-training",
    year=2019,
    summary="A Transformer decoder that reads a text and says at every place what comes next. No place sees a later "
    "one, so a whole text is learned from at once; drawing what it says and reading that on writes new text.",
    learns="The next token, at all places of a window at once, by gradient descent with warm-up and clipped gradients.",
    recipes={"continue": "bestiary.recipes.language:language_model"},
    sizes=tuple(
        Size(
            name,
            _GPT,
            {**_GPT2, "width": width, "depth": depth, "heads": heads},
            parameters,
            "transformers.GPT2LMHeadModel, the tied matrix once",
            "corpus",
            weights=_RELEASED if name == "gpt2" else (),
        )
        for name, width, depth, heads, parameters in (
            ("gpt2", 768, 12, 12, 124_439_808),
            ("gpt2_medium", 1_024, 24, 16, 354_823_168),
            ("gpt2_large", 1_280, 36, 20, 774_030_080),
            ("gpt2_xl", 1_600, 48, 25, 1_557_611_200),
        )
    ),
    races={
        "corpus": (
            Contender("64", _GPT, {"width": 64, "depth": 3, "heads": 4, "dropout": 0.0}),
            Contender("128", _GPT, {"width": 128, "depth": 4, "heads": 4, "dropout": 0.0}),
            Contender("256", _GPT, {"width": 256, "depth": 6, "heads": 8, "dropout": 0.0}),
        )
    },
    tiny={"corpus": (_GPT, {"vocabulary": 11, "length": 8, "width": 8, "depth": 2, "heads": 2})},
    settings=({"rate": 3e-3, "warmup": 50}, {"rate": 1e-3, "warmup": 50}),
    reference=(
        Reference("transformers.GPT2LMHeadModel", "tests/references/test_language.py::test_gpt_is_transformers_gpt2"),
    ),
    departs="Three matrices project queries, keys and values, where the authors' code has one of all three; weights "
    "are translated both ways. The smallest size has 124 million parameters; the paper's 117 is a miscount. Tokens are "
    "the bytes or pieces of the person's own text, not the 50,257 of the paper.",
    verbs={"sample": "bestiary.sampling.texts:sample", "inspect": "bestiary.sampling.heads:inspect"},
)

ROWS: tuple[Row, ...] = (
    SCALED_DOT_PRODUCT,
    MULTI_HEAD,
    SINUSOIDAL,
    TRANSFORMER_ENCODER,
    TRANSFORMER_CLASSIFIER,
    sentences.SENTENCE_ENCODER,
    GPT2,
    *translation.ATTENTION,
)
