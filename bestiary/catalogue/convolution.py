"""The family `convolution`, one row an architecture."""

from bestiary.catalogue.row import Contender, Pretrained, Reference, Row, Size

_HERE = "bestiary.architectures.convolution"
_CNN, _NORMALISED_CNN, _VALID_CNN = (f"{_HERE}.cnn:{name}" for name in ("CNN", "NormalisedCNN", "ValidCNN"))
_LENET, _RESIZED_LENET = f"{_HERE}.lenet:LeNet5", f"{_HERE}.lenet:ResizedLeNet5"
_ORIGINAL, _RESIZED_ORIGINAL = (
    f"{_HERE}.lenet_original:{name}" for name in ("LeNet5Original", "ResizedLeNet5Original")
)
_DRN, _TEXT = f"{_HERE}.drn:DRN", f"{_HERE}.text_cnn:TextCNN"
_FCN, _SERIES_RESNET = f"{_HERE}.fcn:FCN", f"{_HERE}.resnet_series:SeriesResNet"
_BASIC, _BOTTLENECK, _PAPER, _SMALL, _PLAIN = (
    f"{_HERE}.resnet:{name}"
    for name in ("BasicResNet", "BottleneckResNet", "PaperResNet", "SmallResNet", "PlainResNet")
)
_CAPSNET = f"{_HERE}.capsnet:CapsNet"
_SUPERVISED = {
    "classification": "bestiary.recipes.supervised:classifier",
    "regression": "bestiary.recipes.supervised:regressor",
}
_GRADIENT = "By gradient descent on cross-entropy (squared error for numbers); gradients come from back-propagation."
_RATES = ({"rate": 1e-3}, {"rate": 3e-3})

CNN = Row(
    name="cnn",
    title="Convolutional neural network",
    family="convolution",
    introductions=(0, 1, 2, 3, 4),
    paper="LeCun et al. 1989, Backpropagation applied to handwritten zip code recognition; "
    "LeCun, Bottou, Bengio, Haffner 1998, Gradient-based learning applied to document recognition",
    year=1989,
    summary="Small filters slide over the image, so that a pattern is recognised wherever it stands with the same few "
    "weights; pooling keeps the strongest response of each neighbourhood. Two dense layers turn the maps into an "
    "answer.",
    learns=_GRADIENT,
    recipes=_SUPERVISED,
    sizes=(
        Size(
            "cnn_mnist",
            _CNN,
            {"channels": 1, "image_size": (28, 28), "outputs": 10, "widths": (32, 64), "hidden": 128},
            421_642,
            "320 + 18,496 + 401,536 + 1,290",
            "image",
        ),
        Size(
            "cnn_cifar",
            _NORMALISED_CNN,
            {"channels": 3, "image_size": (32, 32), "outputs": 10, "widths": (32, 64), "hidden": 256},
            1_070_986,
            "896 + 64 + 18,496 + 128 + 1,048,832 + 2,570, batch norm after each convolution",
            "image",
        ),
        Size(
            "cnn_valid",
            _VALID_CNN,
            {"channels": 3, "image_size": (32, 32), "outputs": 10, "widths": (32, 64, 64), "hidden": 64},
            122_570,
            "896 + 18,496 + 36,928 + 65,600 + 650, Keras; without batch norm, so counts agree",
            "image",
            aliases=("cnn_guide_valid",),
        ),
    ),
    races={
        "image": (
            Contender("small", _CNN, {"widths": (8, 16), "hidden": 64}, smallest=8),
            Contender("medium", _NORMALISED_CNN, {"widths": (16, 32), "hidden": 128}, rows=500, smallest=8),
            Contender("large", _NORMALISED_CNN, {"widths": (32, 64), "hidden": 256}, rows=5000, smallest=8),
            Contender("deep", _NORMALISED_CNN, {"widths": (32, 64, 128, 256), "hidden": 256}, rows=10_000, smallest=32),
        ),
    },
    tiny={
        "image": (_NORMALISED_CNN, {"channels": 2, "image_size": (8, 9), "outputs": 3, "widths": (4, 5), "hidden": 6}),
    },
    settings=(*_RATES, {"rate": 1e-3, "decay": 0.1}),
    reference=(
        Reference("torch.nn.Sequential", "tests/references/test_convolution.py::test_cnn_is_a_sequence"),
        Reference("torch.nn.Sequential", "tests/references/test_convolution.py::test_valid_cnn_is_a_sequence"),
    ),
    departs="Today's form: filters of 3x3, rectified units and max pooling where 1989 had filters of 5x5 with stride "
    "2 and scaled tanh units. Maps are flattened channel by channel; Keras flattens pixel by pixel, so its dense "
    "weights need reordering.",
)

