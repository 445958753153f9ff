"""What a row of the catalogue says. Networks and recipes are named as strings, so that listing imports no torch."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Keywords = Mapping[str, object]


@dataclass(frozen=True)
class Pretrained:
    """Published weights of a size: a file that a person has fetched, and that is known by its digest.

    Attributes:
        name: of these weights, unique within the size.
        file: its name where it is published.
        source: who publishes it, and under what name.
        licence: of the weights.
        sha256: of the file, in hexadecimal; where only its first digits are published, those (at least 8).
        seen: the data that they were trained on.
        package: that ships the file, by its name in the index of packages; "" where none does.
        place: of the file among installed packages.
        beside: file beside it that belongs to it, such as its vocabulary -> sha256.
    """

    name: str
    file: str
    source: str
    licence: str
    sha256: str
    seen: str
    package: str = ""
    place: str = ""
    beside: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Size:
    """A named size: `bestiary.create(name)` builds it.

    Attributes:
        name: unique in the whole catalogue.
        network: "module:Class".
        keywords: everything that the class needs, complete.
        parameters: the exact count; None only where no source gives one.
        source: where the count comes from.
        kind: the kind of data that its forward takes ("table", "image", "graph", ...), or "" (see `Row.example`).
        example: words of the input that `bestiary size` counts for, where they are not those of the network:
            {"image_size": (224, 224)}, {"length": 512}, {"nodes": 2708, "edges": 10556}.
        part: whether it is a layer or another part, which learns inside a network that holds it.
        aliases: former names, which still find it.
        weights: published weights that fit it.
    """

    name: str
    network: str
    keywords: Keywords
    parameters: int | None = None
    source: str = ""
    kind: str = ""
    example: Keywords = field(default_factory=dict)
    part: bool = False
    aliases: tuple[str, ...] = ()
    weights: tuple[Pretrained, ...] = ()


@dataclass(frozen=True)
class Contender:
    """A size that races. The words that data decide (`features`, `outputs`, ...) are left out; the spec fills them.

    Attributes:
        name: unique within the row and kind; shown as "row/name".
        network: "module:Class".
        keywords: the words that data do not decide.
        rows: enters with this many training rows or more.
        smallest: images smaller than this many pixels on a side, or series shorter, cannot enter.
        tasks: those that it is for; all of the row's recipes when empty.
        code: the word that says how large its codes are, where it is not `code`; "features" where they are as large as
            a row. It is no part of what a result was measured with.
        view: the size of the data's spec that is there where they were read as it needs, beside the usual way: "pieces"
            or "sentence" of texts; "" for the usual way alone.
        known: name of the size whose published weights read the data so; it enters where these are on the machine.
        begins: whether it begins with these weights and learns on, beside the others.
        settings: what it enters with, where that is not what the row does.
    """

    name: str
    network: str
    keywords: Keywords
    rows: int = 0
    smallest: int = 1
    tasks: tuple[str, ...] = ()
    code: str = field(default="", repr=False)
    view: str = field(default="", repr=False)
    known: str = field(default="", repr=False)
    begins: bool = field(default=False, repr=False)
    settings: tuple[Keywords, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Reference:
    """A test that compares a row's numbers with something independent. `tests/conformance/test_claims.py` resolves it.

    Attributes:
        against: what the test compares with, as `bestiary show` prints it: the dotted name of a library's class or
            function ("torch.nn.LSTM"), or words ("procedure 1 of the paper, one capsule at a time").
        test: "tests/references/test_recurrence.py::test_equals_torch".
        calls: what the test calls for it where `against` is words: a dotted name, or a function of the test's file.
    """

    against: str
    test: str
    calls: str = ""


@dataclass(frozen=True)
class Row:
    """One architecture.

    Attributes:
        name: its name in the command line.
        title: its name in the field.
        family: which folder of `architectures/` holds it.
        paper: authors, year, title.
        year: of the paper.
        summary: what it is, in two or three sentences that a newcomer understands.
        learns: how it learns, in one sentence.
        recipes: task ("classification", "generate", ...) -> "module:function" of `recipes/`.
        sizes: named sizes, the first is what the bare name builds.
        races: kind -> contenders from small to large.
        tiny: kind -> (network, all keywords): small enough for tests; forward takes that kind's inputs.
        settings: what it enters a race with, the first is the default; words of the recipe (`rate`, `decay`, ...).
        reference: the tests that compare its numbers with something independent.
        departs: what differs from the paper, and why.
        exceptions: promise (see docs/design.md, section 6) -> the reason why it cannot be kept.
        example: "module:function", (keywords, batch) -> arguments of forward, for networks whose kind is "".
        inputs: kind -> "module:function", (keywords, batch) -> arguments of forward, for networks that take something
            else than a batch of that kind gives (a latent vector, an image and its noise level).
        phases: whether its algorithm's phases or schedules depend on the horizon: a race trains it afresh at each rung.
        holds: which training rows lie in its weights, for people; empty where it is fitted by gradients and the like.
        verbs: "sample", "encode", "play" or "inspect" -> "module:function" that does it with a trained network.
        introductions: which of five introductory texts to the field, numbered 0 to 4, name it.
    """

    name: str
    title: str
    family: str
    paper: str
    year: int
    summary: str
    learns: str
    recipes: Mapping[str, str]
    sizes: tuple[Size, ...]
    races: Mapping[str, tuple[Contender, ...]] = field(default_factory=dict)
    tiny: Mapping[str, tuple[str, Keywords]] = field(default_factory=dict)
    settings: tuple[Keywords, ...] = ({},)
    reference: tuple[Reference, ...] = ()
    departs: str = ""
    exceptions: Mapping[str, str] = field(default_factory=dict)
    example: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    phases: bool = False
    holds: str = field(default="", repr=False)
    verbs: Mapping[str, str] = field(default_factory=dict)
    introductions: tuple[int, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of data that it races on."""
        return tuple(self.races)
