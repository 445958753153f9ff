"""The family `feedforward`, one row an architecture."""

from bestiary.catalogue.row import Contender, Reference, Row, Size

_HERE = "bestiary.architectures.feedforward"
_PERCEPTRON, _SERIES_PERCEPTRON = f"{_HERE}.perceptron:Perceptron", f"{_HERE}.perceptron:SeriesPerceptron"
_ANN, _SERIES_ANN = f"{_HERE}.ann:ANN", f"{_HERE}.ann:SeriesANN"
_FNN, _SERIES_FNN = f"{_HERE}.fnn:FNN", f"{_HERE}.fnn:SeriesFNN"
_MLP, _SERIES_MLP = f"{_HERE}.mlp:MLP", f"{_HERE}.mlp:SeriesMLP"
_FASTTEXT = f"{_HERE}.fasttext:FastText"
_SUPERVISED = {
    "classification": "bestiary.recipes.supervised:classifier",
    "regression": "bestiary.recipes.supervised:regressor",
}
_GRADIENT = "By gradient descent on cross-entropy (squared error for numbers); gradients come from back-propagation."
_SMOOTH = ({"rate": 1e-3}, {"rate": 3e-3}, {"rate": 1e-3, "decay": 0.1})

PERCEPTRON = Row(
    name="perceptron",
    title="Perceptron",
    family="feedforward",
    introductions=(2,),
    paper="Rosenblatt 1958, The perceptron: a probabilistic model for information storage and organization in the "
    "brain",
    year=1958,
    summary="A weighted sum of the features for each class; the largest sum wins. It can only separate classes by flat "
    "surfaces, but it was the first machine with a proof that it finds them whenever they exist.",
    learns="By Rosenblatt's rule: only on a mistake, the example is added to the weights of the right class and taken "
    "from those of the wrong one. No gradient is involved.",
    recipes={"classification": "bestiary.recipes.perceptron:perceptron"},
    sizes=(
        Size("perceptron", _PERCEPTRON, {"features": 64, "outputs": 10}, 650, "10 x (64 + 1), 8x8 digits", "table"),
    ),
    races={
        "table": (Contender("linear", _PERCEPTRON, {}),),
        "image": (Contender("linear", _PERCEPTRON, {}),),
        "series": (Contender("linear", _SERIES_PERCEPTRON, {}),),
    },
    tiny={
        "table": (_PERCEPTRON, {"features": 6, "outputs": 3}),
        "image": (_PERCEPTRON, {"features": 12, "outputs": 3}),
        "series": (_SERIES_PERCEPTRON, {"channels": 2, "length": 7, "outputs": 3}),
    },
    reference=(
        Reference(
            "sklearn.linear_model.Perceptron",
            "tests/references/test_feedforward.py::test_perceptron_decides_as_scikit_learn_does",
        ),
    ),
    departs="The paper's machine has two classes and a layer of fixed, randomly wired association units between retina "
    "and response; here the features feed the response units directly, one unit a class, and the largest sum answers "
    "where the paper compares one sum with a threshold. It is for classes, not for numbers.",
)

ANN = Row(
    name="ann",
    title="Artificial neural network (one hidden layer)",
    family="feedforward",
    introductions=(0,),
    paper="Rumelhart, Hinton, Williams 1986, Learning representations by back-propagating errors; "
    "Cybenko 1989, Approximation by superpositions of a sigmoidal function",
    year=1986,
    summary="One layer of hidden units between the features and the answer. It is the smallest network that can bend a "
    "boundary, and with enough hidden units it can approximate any continuous function.",
    learns=_GRADIENT,
    recipes=_SUPERVISED,
    sizes=(Size("ann", _ANN, {"features": 10, "outputs": 1, "width": 64}, 769, "(10 + 1) x 64 + 64 + 1", "table"),),
    races={
        "table": (Contender("64", _ANN, {"width": 64}), Contender("512", _ANN, {"width": 512}, rows=2000)),
        "image": (Contender("128", _ANN, {"width": 128}), Contender("1024", _ANN, {"width": 1024}, rows=5000)),
        "series": (
            Contender("64", _SERIES_ANN, {"width": 64}),
            Contender("512", _SERIES_ANN, {"width": 512}, rows=2000),
        ),
    },
    tiny={
        "table": (_ANN, {"features": 6, "outputs": 3, "width": 8}),
        "image": (_ANN, {"features": 12, "outputs": 3, "width": 8}),
        "series": (_SERIES_ANN, {"channels": 2, "length": 7, "outputs": 3, "width": 8}),
    },
    settings=_SMOOTH,
    reference=(
        Reference(
            "torch.nn.Sequential",
            "tests/references/test_feedforward.py::test_ann_is_two_linear_layers_around_a_rectifier",
        ),
    ),
    departs="Hidden units are rectified, max(0, a), where the papers have logistic ones; Adam takes the place of plain "
    "gradient descent. Series are cut or padded to one length and read as one flat vector.",
)