LENET = Row(
    name="lenet5",
    title="LeNet-5 (modern)",
    family="convolution",
    introductions=(2, 4),
    paper="LeCun, Bottou, Bengio, Haffner 1998, Gradient-based learning applied to document recognition",
    year=1998,
    summary="Two rounds of 5x5 filters and pooling, then three dense layers. Small and fast; the cheque reader of the "
    "paper was built on it and read several million cheques a day.",
    learns=_GRADIENT,
    recipes=_SUPERVISED,
    sizes=(
        Size(
            "lenet5",
            _LENET,
            {"channels": 1, "image_size": (28, 28), "outputs": 10},
            61_706,
            "156 + 2,416 + 48,120 + 10,164 + 850",
            "image",
        ),
    ),
    races={"image": (Contender("28x28", _RESIZED_LENET, {}, smallest=8),)},
    tiny={"image": (_RESIZED_LENET, {"channels": 2, "image_size": (8, 9), "outputs": 3})},
    settings=(*_RATES, {"rate": 1e-3, "decay": 0.1}),
    reference=(Reference("torch.nn.Sequential", "tests/references/test_convolution.py::test_lenet_is_a_sequence"),),
    departs="What most code calls LeNet-5: every map of C3 sees all maps of S2, subsampling is max pooling without "
    "weights, units are rectified and the output is dense (see lenet5_original for the paper's). To race on images of "
    "other sizes they are first resized to 28x28, bilinearly.",
)

LENET_ORIGINAL = Row(
    name="lenet5_original",
    title="LeNet-5 (1998, as published)",
    family="convolution",
    introductions=(2, 4),
    paper="LeCun, Bottou, Bengio, Haffner 1998, Gradient-based learning applied to document recognition",
    year=1998,
    summary="LeNet-5 with everything the paper gives it: filters that see only some of the maps below, subsampling "
    "with a weight of its own, and no weights in the output: each class is a fixed picture of 84 signs, and the class "
    "whose picture is nearest to the last layer wins.",
    learns="By gradient descent on the paper's MAP criterion: cross-entropy over minus the squared distances to the "
    "codes.",
    recipes={"classification": _SUPERVISED["classification"]},
    sizes=(
        Size(
            "lenet5_original",
            _ORIGINAL,
            {"channels": 1, "outputs": 10},
            60_000,
            "156 + 12 + 1,516 + 32 + 48,120 + 10,164, by layer in section II.B of the paper",
            "image",
        ),
    ),
    races={"image": (Contender("32x32", _RESIZED_ORIGINAL, {}, smallest=8),)},
    tiny={"image": (_RESIZED_ORIGINAL, {"channels": 2, "image_size": (8, 9), "outputs": 3})},
    settings=_RATES,
    reference=(
        Reference(
            "the paper's section II.B, one convolution a map",
            "tests/references/test_convolution.py::test_the_published_lenet_is_what_the_paper_says",
            "rewritten_lenet",
        ),
    ),
    departs="The pictures of the ten digits are drawn anew after the style of the paper's figure 3; for other numbers "
    "of classes codes are random signs, always the same. The MAP criterion's constant for rubbish is left out, and "
    "Adam stands for the stochastic diagonal Levenberg-Marquardt method. To race on images of other sizes they are "
    "first resized to 32x32, bilinearly. It has no output for numbers.",
)

_B, _W = (64, 128, 256, 512), (256, 512, 1024, 2048)


