"""Writes docs/nine_ways_to_learn.md: nine algorithms side by side, their code taken from the sources as it stands.

    python -m tests.house.nine_ways

The words about each way stand here; code, what a checkpoint holds, the architectures' papers and the results come from
where they are kept. A test regenerates the page and compares.
"""

import importlib
import inspect
import json
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from bestiary import catalogue
from bestiary.rows.store import write_text
from tests.learning.claims import CLAIMS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "nine_ways_to_learn.md"


@dataclass(frozen=True)
class Way:
    """One way to learn.

    Attributes:
        name: of it.
        idea: what happens, in a few sentences.
        small: what is made small.
        direction: where the direction of a step comes from.
        sees: what one update looks at.
        source: the paper that it is from.
        algorithm: "module:Class" whose `updates` is the loop.
        code: further "module:name" that belong to it.
        rows: architectures of the catalogue that learn so.
        shown: claim, or "module/name" of a study, that holds a measured result.
        pictures: files in docs/images, each with what it shows.
    """

    name: str
    idea: str
    small: str
    direction: str
    sees: str
    source: str
    algorithm: str
    code: tuple[str, ...]
    rows: tuple[str, ...]
    shown: str
    pictures: tuple[tuple[str, str], ...] = ()


_ALGORITHMS, _OBJECTIVES = "bestiary.algorithms", "bestiary.objectives"
WAYS = (
    Way(
        "Gradient descent",
        "Somebody says what the right answer is, a number says how wrong the network's is, and back-propagation says "
        "which way each weight should go to make that number smaller. Everything else on this page is measured against "
        "this: it is the loop with nothing added.",
        "cross-entropy of the right answer, `-log p(y | x)`",
        "the gradient of the loss, through the whole network",
        "a batch of rows with labels",
        "Rumelhart, Hinton & Williams 1986, Learning representations by back-propagating errors; "
        "Robbins & Monro 1951, A stochastic approximation method",
        f"{_ALGORITHMS}.gradient_descent:GradientDescent",
        (f"{_OBJECTIVES}.supervised:CrossEntropy.__call__",),
        ("mlp", "resnet", "lstm", "gcn"),
        "mlp-image-digits",
    ),
    Way(
        "Adversarial",
        "Nobody can write down what a good picture is, so a second network learns to tell made pictures from real ones "
        "and its opinion is what the first one learns from. Two losses are made small in turns, and each moves the "
        "other's goal: there is no number that must fall, only a balance.",
        "for the discriminator `-log D(x) - log(1 - D(G(z)))`, for the generator `-log D(G(z))`",
        "the gradient of the other player's opinion; the opponent's weights are held meanwhile",
        "a batch of data and as much noise",
        "Goodfellow et al. 2014, Generative adversarial nets, Algorithm 1",
        f"{_ALGORITHMS}.adversarial:Adversarial",
        (
            f"{_ALGORITHMS}.adversarial:Adversarial.criticise",
            f"{_OBJECTIVES}.adversarial:odds",
            f"{_OBJECTIVES}.adversarial:NonSaturating.generator",
        ),
        ("gan", "dcgan", "wgan", "wgan_gp", "sngan"),
        "adversarial/dcgan-digits",
    ),
    Way(
        "Contrastive divergence",
        "A machine that assigns an energy to every state should give data a low one. What data say is easy: which "
        "units are on together. What the machine believes instead would need samples of it; one short round from the "
        "data, a fantasy, tells enough. No gradient is propagated: the update is the difference of two averages.",
        "the free energy of data beside that of fantasies, `F(data) - F(fantasies)`; no loss is ever computed",
        "products of units that are on together: those of data less those of fantasies",
        "a batch of rows, labels unused",
        "Hinton 2002, Training products of experts by minimizing contrastive divergence",
        f"{_ALGORITHMS}.contrastive_divergence:ContrastiveDivergence",
        (
            f"{_ALGORITHMS}.contrastive_divergence:fantasies",
            f"{_ALGORITHMS}.contrastive_divergence:contrast",
        ),
        ("rbm",),
        "energy/rbm-shifted-digits",
    ),
    Way(
        "Hebbian storage",
        "What is on together is wired together, once, and then nothing more is learned: each pattern is added to the "
        "weights and becomes a valley of the energy, into which the network later runs down from nearby. One pass, no "
        "rate, no error, nothing that is repeated; the generator ends by itself.",
        "the energy of what is stored, `-1/2 x W x`, in one step and not little by little",
        "the outer product of a pattern with itself",
        "each pattern once",
        "Hopfield 1982, Neural networks and physical systems with emergent collective computational abilities; "
        "Hebb 1949, The organization of behavior",
        f"{_ALGORITHMS}.hebbian:HebbianStorage",
        (f"{_ALGORITHMS}.hebbian:patterns",),
        ("hopfield",),
        "energy/hopfield-capacity",
        (
            (
                "hopfield_recall.svg",
                "How many of the stored patterns come back with at most 5 % of their units wrong: random patterns in "
                "1,000 units stay where they are up to about 0.138 patterns a unit, and from 25 % noise they are lost "
                "a little earlier. Digits are so much alike that Hebb's rule merges them; the projection rule, which "
                "takes that into account, brings them back from the same noise, and Hebb's rule less the mean "
                "pattern (`--set rule=covariance`) does so for five digits in 784 units. Mean and range of three "
                "draws.",
            ),
            (
                "hopfield_energy.svg",
                "The energy of five damaged random patterns and five damaged digits while their units are asked one "
                "after the other, relative to the depth of the valley that each belongs to: it never rises.",
            ),
        ),
    ),
    Way(
        "Layer-wise pre-training",
        "A deep stack need not learn all at once. The lowest machine learns what pixels have in common, is frozen, and "
        "what it has found is data for the next; labels come last and only tune what is there. So most of the learning "
        "needs no labels. Which phase an update belongs to follows from its number, so it resumes anywhere. A stack "
        "that is to generate goes on otherwise, by up and down (the last block): its two directions part ways, and "
        "each learns from the states that the other has drawn.",
        "first each layer's contrast, then cross-entropy on the rows with labels",
        "contrastive divergence of one layer at a time, then the gradient through all",
        "all rows, then those with labels",
        "Hinton, Osindero & Teh 2006, A fast learning algorithm for deep belief nets; Bengio et al. 2007, Greedy "
        "layer-wise training of deep networks",
        f"{_ALGORITHMS}.layerwise:LayerWise",
        (
            f"{_ALGORITHMS}.layerwise:LayerWise._listen",
            f"{_ALGORITHMS}.layerwise:phase",
            f"{_ALGORITHMS}.up_down:up_and_down",
        ),
        ("dbn",),
        "energy/dbn-few-labels",
    ),
    Way(
        "Variational",
        "Data are taken to come from a few hidden causes. One network guesses the causes of a row, the other what a "
        "cause makes; both are right together when the guess is close to what was assumed beforehand and still tells "
        "the row. A guess is a distribution; drawing from it as mean plus scaled noise lets the gradient through.",
        "the negative evidence lower bound, `KL(q(z | x) || p(z)) - log p(x | z)`",
        "the gradient through the drawn code",
        "a batch of rows, and one draw of noise for each",
        "Kingma & Welling 2014, Auto-encoding variational Bayes, Algorithm 1",
        f"{_ALGORITHMS}.autoencoding:VariationalBayes",
        (
            f"{_OBJECTIVES}.evidence:NegativeBound.__call__",
            f"{_OBJECTIVES}.evidence:divergence",
            f"{_OBJECTIVES}.evidence:reparameterised",
        ),
        ("vae",),
        "representation/vae-bound",
    ),
    Way(
        "Denoising",
        "Noise is added to a picture, from a breath to so much that nothing is left, and the network says what was "
        "added. Every picture is its own teacher, every amount of noise a task of its own, and the loss is as plain as "
        "in regression; a network that can take away a little noise anywhere can make a picture out of nothing but "
        "noise, bit by bit. What ships is the average of the weights that it passed through.",
        "`|noise - network(noised picture, step)|^2`",
        "the gradient of the loss, through the whole network",
        "a batch of pictures, noise, and a random step for each",
        "Ho, Jain & Abbeel 2020, Denoising diffusion probabilistic models, Algorithm 1",
        f"{_ALGORITHMS}.averaged_descent:AveragedGradientDescent",
        (f"{_OBJECTIVES}.denoising:Denoising.__call__",),
        ("ddpm",),
        "diffusion/ddpm-digits",
    ),
    Way(
        "Teacher forcing",
        "A writer learns one step at a time: it is shown the true beginning and asked for the next token, whatever it "
        "would have written itself. So all steps of a sequence are learned at once. It never sees its own mistakes "
        "while it learns; the last block is the remedy for where that matters, in which more and more of what it "
        "sees is its own.",
        "`-sum_t log p(y_t | y_1 ... y_(t-1), x)`, with the true `y` before each step",
        "the gradient of the loss, through all steps",
        "a batch of sequences, shifted by one against themselves",
        "Williams & Zipser 1989, A learning algorithm for continually running fully recurrent neural networks; "
        "Bengio, Vinyals, Jaitly & Shazeer 2015, Scheduled sampling for sequence prediction",
        f"{_ALGORITHMS}.gradient_descent:GradientDescent",
        (
            "bestiary.targets.tokens:Written.given",
            "bestiary.targets.tokens:Written.truth",
            f"{_OBJECTIVES}.sequences:SequenceCrossEntropy.__call__",
            f"{_OBJECTIVES}.sequences:nats",
            f"{_ALGORITHMS}.scheduled_sampling:ScheduledSampling.updates",
        ),
        ("attention_network", "luong", "gnmt", "transformer", "gpt2"),
        "sequences/transformer-spelling",
    ),
    Way(
        "Q-learning",
        "No one says which action is right; rewards come now and then. The network estimates the value of each action, "
        "the sum of the discounted rewards to come, and corrects the estimate by the TD error: the reward plus its own "
        "estimate for the next state, minus the estimate. It makes its own data by acting, and learns from a replay "
        "buffer, so that the rows of one update are not all from one moment.",
        "the Huber loss of the TD error `r + gamma max_a' Q'(s', a') - Q(s, a)`",
        "the gradient of `Q(s, a)` alone; the target is held, and comes from a slower copy",
        "transitions from its own actions, drawn from a replay buffer",
        "Mnih et al. 2015, Human-level control through deep reinforcement learning, Algorithm 1; Watkins 1989, "
        "Learning from delayed rewards",
        f"{_ALGORITHMS}.q_learning:QLearning",
        (
            f"{_ALGORITHMS}.q_learning:QLearning.loss",
            f"{_ALGORITHMS}.q_learning:QLearning.td_target",
            f"{_ALGORITHMS}.q_learning:max_value",
        ),
        ("dqn", "dueling_dqn"),
        "reinforcement/dqn-environment-cartpole",
    ),
)