FNN = Row(
    name="fnn",
    title="Feedforward neural network",
    family="feedforward",
    introductions=(0, 1, 2, 3),
    paper="Rumelhart, Hinton, Williams 1986, Learning representations by back-propagating errors",
    year=1986,
    summary="Several hidden layers, each fed by all units of the layer before. Earlier layers learn features that "
    "later ones combine. It knows nothing of space or time: pixels or steps in another order would do as well.",
    learns=_GRADIENT,
    recipes=_SUPERVISED,
    sizes=(
        Size("fnn", _FNN, {"features": 784, "outputs": 10, "widths": (256, 256)}, 269_322, "784-256-256-10", "image"),
        Size(
            "fnn_breast_cancer",
            _FNN,
            {"features": 30, "outputs": 1, "widths": (64, 32)},
            4_097,
            "30-64-32-1, scikit-learn's MLPClassifier with one logistic output for two classes",
            "table",
            aliases=("fnn_guide_breast_cancer",),
        ),
        Size(
            "fnn_binary",
            _FNN,
            {"features": 20, "outputs": 1, "widths": (64, 32), "dropout": 0.3},
            3_457,
            "20-64-32-1 with dropout 0.3, Keras; all weights and biases are trainable, so counts agree",
            "table",
            aliases=("fnn_guide_binary",),
        ),
        Size(
            "fnn_ten_classes",
            _FNN,
            {"features": 100, "outputs": 10, "widths": (64,)},
            7_114,
            "100-64-10, Keras; all weights and biases are trainable, so counts agree",
            "table",
            aliases=("fnn_guide_classes",),
        ),
    ),
    races={
        "table": (
            Contender("small", _FNN, {"widths": (64, 32)}),
            Contender("medium", _FNN, {"widths": (256, 256)}, rows=1000),
            Contender("large", _FNN, {"widths": (512, 512, 512), "dropout": 0.1}, rows=10_000),
        ),
        "image": (
            Contender("small", _FNN, {"widths": (128, 64)}),
            Contender("medium", _FNN, {"widths": (256, 256)}, rows=1000),
            Contender("large", _FNN, {"widths": (1024, 512), "dropout": 0.2}, rows=10_000),
        ),
        "series": (
            Contender("small", _SERIES_FNN, {"widths": (64, 32)}),
            Contender("medium", _SERIES_FNN, {"widths": (256, 256)}, rows=1000),
            Contender("large", _SERIES_FNN, {"widths": (512, 512, 512), "dropout": 0.1}, rows=10_000),
        ),
    },
    tiny={
        "table": (_FNN, {"features": 6, "outputs": 3, "widths": (8, 5)}),
        "image": (_FNN, {"features": 12, "outputs": 3, "widths": (8, 5), "dropout": 0.2}),
        "series": (_SERIES_FNN, {"channels": 2, "length": 7, "outputs": 3, "widths": (8, 5)}),
    },
    settings=_SMOOTH,
    reference=(
        Reference(
            "sklearn.neural_network.MLPClassifier",
            "tests/references/test_feedforward.py::test_fnn_predicts_what_scikit_learn_does_for_several_classes",
        ),
        Reference(
            "sklearn.neural_network.MLPRegressor",
            "tests/references/test_feedforward.py::test_fnn_predicts_what_scikit_learn_does_for_numbers",
        ),
        Reference("torch.nn.Sequential", "tests/references/test_feedforward.py::test_fnn_is_a_sequence"),
    ),
    departs="Hidden units are rectified, max(0, a), where the paper has logistic ones; Adam takes the place of "
    "gradient descent with momentum. Series are cut or padded to one length and read as one flat vector.",
)