_IMAGENET = "ImageNet-1k (ILSVRC 2012): 1.28 million photographs of 1,000 classes"
_TERMS = "none stated by torchvision; ImageNet's images are for research and teaching"
_DIGITS = {  # the first eight of each file's sha256, which are part of its name
    "resnet18": ("f37072fd",),
    "resnet34": ("b627a593",),
    "resnet50": ("0676ba61", "11ad3fa6"),
    "resnet101": ("63fe2227", "cd907fc2"),
    "resnet152": ("394f9c45", "f82ba261"),
}


def _imagenet(name: str, network: str, widths: tuple[int, ...], depths: tuple[int, ...], parameters: int) -> Size:
    words = {"channels": 3, "outputs": 1000, "widths": widths, "depths": depths, "entry": 64}
    source = "transformers.ResNetForImageClassification, 1000 classes"
    weights = tuple(
        Pretrained(
            f"imagenet1k_v{number}",
            f"{name}-{digits}.pth",
            f"torchvision, ResNet{name.removeprefix('resnet')}_Weights.IMAGENET1K_V{number}",
            _TERMS,
            digits,
            _IMAGENET,
        )
        for number, digits in enumerate(_DIGITS.get(name, ()), 1)
    )
    return Size(name, network, words, parameters, source, "image", example={"image_size": (224, 224)}, weights=weights)


RESNET = Row(
    name="resnet",
    title="Residual network",
    family="convolution",
    introductions=(1, 2, 3, 4),
    paper="He, Zhang, Ren, Sun 2015, Deep residual learning for image recognition, arXiv 1512.03385",
    year=2015,
    summary="Every block adds a correction to what it was given, instead of replacing it. Signals and gradients can "
    "pass unchanged through a hundred layers, so that depth helps where it used to hurt.",
    learns=_GRADIENT,
    recipes=_SUPERVISED,
    sizes=(
        _imagenet("resnet50", _BOTTLENECK, _W, (3, 4, 6, 3), 25_557_032),
        _imagenet("resnet18", _BASIC, _B, (2, 2, 2, 2), 11_689_512),
        _imagenet("resnet34", _BASIC, _B, (3, 4, 6, 3), 21_797_672),
        _imagenet("resnet101", _BOTTLENECK, _W, (3, 4, 23, 3), 44_549_160),
        _imagenet("resnet152", _BOTTLENECK, _W, (3, 8, 36, 3), 60_192_808),
        _imagenet("resnet50_v1", _PAPER, _W, (3, 4, 6, 3), 25_557_032),
        Size(
            "resnet18_small",
            _SMALL,
            {"channels": 3, "outputs": 10, "widths": _B, "depths": (2, 2, 2, 2), "entry": 64},
            11_173_962,
            "resnet18 with a 3x3 stem (1,728 for 9,408) and 10 classes (5,130 for 513,000)",
            "image",
        ),
        Size(
            "resnet20",
            _PLAIN,
            {"channels": 3, "outputs": 10, "widths": (16, 32, 64), "depths": (3, 3, 3), "entry": 16},
            269_722,
            "the paper's table 6 says 0.27M; by layer 432 + 13,824 + 50,688 + 202,752 + norms 1,376 + dense 650",
            "image",
        ),
        Size(
            "residual_connection",
            f"{_HERE}.resnet:BasicBlock",
            {"before": 64, "width": 64},
            73_984,
            "2 x 9 x 64 x 64 + 2 x 128: one basic block, 64 channels",
            example={"image_size": (56, 56)},
            part=True,
        ),
    ),
    races={
        "image": (
            Contender(
                "10-strided",
                _BASIC,
                {"widths": (16, 32, 64, 128), "depths": (1, 1, 1, 1), "entry": 16},
                smallest=24,
            ),
            Contender("8-thin", _PLAIN, {"widths": (8, 16, 32), "depths": (1, 1, 1), "entry": 8}, smallest=8),
            Contender("8", _PLAIN, {"widths": (16, 32, 64), "depths": (1, 1, 1), "entry": 16}, rows=500, smallest=8),
            Contender("14", _PLAIN, {"widths": (16, 32, 64), "depths": (2, 2, 2), "entry": 16}, rows=2000, smallest=8),
            Contender("20", _PLAIN, {"widths": (16, 32, 64), "depths": (3, 3, 3), "entry": 16}, rows=5000, smallest=8),
            Contender(
                "18-small", _SMALL, {"widths": _B, "depths": (2, 2, 2, 2), "entry": 64}, rows=10_000, smallest=16
            ),
            Contender("18", _BASIC, {"widths": _B, "depths": (2, 2, 2, 2), "entry": 64}, rows=10_000, smallest=64),
            Contender("50", _BOTTLENECK, {"widths": _W, "depths": (3, 4, 6, 3), "entry": 64}, rows=50_000, smallest=64),
        ),
    },
    tiny={"image": (_BASIC, {"channels": 2, "outputs": 3, "widths": (4, 8), "depths": (1, 2), "entry": 4})},
    settings=(*_RATES, {"rate": 1e-3, "decay": 0.1}),
    reference=(
        Reference(
            "transformers.ResNetForImageClassification",
            "tests/references/test_convolution.py::test_resnet_equals_transformers",
        ),
        Reference(
            "the paper's section 4.2, written out with torch.nn.functional",
            "tests/references/test_convolution.py::test_small_resnets_are_what_the_paper_says",
            "rewritten_small",
        ),
    ),
    departs="Bottlenecks halve the image in their 3x3 convolution (v1.5, as most published weights do); resnet50_v1 "
    "does it in the first 1x1 convolution as in the paper. resnet18_small and the small ones that race begin with one "
    "3x3 convolution instead of the stem for photographs; resnet20 is the paper's network for CIFAR-10. Trained by "
    "Adam, where the paper uses SGD with momentum; no crops or flips are added here.",
    example=f"{_HERE}.resnet:block_example",
)

