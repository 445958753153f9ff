"""fastText: its row."""

from bestiary.catalogue.feedforward.common import HERE
from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.words import GRADIENT, SUPERVISED

_FASTTEXT = f"{HERE}.fasttext:FastText"

ROW = Row(
    name="fasttext",
    title="fastText",
    family="feedforward",
    paper="Joulin, Grave, Bojanowski, Mikolov 2017, Bag of tricks for efficient text classification, arXiv 1607.01759",
    year=2017,
    summary="A text is the mean of the vectors of its words and of its pairs of neighbouring words; one linear layer "
    "answers. Pairs share a fixed number of vectors by hashing. It knows nothing else of their order, and is the "
    "quickest network for text, often as accurate as deep ones.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(
        Size(
            "fasttext",
            _FASTTEXT,
            {"vocabulary": 30_000, "outputs": 4, "width": 10, "runs": 2, "buckets": 10_000_000},
            100_300_040,
            "closed form: (30,000 tokens + 10,000,000 buckets of the paper) x 10 + 10 x 4 (AG news), no biases",
            "text",
        ),
    ),
    races={
        "text": (
            Contender("small", _FASTTEXT, {"width": 32, "runs": 2, "buckets": 20_000}),
            Contender("large", _FASTTEXT, {"width": 64, "runs": 3, "buckets": 100_000}, rows=5000),
        ),
    },
    tiny={"text": (_FASTTEXT, {"vocabulary": 20, "outputs": 3, "width": 4, "runs": 3, "buckets": 30})},
    settings=({"rate": 1e-2}, {"rate": 3e-3}, {"rate": 3e-2}),
    reference=(
        Reference(
            "the mean over words and hashed runs, one text and one run at a time",
            "tests/references/test_fasttext.py::test_fasttext_is_the_mean_of_words_and_runs",
            "rewritten",
        ),
        Reference(
            "torch.nn.EmbeddingBag",
            "tests/references/test_fasttext.py::test_fasttext_without_runs_is_an_embedding_bag",
        ),
    ),
    departs="The softmax is plain rather than hierarchical; Adam stands for a linearly decaying rate; the last layer "
    "begins as torch's do, rather than from zeros. Tokens are words and parts of words, which take the place of "
    "character n-grams. Races have fewer buckets than the paper's ten million.",
)
