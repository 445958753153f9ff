"""Small networks that introductions to the field print, as this library builds them: sizes, shapes, faults in print.

The keys number the texts (G0 to G4) and the examples in them, as `introductions` of a catalogue row does. Counts are
those of the printed code when it is completed and run, Keras' trainable parameters where it is Keras.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from operator import attrgetter

import torch
from torch import Tensor, nn

from bestiary.architectures.attention.transformer_encoder import TransformerEncoder
from bestiary.architectures.build import create
from bestiary.layers.positions import LearnedPositions

Shape = tuple[int, ...]
Inputs = Callable[[], tuple[Tensor, ...]]
RAN = "test_example"  # where building and running it is the whole remedy: names that are not defined, downloads


@dataclass(frozen=True)
class Part:
    """A network of an example.

    Attributes:
        network: name of a size of the catalogue, or a class that is built of the library's parts.
        count: its parameters.
        inputs: what goes in.
        outputs: shapes that come out, in order.
        inside: attribute of the network that is meant, "" for all of it.
        methods: shapes that come out of further methods.
        printed: parameters in print, where they are others.
    """

    network: str | type[nn.Module]
    count: int
    inputs: Inputs
    outputs: tuple[Shape, ...]
    inside: str = ""
    methods: dict[str, Shape] = field(default_factory=dict)
    printed: int | None = None

    def build(self) -> nn.Module:
        """The network, in evaluation mode."""
        torch.manual_seed(0)
        whole = create(self.network) if isinstance(self.network, str) else self.network()
        return (attrgetter(self.inside)(whole) if self.inside else whole).eval()


@dataclass(frozen=True)
class Example:
    """An example in print.

    Attributes:
        builds: what, in words.
        parts: its networks.
        faults: what is wrong with the printed code, and the test that shows that it is right here.
    """

    builds: str
    parts: tuple[Part, ...]
    faults: dict[str, str] = field(default_factory=dict)


def floats(*shape: int) -> Inputs:
    """Normal numbers."""
    return lambda: (torch.randn(shape),)


def pixels(*shape: int) -> Inputs:
    """Intensities from 0 to 1."""
    return lambda: (torch.rand(shape),)


def series(rows: int, steps: int, channels: int) -> Inputs:
    """Series and their lengths, all equal."""
    return lambda: (torch.randn(rows, steps, channels), torch.full((rows,), steps))


def tokens(vocabulary: int, rows: int, steps: int) -> Inputs:
    """Texts and their lengths, all equal."""
    return lambda: (torch.randint(1, vocabulary, (rows, steps)), torch.full((rows,), steps))


def graph(nodes: int, features: int) -> Inputs:
    """A ring, its edges in both directions."""
    ring = torch.arange(nodes)
    edges = torch.stack([torch.cat([ring, (ring + 1) % nodes]), torch.cat([(ring + 1) % nodes, ring])])
    return lambda: (torch.randn(nodes, features), edges)


class Bert(nn.Module):
    """BERT-base's layers from this library's parts (Devlin et al. 2019), to count and to look at shapes."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.segments = nn.Embedding(30_522, 768), nn.Embedding(2, 768)
        self.positions, self.norm = LearnedPositions(length=512, width=768), nn.LayerNorm(768)
        self.encoder = TransformerEncoder(width=768, depth=12, heads=12, feedforward=3_072)
        self.pooler = nn.Linear(768, 768)

    def forward(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        embedded = self.norm(self.positions(self.words(tokens) + self.segments.weight[0]))
        states = self.encoder(embedded, lengths)  # [B, T, D]
        return states, self.pooler(states[:, 0]).tanh()


_GAN = Part("gan", 559_632, floats(8, 100), ((8, 1, 28, 28),), inside="generator")
_JUDGE = Part("gan", 533_505, floats(8, 784), ((8, 1),), inside="discriminator")
_NO_LOOP = {
    "no training loop and no loss": "test_both_players_learn",
    "data must be scaled to -1..1, and are not": "test_both_players_learn",
}
_PADDED = {"padding is read like words": "test_padding_changes_nothing"}
_TESTED_ON_TRAINING = {"scored on rows that it was trained or chosen on": "test_scores_are_of_rows_that_took_no_part"}

EXAMPLES: dict[str, Example] = {
    "G0.1": Example("dense 10-64-1", (Part("ann", 769, floats(4, 10), ((4, 1),)),), {"never run": RAN}),
    "G0.2": Example(
        "dense 30-64-32-1 for breast cancer",
        (Part("fnn_breast_cancer", 4_097, floats(114, 30), ((114, 1),)),),
        {"inputs are not scaled": "test_features_are_scaled_by_training_rows"},
    ),
    "G0.3": Example(
        "dense 30-256-128-64-2 with batch norm and dropout",
        (Part("mlp", 49_986, floats(4, 30), ((4, 2),)),),
        {"one row fails": "test_batch_norm_answers_a_single_row", "so does a batch of one": "test_no_batch_of_one"},
    ),
    "G0.4": Example(
        "two convolutions for 28x28",
        (Part("cnn_mnist", 421_642, pixels(4, 1, 28, 28), ((4, 10),)),),
        {"never run": RAN},
    ),
    "G0.5": Example(
        "recurrent network, 10-64-2",
        (Part("rnn_series", 4_994, series(8, 20, 10), ((8, 2),)),),
        {"right for one layer in one direction only": "test_the_last_state_is_of_the_last_layer_in_both_directions"},
    ),
    "G0.6": Example("LSTM, two layers, 10-128-5", (Part("lstm_series", 204_421, series(8, 50, 10), ((8, 5),)),)),
    "G0.7": Example(
        "GRU, two layers, 10-128-5",
        (Part("gru_series", 153_477, series(8, 50, 10), ((8, 5),)),),
        {"never run; said to be a quarter smaller than the LSTM": "test_the_gru_is_a_quarter_smaller"},
    ),
    "G0.8": Example(
        "Transformer encoder that classifies texts",
        (Part("transformer_classifier", 1_610_754, tokens(10_000, 8, 100), ((8, 2),)),),
        {
            **_PADDED,
            "fails past 512 tokens": "test_texts_beyond_the_longest_are_told_in_one_line",
            "layers start with equal weights": "test_layers_start_different",
            "positions drown the words": "test_positions_start_small",
        },
    ),
    "G0.9": Example(
        "sum over neighbours, 16-32",
        (Part("gnn_message_passing", 544, graph(6, 16), ((6, 32),)),),
        {"never run": RAN, "a node forgets itself": "test_nodes_remember_themselves"},
    ),
    "G0.10": Example(
        "graph convolutions, 1433-16-7",
        (Part("gcn_cora", 23_063, graph(6, 1_433), ((6, 7),)),),
        {
            "never run": RAN,
            "the bias is spread over the graph": "test_gcn_is_the_written_out_formula",
            "the caller must normalise": "test_gcn_is_the_written_out_formula",
        },
    ),
    "G0.11": Example(
        "graph attention layer, 16 -> 4 heads of 8",
        # printed: a projection (16 + 1) x 32 and one vector of 16 + 1 for all heads, which is never used
        (Part("gat_layer", 608, graph(6, 16), ((6, 32),), printed=561),),
        {
            "edges are ignored": "test_attention_over_edges_is_used_and_learned",
            "what should attend gets no gradient": "test_attention_over_edges_is_used_and_learned",
            "one attention vector for all heads": "test_attention_over_edges_is_used_and_learned",
        },
    ),
    "G0.12": Example(
        "autoencoder 784-256-64-32 and back",
        (Part("autoencoder", 439_728, pixels(8, 784), ((8, 784),), methods={"encode": (8, 32)}),),
        {
            "inputs are outside of what comes out": "test_pixels_are_brought_to_0_to_1",
            "not trained": "test_codes_learn",
        },
    ),
    "G0.13": Example(
        "variational autoencoder 784-256-20",
        (Part("vae", 418_104, pixels(8, 784), ((8, 784), (8, 20), (8, 20))),),
        {"inputs are no chances": "test_pixels_are_brought_to_0_to_1", "no loss": "test_codes_learn"},
    ),
    "G0.14": Example("generative adversarial network, dense", (_GAN, _JUDGE), _NO_LOOP),
    "G1.1": Example("dense 20-64-32-1 with dropout", (Part("fnn_binary", 3_457, floats(4, 20), ((4, 1),)),)),
    "G1.2": Example(
        "three convolutions without padding for 32x32",
        (Part("cnn_valid", 122_570, pixels(4, 3, 32, 32), ((4, 10),)),),
        {"needs a download": RAN},
    ),
    "G1.3": Example(
        "denoising convolutional autoencoder",
        (
            Part(
                "denoising_autoencoder",
                28_353,
                pixels(4, 1, 28, 28),
                ((4, 1, 28, 28),),
                methods={"maps": (4, 32, 7, 7)},
            ),
        ),
        {"its code is larger than the image": "test_codes_are_smaller_than_images", "needs a download": RAN},
    ),
    "G1.4": Example(
        "rectified recurrent network, 5-50-1",
        (Part("rnn_keras_50", 2_851, series(4, 10, 5), ((4, 1),)),),
        {**_TESTED_ON_TRAINING, "it can blow up": "test_gradients_of_recurrent_networks_are_clipped"},
    ),
    "G1.5": Example(
        "LSTM for texts, 10000 x 128, 64",
        (Part("lstm_keras_text", 1_329_473, tokens(10_000, 2, 500), ((2, 1),)),),
        {**_PADDED, **_TESTED_ON_TRAINING, "needs a download": RAN},
    ),
    "G1.6": Example(
        "GRU for texts, in both forms",
        (
            Part("gru_keras_text", 1_317_313, tokens(10_000, 2, 500), ((2, 1),)),
            Part("gru_reset_first_text", 1_317_121, tokens(10_000, 2, 500), ((2, 1),)),
        ),
        {**_PADDED, **_TESTED_ON_TRAINING, "needs a download": RAN},
    ),
    "G1.7": Example(
        "scaled dot-product attention",
        (
            Part(
                "scaled_dot_product_attention",
                0,
                lambda: (torch.randn(1, 4, 64), torch.randn(1, 4, 64), torch.randn(1, 4, 64)),
                ((1, 4, 64),),
            ),
        ),
        {
            "called multi-head, with one head and no projections": "test_heads_attend_apart",
            "in its mask 1 means blocked": "test_true_in_a_mask_means_may_attend",
        },
    ),
    "G1.8": Example(
        "convolutional adversarial pair for 28x28, as in Keras' tutorial",
        (
            Part("dcgan_mnist", 2_305_472, floats(2, 100), ((2, 1, 28, 28),), inside="generator"),
            Part("dcgan_mnist", 212_865, floats(2, 1, 28, 28), ((2, 1),), inside="discriminator"),
        ),
        {
            "batch size and losses are not defined": "test_both_players_learn",
            "the slope of leaky units is left to the framework": "test_the_slope_of_leaky_units_is_written_down",
        },
    ),
    "G2.1": Example(
        "dense 784-256-256-10",
        (Part("fnn", 269_322, floats(4, 784), ((4, 10),)),),
        {"the caller must flatten images": "test_images_are_flattened_by_the_network"},
    ),
    "G2.2": Example(
        "two convolutions with batch norm for 32x32",
        (Part("cnn_cifar", 1_070_986, pixels(4, 3, 32, 32), ((4, 10),)),),
        {"for 32x32 alone": "test_convolutions_take_other_sizes"},
    ),
    "G2.3": Example(
        "LSTM for texts, two layers", (Part("lstm_classifier", 2_202_114, tokens(10_000, 4, 30), ((4, 2),)),), _PADDED
    ),
    "G2.4": Example(
        "self-attention, 8 heads of 64",
        (Part("self_attention", 1_050_624, floats(2, 10, 512), ((2, 10, 512),)),),
        {
            "no mask": "test_true_in_a_mask_means_may_attend",
            "no dropout": "test_heads_attend_apart",
            "no check that heads divide the width": "test_heads_attend_apart",
        },
    ),
    "G2.5": Example("generative adversarial network, dense", (_GAN, _JUDGE), _NO_LOOP),
    "G3.1": Example(
        "dense 100-64-10",
        (Part("fnn_ten_classes", 7_114, floats(4, 100), ((4, 10),)),),
        {"its data are not defined": RAN, "sizes are global variables": "test_networks_are_built_from_words_alone"},
    ),
    "G3.3": Example(
        "rectified recurrent network, 100-64-10",
        (Part("rnn_keras_64", 11_210, series(4, 10, 100), ((4, 10),)),),
        {"its data are not defined": RAN},
    ),
    "G3.4": Example(
        "LSTM, 100-64-10", (Part("lstm_keras_series", 42_890, series(4, 10, 100), ((4, 10),)),), {"never called": RAN}
    ),
    "G3.5": Example(
        "deep belief network, 784-500-200",
        (Part("dbn_500_200", 493_984, pixels(4, 784), ((4, 200),)),),
        {
            "layer two is given pixels, and raises": "test_machines_in_a_stack_learn_from_the_one_below",
            "no contrastive divergence, no tuning": "test_every_machine_of_a_stack_learns_in_its_turn",
            "first weights saturate the units": "test_first_weights_of_machines_are_small",
            "no gradient passes a draw": "test_machines_in_a_stack_learn_from_the_one_below",
        },
    ),
    "G3.7": Example(
        "autoencoder 784-64-64-64-64-784",
        (
            Part(
                "autoencoder_deep",
                113_680,
                pixels(4, 784),
                ((4, 784),),
                methods={"encode": (4, 64)},
            ),
        ),
        {
            "the code is as wide as the layers beside it": "test_codes_are_smaller_than_images",
            "a further layer, called an input": "test_codes_are_smaller_than_images",
            "needs a download": RAN,
        },
    ),
    "G3.8": Example(
        "residual network, three stages of two blocks",
        (Part("drn14", 2_786_826, floats(1, 3, 224, 224), ((1, 10),)),),
        {"cannot take ResNet's weights": "test_resnets_are_as_published"},
    ),
    "G4.1": Example(
        "ResNet-50",
        (Part("resnet50", 25_557_032, floats(1, 3, 224, 224), ((1, 1_000),)),),
        {"its input is not defined, an argument is gone": RAN, "needs weights": "test_resnets_are_as_published"},
    ),
    "G4.2": Example(
        "LSTM encoder, two layers, 100-256",
        (Part("lstm_encoder", 892_928, series(4, 7, 100), ((4, 7, 256), (4, 256))),),
        {
            "its input is not defined": RAN,
            "called sequence to sequence, but is an encoder": "test_from_sequence_to_sequence_there_is_a_decoder",
        },
    ),
    "G4.3": Example(
        "BERT-base",
        (Part(Bert, 109_482_240, tokens(30_522, 1, 12), ((1, 12, 768), (1, 768))),),
        {"its inputs are not defined": RAN, **_PADDED},
    ),
    "G4.4": Example(
        "generator 100-256-784",
        (
            Part(
                "gan_generator",
                227_344,
                floats(4, 100),
                ((4, 784),),
            ),
        ),
        {
            "no discriminator": "test_both_players_learn",
            "what it makes is not bounded": "test_made_images_stay_in_range",
            "its input is not defined": RAN,
        },
    ),
    "G4.5": Example(
        "linear autoencoder 784-64-784",
        (
            Part(
                "autoencoder_linear",
                101_200,
                pixels(4, 784),
                ((4, 784),),
                methods={"encode": (4, 64)},
            ),
        ),
        {"a plane is the best it can find": "test_hidden_layers_bend_the_plane_of_codes", "never run": RAN},
    ),
}

KEYS = (
    *(f"G0.{number}" for number in range(1, 15)),
    *(f"G1.{number}" for number in range(1, 9)),
    *(f"G2.{number}" for number in range(1, 6)),
    *("G3.1", "G3.3", "G3.4", "G3.5", "G3.7", "G3.8"),
    *(f"G4.{number}" for number in range(1, 6)),
)