DRN = Row(
    name="drn",
    title="Deep residual network (three stages, hand-written form)",
    family="convolution",
    introductions=(3,),
    paper="He, Zhang, Ren, Sun 2015, Deep residual learning for image recognition, arXiv 1512.03385",
    year=2015,
    summary="A residual network of fourteen layers as it is often written by hand: three stages of two blocks, and a "
    "bias in every convolution.",
    learns=_GRADIENT,
    recipes=_SUPERVISED,
    sizes=(
        Size(
            "drn14",
            _DRN,
            {"channels": 3, "outputs": 10, "widths": (64, 128, 256), "depth": 2},
            2_786_826,
            "three stages of ResNet-18 with 2,240 biases more, two projection norms (768) less, and 10 classes",
            "image",
            aliases=("drn_guide",),
        ),
    ),
    races={
        "image": (
            Contender("small", _DRN, {"widths": (16, 32, 64)}, smallest=16),
            Contender("large", _DRN, {"widths": (64, 128, 256)}, rows=10_000, smallest=32),
        ),
    },
    tiny={"image": (_DRN, {"channels": 2, "outputs": 3, "widths": (4, 6), "depth": 1})},
    settings=_RATES,
    reference=(
        Reference(
            "the layers written out with torch.nn.functional",
            "tests/references/test_convolution.py::test_drn_is_what_it_says",
            "rewritten_drn",
        ),
    ),
    departs="Unlike ResNet, convolutions keep a bias before batch norm, projections have no batch norm, and there is "
    "no fourth stage; so ResNet's weights do not fit.",
)

