"""GPT-2: its row."""

from bestiary.catalogue.attention.common import HERE
from bestiary.catalogue.row import Contender, Pretrained, Reference, Row, Size

_GPT = f"{HERE}.gpt:GPT"
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

ROW = Row(
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
    verbs={"sample": "bestiary.sampling.texts:sample", "inspect": "bestiary.sampling.insides.heads:inspect"},
)