def find(target: str) -> Any:
    """What "module:name" or "module:Class.name" names."""
    module, _, name = target.partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = inspect.getattr_static(found, part)
    return found


def block(target: str) -> str:
    """The source of a function, with its file."""
    module, _, name = target.partition(":")
    found = find(target)
    found = found.fget if isinstance(found, property) else found
    source = textwrap.dedent(inspect.getsource(cast("Callable[..., object]", found)))
    path = module.replace(".", "/") + ".py"
    return f"[`{path}`](../{path}), `{name}`:\n\n```python\n{source.rstrip()}\n```"


def shown(result: str) -> str:
    """What a claim or study promises, and what was measured where it was."""
    module, _, name = result.rpartition("/")
    if module:
        studies = importlib.import_module(f"tests.learning.studies.{module}").STUDIES
        study = next(study for study in studies if study.name == name)
        floor, twin = study.floor if study.full is None else study.full, study.twin
        what = f"`{study.row}` on {study.data}: {study.metric}"
    else:
        claim = next(claim for claim in CLAIMS if claim.name == name)
        floor, twin = claim.full[0] if claim.full else claim.floor, "learns from the labels of other rows"
        what = f"`{claim.row}` on {claim.data}: {claim.metric}"
    path = ROOT / "docs" / "results" / f"{name}.json"
    if not path.exists():
        return (
            f"{what}; {floor:g} or more with each of three seeds, less by a broken twin ({twin}); see `make results`."
        )
    measured = json.loads(path.read_text(encoding="utf-8"))
    seeds = len(measured["scores"])
    over = "on average of three seeds" if seeds == 3 else f"with {seeds} seed{'s' * (seeds > 1)}"
    return (
        f"{what}; {measured['mean']:.3g} {over} (range {measured['spread']:.2g}, {floor:g} or more asked of each); "
        f"{measured['twin']:.3g} by a broken twin ({twin})."
    )