TEXT_CNN = Row(
    name="text_cnn",
    title="Convolutional network for sentences",
    family="convolution",
    paper="Kim 2014, Convolutional neural networks for sentence classification, arXiv 1408.5882",
    year=2014,
    summary="Filters over three, four and five neighbouring words look for telling phrases; of each filter only the "
    "strongest response in the whole text counts, wherever it is. One dense layer weighs the evidence.",
    learns=_GRADIENT,
    recipes=_SUPERVISED,
    sizes=(
        Size(
            "text_cnn",
            _TEXT,
            {"vocabulary": 18_766, "outputs": 2, "embedding": 300, "windows": (3, 4, 5), "width": 100, "dropout": 0.5},
            5_990_702,
            "closed form: (18,765 words of the paper's MR data + padding) x 300 + 12 x 300 x 100 + 300 + 602",
            "text",
        ),
    ),
    races={
        "text": (
            Contender("small", _TEXT, {"embedding": 64, "width": 32}),
            Contender("medium", _TEXT, {"embedding": 128, "width": 64}, rows=2000),
            Contender("large", _TEXT, {"embedding": 300, "width": 100}, rows=10_000),
        ),
    },
    tiny={"text": (_TEXT, {"vocabulary": 20, "outputs": 3, "embedding": 6, "windows": (2, 3), "width": 4})},
    settings=tuple({**setting, "max_norm": 3.0} for setting in (*_RATES, {"rate": 1e-3, "decay": 0.1})),
    reference=(
        Reference(
            "the paper's equations 2 to 4, one sentence at a time",
            "tests/references/test_convolution_sequences.py::test_text_cnn_is_what_kim_says",
            "rewritten_text",
        ),
    ),
    departs="Word vectors are learned from random ones (the paper's CNN-rand). Output weights are scaled back to a "
    "norm of 3 as in the paper; Adam stands for Adadelta, in one setting with weight decay. Filters look only where "
    "they lie inside the text (shorter texts are filled up with zeros to one window), so padding changes nothing.",
)

FCN = Row(
    name="fcn",
    title="Fully convolutional network for series",
    family="convolution",
    paper="Wang, Yan, Oates 2017, Time series classification from scratch with deep neural networks: a strong "
    "baseline, arXiv 1611.06455",
    year=2017,
    summary="Three layers of filters slide over time and recognise shapes wherever they occur; the mean over time of "
    "what they find is the answer. Simple, and a strong baseline for series of any length.",
    learns=_GRADIENT,
    recipes=_SUPERVISED,
    sizes=(
        Size(
            "fcn",
            _FCN,
            {"channels": 1, "outputs": 2, "widths": (128, 256, 128), "sizes": (8, 5, 3)},
            264_962,
            "closed form: convolutions 1,152 + 164,096 + 98,432, norms 1,024, dense 258 (one channel, two classes)",
            "series",
        ),
    ),
    races={
        "series": (
            Contender("small", _FCN, {"widths": (32, 64, 32)}),
            Contender("large", _FCN, {"widths": (128, 256, 128)}, rows=1000),
        ),
    },
    tiny={"series": (_FCN, {"channels": 2, "outputs": 3, "widths": (4, 6, 5)})},
    settings=(*_RATES, {"rate": 1e-3, "decay": 0.1}),
    reference=(
        Reference(
            "torch.nn.Sequential",
            "tests/references/test_convolution_sequences.py::test_fcn_is_the_published_sequence_on_whole_series",
        ),
        Reference(
            "the layers written out, one series at a time",
            "tests/references/test_convolution_sequences.py::"
            "test_series_networks_treat_each_series_as_if_it_had_no_padding",
            "rewritten_fcn",
        ),
    ),
    departs="The paper has series of one length. Here padded steps are held at zero and count neither in the mean nor "
    "in the statistics of batch norm, so that padding changes nothing.",
)

RESNET_SERIES = Row(
    name="resnet_series",
    title="Residual network for series",
    family="convolution",
    paper="Wang, Yan, Oates 2017, Time series classification from scratch with deep neural networks: a strong "
    "baseline, arXiv 1611.06455",
    year=2017,
    summary="Three residual blocks of three convolutions over time, then the mean over time. Deeper than the fully "
    "convolutional network, for series with more to tell.",
    learns=_GRADIENT,
    recipes=_SUPERVISED,
    sizes=(
        Size(
            "resnet_series",
            _SERIES_RESNET,
            {"channels": 1, "outputs": 2, "widths": (64, 128, 128)},
            504_258,
            "closed form: blocks 34,112 + 206,336 + 263,552 (norms included), dense 258 (one channel, two classes)",
            "series",
        ),
    ),
    races={
        "series": (
            Contender("small", _SERIES_RESNET, {"widths": (16, 32, 32)}),
            Contender("large", _SERIES_RESNET, {"widths": (64, 128, 128)}, rows=1000),
        ),
    },
    tiny={"series": (_SERIES_RESNET, {"channels": 2, "outputs": 3, "widths": (4, 4)})},
    settings=_RATES,
    reference=(
        Reference(
            "the layers written out, one series at a time",
            "tests/references/test_convolution_sequences.py::"
            "test_series_networks_treat_each_series_as_if_it_had_no_padding",
            "rewritten_series_resnet",
        ),
    ),
    departs="A shortcut of equal width carries a batch norm, as in the authors' code. Padded steps are held at zero "
    "and count neither in the mean nor in the statistics of batch norm, so that padding changes nothing.",
)

