"""The family `table`: networks that take a table's columns apart, one row an architecture."""

from bestiary.catalogue.row import Contender, Reference, Row, Size

_HERE = "bestiary.architectures.table"
_PLR, _PLE = f"{_HERE}.mlp_plr:PeriodicMLP", f"{_HERE}.mlp_plr:PiecewiseMLP"
_RESNET, _FT = f"{_HERE}.resnet:TabularResNet", f"{_HERE}.ft_transformer:FTTransformer"
_TABM, _TABM_PLE = f"{_HERE}.tabm:TabM", f"{_HERE}.tabm:TabMPiecewise"
_REALMLP, _TABNET, _WIDE = f"{_HERE}.realmlp:RealMLP", f"{_HERE}.tabnet:TabNet", f"{_HERE}.wide_deep:WideAndDeep"
_INPUTS = {"table": "bestiary.kinds.table.example:columns"}
_TINY = {"numbers": 4, "categories": (3, 5), "texts": 2, "vocabulary": 20, "outputs": 3}
_HOUSES = {"numbers": 8, "outputs": 1}  # California housing: eight numbers
_ADULT = {"numbers": 6, "categories": (10, 17, 8, 16, 7, 6, 3, 43), "outputs": 2}
"""Adult: six numbers, and eight columns of words with one code more each, for words that were never seen."""
_SUPERVISED = {
    "classification": "bestiary.recipes.tables:classifier",
    "regression": "bestiary.recipes.tables:regressor",
}
_GRADIENT = "By gradient descent on cross-entropy (squared error for numbers); gradients come from back-propagation."
_UNSEEN = (
    "A word that training rows did not have has a code of its own. Columns of text join as the mean of the vectors "
    "of their "
    "hashed n-grams. "
)

MLP_PLR = Row(
    name="mlp_plr",
    title="Multi-layer perceptron on embedded numbers",
    family="table",
    paper="Gorishniy, Rubachev, Babenko 2022, On embeddings for numerical features in tabular deep learning, arXiv "
    "2203.05556",
    year=2022,
    summary="Each number becomes a vector before the first layer: by waves of learned frequencies (PLR), or by "
    "where it lies "
    "among the quantiles of its column (PLE). Small differences can then matter at once, as they do to trees.",
    learns=_GRADIENT,
    recipes=_SUPERVISED,
    sizes=(
        Size("mlp_plr", _PLR, _HOUSES, 200_257, "rtdl_num_embeddings 0.0.12 and rtdl_revisiting_models 0.0.2", "table"),
        Size("mlp_ple", _PLE, _HOUSES, 171_265, "rtdl_num_embeddings 0.0.12 and rtdl_revisiting_models 0.0.2", "table"),
    ),
    races={
        "table": (
            Contender("ple", _PLE, {"widths": (64, 64), "embedding": 8, "bins": 16}),
            Contender("plr", _PLR, {"widths": (128, 128), "embedding": 8, "frequencies": 16}, rows=500),
            Contender("ple-wide", _PLE, {"widths": (256, 256, 256)}, rows=5000),
        )
    },
    tiny={"table": (_PLE, {**_TINY, "widths": (8,), "embedding": 3, "bins": 4})},
    settings=({"rate": 1e-3}, {"rate": 3e-3}, {"rate": 1e-3, "decay": 0.1}),
    reference=(
        Reference(
            "rtdl_num_embeddings.PeriodicEmbeddings",
            "tests/references/test_table.py::test_mlp_on_periodic_numbers",
        ),
        Reference(
            "rtdl_num_embeddings.PiecewiseLinearEmbeddings",
            "tests/references/test_table.py::test_mlp_on_piecewise_numbers",
        ),
        Reference(
            "rtdl_num_embeddings.PiecewiseLinearEncoding",
            "tests/references/test_table.py::test_piecewise_linear_encoding",
        ),
        Reference(
            "rtdl_revisiting_models.MLP",
            "tests/references/test_table.py::test_mlp_on_periodic_numbers",
        ),
    ),
    departs="Categories have learned vectors where the paper has them one-hot. The piecewise form adds to a linear "
    "one, "
    "as its authors do since TabM. " + _UNSEEN.strip(),
    inputs=_INPUTS,
)

RESNET_TABLE = Row(
    name="resnet_table",
    title="Residual network for tables",
    family="table",
    paper="Gorishniy, Rubachev, Khrulkov, Babenko 2021, Revisiting deep learning models for tabular data, arXiv "
    "2106.11959",
    year=2021,
    summary="Columns side by side, then blocks of two linear layers, each adding a correction to what it was given. "
    "Its "
    "authors found it a hard network to beat on tables.",
    learns=_GRADIENT,
    recipes=_SUPERVISED,
    sizes=(Size("resnet_table", _RESNET, {**_HOUSES, "depth": 2}, 299_137, "rtdl_revisiting_models 0.0.2", "table"),),
    races={
        "table": (
            Contender("small", _RESNET, {"width": 64, "hidden": 128, "depth": 2}),
            Contender("medium", _RESNET, {"width": 128, "hidden": 256, "depth": 3}, rows=2000),
            Contender("large", _RESNET, {"width": 256, "hidden": 512, "depth": 4}, rows=20_000),
        )
    },
    tiny={"table": (_RESNET, {**_TINY, "width": 8, "hidden": 6, "depth": 2, "embedding": 3})},
    settings=({"rate": 1e-3}, {"rate": 3e-3}, {"rate": 1e-3, "decay": 0.1}),
    reference=(
        Reference(
            "rtdl_revisiting_models.ResNet",
            "tests/references/test_table.py::test_resnet",
        ),
    ),
    departs=_UNSEEN
    + "Training needs batches of two rows or more, because a batch of one has no spread to normalise by.",
    inputs=_INPUTS,
)