def section(number: int, way: Way) -> list[str]:
    """All about one way."""
    rows = [catalogue.find(name) for name in way.rows]
    return [
        f"## {number}. {way.name}",
        "",
        way.idea,
        "",
        f"- **Made small:** {way.small}.",
        f"- **Source:** {way.source}.",
        "- **Learn so:** " + "; ".join(f"{row.title} (`{row.name}`)" for row in rows) + ".",
        f"- **Shown:** {shown(way.shown)}",
        "",
        *(f"![{way.name}](images/{name})\n\n{words}\n" for name, words in way.pictures),
        *(f"{block(target)}\n" for target in (f"{way.algorithm}.updates", *way.code)),
    ]


def table() -> list[str]:
    """All ways beside each other."""
    lines = [
        "| way | made small | direction of a step | an update sees | a checkpoint holds | lines of the loop |",
        "|---|---|---|---|---|---|",
    ]
    for number, way in enumerate(WAYS, 1):
        algorithm = find(way.algorithm)
        held = ", ".join(f"`{word}`" for word in algorithm.stateful)
        loop = inspect.getsource(algorithm.updates).splitlines()
        small = way.small.replace("|", "\\|")
        anchor = f"#{number}-{way.name.lower().replace(' ', '-')}"
        lines.append(f"| [{way.name}]({anchor}) | {small} | {way.direction} | {way.sees} | {held} | {len(loop)} |")
    return lines


def page() -> str:
    """The page."""
    lines = [
        "# Nine ways to learn",
        "",
        "One loop trains everything here: `fit` asks an algorithm for its next update, again and again, and writes",
        "down what it says. What an update is, the algorithm decides; each is a generator,",
        "`updates(data, start, horizon)`, that reads like the algorithm in its paper. This page puts nine of them side",
        "by side. `make docs` takes the code from the sources, and a test compares: what stands here is what runs.",
        "",
        *table(),
        "",
    ]
    for number, way in enumerate(WAYS, 1):
        lines += section(number, way)
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    write_text(PAGE, page())
    print(PAGE)