CAPSNET = Row(
    name="capsnet",
    title="Capsule network",
    family="convolution",
    introductions=(3,),
    paper="Sabour, Frosst, Hinton 2017, Dynamic routing between capsules, arXiv 1710.09829",
    year=2017,
    summary="Units come in groups, capsules: the length of one says whether a thing is there, its direction how it is "
    "posed. Capsules foretell those of the next layer and send their votes where others agree. From the capsule of its "
    "class alone the image is drawn again, so that its numbers come to mean slant, stroke and size.",
    learns="By gradient descent on the margin loss of the lengths and the squared error of the drawn image, with "
    "images shifted by up to two pixels.",
    recipes={"classification": "bestiary.recipes.capsules:capsules"},
    sizes=(
        Size(
            "capsnet",
            _CAPSNET,
            {"channels": 1, "image_size": (28, 28), "outputs": 10},
            8_215_568,
            "20,992 + 5,308,672 + 1,474,560, decoder 1,411,344",
            "image",
        ),
        Size(
            "capsnet_without_decoder",
            _CAPSNET,
            {"channels": 1, "image_size": (28, 28), "outputs": 10, "decoder": None},
            6_804_224,
            "20,992 + 5,308,672 + 1,474,560",
            "image",
        ),
    ),
    races={
        "image": (
            Contender("thin", _CAPSNET, {"width": 32, "maps": 8, "decoder": (256, 512)}),
            Contender("published", _CAPSNET, {}, rows=30_000),
        ),
    },
    tiny={
        "image": (
            _CAPSNET,
            {
                "channels": 2,
                "image_size": (8, 9),
                "outputs": 3,
                "width": 4,
                "maps": 2,
                "primary": 4,
                "size": 5,
                "decoder": (6,),
                "sees": (19, 17),
            },
        ),
    },
    settings=({"rate": 3e-3}, {"rate": 1e-3}),
    reference=(
        Reference(
            "the paper's section 4 and procedure 1, one capsule at a time",
            "tests/references/test_capsnet.py::test_capsnet_is_what_the_paper_says",
            "rewritten",
        ),
    ),
    departs="Forward gives log(n / (1 - n)) of each capsule's length n, whose softmax is the chance of each class "
    "given that exactly one is there; margins of 0.9 and 0.1 keep these chances modest, so that its log loss stays "
    "behind its accuracy. Images of other sizes are brought to 28x28. Shifted images repeat their border, where the "
    "paper's have zeros; gradients pass through all rounds of routing, which the usual code stops in the early ones. "
    "Adam's rate is constant and then falls to nothing in a line.",
    exceptions={
        "gradients": "The decoder learns from the drawing, which is part of the objective and not of forward; "
        "tests/references/test_capsnet.py holds that the objective reaches every weight.",
        "features": "Its last layer is one capsule a class; capsules(seen(pixels)) and below(seen(pixels)) give what "
        "it knows.",
        "unused": "Forward classifies and does not draw, so the decoder takes no part in it. Give "
        "DistributedDataParallel find_unused_parameters=True, or build it with decoder=None.",
    },
    verbs={"inspect": "bestiary.sampling.capsules:inspect"},
)

ROWS: tuple[Row, ...] = (CNN, LENET, LENET_ORIGINAL, RESNET, DRN, TEXT_CNN, FCN, RESNET_SERIES, CAPSNET)