FT_TRANSFORMER = Row(
    name="ft_transformer",
    title="FT-Transformer",
    family="table",
    paper="Gorishniy, Rubachev, Khrulkov, Babenko 2021, Revisiting deep learning models for tabular data, arXiv "
    "2106.11959",
    year=2021,
    summary="Every column of a row becomes a token, and a transformer lets the tokens look at each other: how much one "
    "column matters may depend on what stands in the others.",
    learns=_GRADIENT,
    recipes=_SUPERVISED,
    sizes=(
        Size("ft_transformer", _FT, _HOUSES, 894_913, "rtdl_revisiting_models 0.0.2, its default", "table"),
        Size("ft_transformer_adult", _FT, _ADULT, 916_994, "rtdl_revisiting_models 0.0.2, its default", "table"),
    ),
    races={
        "table": (
            Contender("32", _FT, {"width": 32, "depth": 2, "heads": 4, "hidden": 42}),
            Contender("64", _FT, {"width": 64, "depth": 3, "heads": 8, "hidden": 85}, rows=2000),
            Contender("192", _FT, {}, rows=20_000),
        )
    },
    tiny={"table": (_FT, {**_TINY, "width": 8, "depth": 2, "heads": 2, "hidden": 6})},
    settings=({"rate": 1e-3}, {"rate": 3e-4}, {"rate": 1e-3, "decay": 0.01}),
    reference=(
        Reference(
            "rtdl_revisiting_models.FTTransformer",
            "tests/references/test_table.py::test_ft_transformer",
        ),
    ),
    departs=_UNSEEN
    + "A text is a token like any column. Weight decay reaches the tokenizer too, where the paper leaves it out.",
    inputs=_INPUTS,
)

TABM = Row(
    name="tabm",
    title="TabM",
    family="table",
    paper="Gorishniy, Kotelnikov, Babenko 2025, TabM: advancing tabular deep learning with parameter-efficient "
    "ensembling, "
    "arXiv 2410.24210",
    year=2025,
    summary="Many multi-layer perceptrons in one: they share their matrices, each scales the inputs and outputs of "
    "every "
    "layer in its own way. They are trained side by side and answer by their mean, which errs less than each of them.",
    learns="By gradient descent on the mean of the members' losses.",
    recipes={
        "classification": "bestiary.recipes.tables:members_classifier",
        "regression": "bestiary.recipes.tables:members_regressor",
    },
    sizes=(
        Size("tabm", _TABM, _HOUSES, 676_128, "tabm 0.0.3, its default", "table"),
        Size("tabm_adult", _TABM, _ADULT, 746_944, "tabm 0.0.3, its default", "table"),
        Size(
            "tabm_piecewise", _TABM_PLE, _HOUSES, 436_512, "tabm 0.0.3 with embeddings of 16 numbers, 48 bins", "table"
        ),
    ),
    races={
        "table": (
            Contender("16x64", _TABM, {"members": 16, "width": 64, "depth": 2}),
            Contender(
                "ple-16x128", _TABM_PLE, {"members": 16, "width": 128, "depth": 2, "embedding": 8, "bins": 16}, rows=500
            ),
            Contender("ple-32x256", _TABM_PLE, {"width": 256}, rows=10_000),
        )
    },
    tiny={"table": (_TABM, {**_TINY, "members": 3, "width": 6, "depth": 2})},
    settings=({"rate": 2e-3}, {"rate": 1e-3}, {"rate": 4e-3, "decay": 0.0}),
    reference=(
        Reference(
            "tabm.TabM",
            "tests/references/test_table.py::test_tabm",
        ),
        Reference(
            "tabm.TabM",
            "tests/references/test_table.py::test_tabm_on_piecewise_numbers",
        ),
    ),
    departs="Members learn from the same batches. " + _UNSEEN.strip(),
    inputs=_INPUTS,
    exceptions={"features": "Each member has a head of its own; body.layers gives what the members know."},
)