MLP = Row(
    name="mlp",
    title="Multi-layer perceptron with batch norm and dropout",
    family="feedforward",
    introductions=(0, 1, 3),
    paper="Rumelhart, Hinton, Williams 1986, Learning representations by back-propagating errors; "
    "Ioffe, Szegedy 2015, Batch normalization, arXiv 1502.03167; Srivastava et al. 2014, Dropout",
    year=2015,
    summary="A feedforward network whose hidden layers are normalised over each batch and silenced at random in "
    "training. Normalising keeps the layers on one scale so that it learns fast; silencing keeps it from leaning on "
    "any single unit.",
    learns=_GRADIENT,
    recipes=_SUPERVISED,
    sizes=(
        Size(
            "mlp",
            _MLP,
            {"features": 30, "outputs": 2, "widths": (256, 128, 64), "dropout": 0.3},
            49_986,
            "30-256-128-64-2, norms on the first two hidden layers; their running statistics are not parameters",
            "table",
        ),
    ),
    races={
        "table": (
            Contender("small", _MLP, {"widths": (64, 32), "dropout": 0.1}),
            Contender("medium", _MLP, {"widths": (256, 128, 64)}, rows=1000),
            Contender("large", _MLP, {"widths": (512, 512, 256)}, rows=10_000),
        ),
        "image": (
            Contender("small", _MLP, {"widths": (128, 64), "dropout": 0.1}),
            Contender("medium", _MLP, {"widths": (256, 128, 64)}, rows=1000),
            Contender("large", _MLP, {"widths": (1024, 512, 256)}, rows=10_000),
        ),
        "series": (
            Contender("small", _SERIES_MLP, {"widths": (64, 32), "dropout": 0.1}),
            Contender("medium", _SERIES_MLP, {"widths": (256, 128, 64)}, rows=1000),
            Contender("large", _SERIES_MLP, {"widths": (512, 512, 256)}, rows=10_000),
        ),
    },
    tiny={
        "table": (_MLP, {"features": 6, "outputs": 3, "widths": (8, 6, 5)}),
        "image": (_MLP, {"features": 12, "outputs": 3, "widths": (8, 6, 5)}),
        "series": (_SERIES_MLP, {"channels": 2, "length": 7, "outputs": 3, "widths": (8, 6, 5)}),
    },
    settings=_SMOOTH,
    reference=(
        Reference(
            "torch.nn.Sequential",
            "tests/references/test_feedforward.py::test_mlp_normalises_and_drops_all_hidden_layers_but_the_last",
        ),
    ),
    departs="The last hidden layer has neither norm nor dropout, and layers before a batch norm keep their redundant "
    "bias: both as in the layout it follows. Training needs batches of two rows or more, because a batch of one has no "
    "spread to normalise by. Series are cut or padded to one length and read as one flat vector.",
)

FASTTEXT = Row(
    name="fasttext",
    title="fastText",
    family="feedforward",
    paper="Joulin, Grave, Bojanowski, Mikolov 2017, Bag of tricks for efficient text classification, arXiv 1607.01759",
    year=2017,
    summary="A text is the mean of the vectors of its words and of its pairs of neighbouring words; one linear layer "
    "answers. Pairs share a fixed number of vectors by hashing. It knows nothing else of their order, and is the "
    "quickest network for text, often as accurate as deep ones.",
    learns=_GRADIENT,
    recipes=_SUPERVISED,
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

ROWS: tuple[Row, ...] = (PERCEPTRON, ANN, FNN, MLP, FASTTEXT)