REALMLP = Row(
    name="realmlp",
    title="RealMLP",
    family="table",
    paper="Holzmüller, Grinsztajn, Steinwart 2024, Better by default: strong pre-tuned MLPs and boosted trees on "
    "tabular "
    "data, arXiv 2407.04491",
    year=2024,
    summary="A multi-layer perceptron with every detail chosen by what works on many tables: clipped numbers and "
    "waves of them, "
    "weights drawn to fit the data, a learned scale for each feature, fading dropout and rates that rise and fall.",
    learns="By Adam with a rate for each sort of parameter; the rate comes back in four waves, dropout and weight "
    "decay fade.",
    recipes={
        "classification": "bestiary.recipes.realmlp:classifier",
        "regression": "bestiary.recipes.realmlp:regressor",
    },
    sizes=(Size("realmlp", _REALMLP, _HOUSES, 141_753, "pytabkit 1.7.3, RealMLP-TD for regression", "table"),),
    races={
        "table": (
            Contender("64", _REALMLP, {"widths": (64, 64, 64)}),
            Contender("256", _REALMLP, {}, rows=500),
        )
    },
    tiny={"table": (_REALMLP, {**_TINY, "categories": (3, 5, 12), "widths": (6, 5), "frequencies": 4})},
    settings=({}, {"rate": 0.02}),
    reference=(
        Reference(
            "RealMLP-TD as pytabkit 1.7.3 builds it",
            "tests/references/test_table.py::test_realmlp",
            "their_realmlp",
        ),
    ),
    departs="The vector of a word that training rows did not have starts as zeros. Columns of text join as the mean "
    "of the "
    "vectors of their hashed n-grams. Batches are those of the race, from 32 rows up, where the paper has 256.",
    inputs=_INPUTS,
    phases=True,
)

TABNET = Row(
    name="tabnet",
    title="TabNet",
    family="table",
    paper="Arik, Pfister 2021, TabNet: attentive interpretable tabular learning, arXiv 1908.07442",
    year=2021,
    summary="Step by step it chooses a few features of a row to look at, and what it saw decides where it looks "
    "next. The masks "
    "show which features an answer came from.",
    learns="By gradient descent on the loss of the answers and, with a small weight, on how many features the masks "
    "let through.",
    recipes={
        "classification": "bestiary.recipes.tables:choosing_classifier",
        "regression": "bestiary.recipes.tables:choosing_regressor",
    },
    sizes=(
        Size(
            "tabnet",
            _TABNET,
            {"numbers": 54, "outputs": 7, "decision": 64, "attention": 64, "steps": 5, "reuse": 1.5},
            470_472,
            "pytorch_tabnet 4.1, the paper's network for forest cover types; the norm that its outer module never "
            "uses left out",
            "table",
        ),
    ),
    races={
        "table": (
            Contender("8", _TABNET, {}),
            Contender("24", _TABNET, {"decision": 24, "attention": 24}, rows=5000),
        )
    },
    tiny={"table": (_TABNET, {**_TINY, "decision": 4, "attention": 3, "steps": 2})},
    settings=({"rate": 2e-2}, {"rate": 5e-3}),
    reference=(
        Reference(
            "pytorch_tabnet.tab_network.TabNetNoEmbeddings",
            "tests/references/test_table.py::test_tabnet",
        ),
    ),
    departs=_UNSEEN + "It is not pre-trained on rows without labels. Training needs batches of two rows or more.",
    inputs=_INPUTS,
)

WIDE_DEEP = Row(
    name="wide_deep",
    title="Wide and deep network",
    family="table",
    paper="Cheng et al. 2016, Wide & deep learning for recommender systems, arXiv 1606.07792",
    year=2016,
    summary="A linear model with a weight for every pair of words, which memorises, beside a deep network on "
    "learned vectors of "
    "the words, which generalises. Their logits are added, and both are trained as one.",
    learns=_GRADIENT,
    recipes=_SUPERVISED,
    sizes=(
        Size(
            "wide_deep",
            _WIDE,
            _ADULT,
            108 * 2 + 4725 * 2 + 110 * 32 + 263 * 1024 + 1025 * 512 + 513 * 256 + 257 * 2,
            "closed form: wide part, pairs of words, vectors of 32 numbers, the paper's layers of 1024, 512 and 256 "
            "units",
            "table",
        ),
    ),
    races={
        "table": (
            Contender("small", _WIDE, {"widths": (64, 32), "embedding": 8, "crosses": 1000}),
            Contender("medium", _WIDE, {"widths": (256, 128, 64), "embedding": 16}, rows=2000),
            Contender("large", _WIDE, {}, rows=50_000),
        )
    },
    tiny={"table": (_WIDE, {**_TINY, "widths": (6,), "embedding": 3, "crosses": 12})},
    settings=({"rate": 1e-3}, {"rate": 3e-3}, {"rate": 1e-3, "decay": 0.1}),
    reference=(
        Reference(
            "the formula logits = w_wide [x, phi(x)] + w_deep a + b, every pair of words a feature of its own",
            "tests/references/test_table.py::test_wide_and_deep_is_its_formula",
            "formula",
        ),
    ),
    departs="All pairs of columns are crossed, and pairs may share a place. One optimiser trains both parts. "
    + _UNSEEN.strip(),
    inputs=_INPUTS,
    exceptions={
        "features": "Its linear part answers from the row itself, beside the deep part: no last part has all it knows.",
    },
)

ROWS: tuple[Row, ...] = (WIDE_DEEP, RESNET_TABLE, FT_TRANSFORMER, TABNET, MLP_PLR, REALMLP, TABM)
