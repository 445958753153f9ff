"""What a row of the catalogue says of a part or a method: things that architectures consist of or learn by.

Code is named as strings, so that listing imports no torch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bestiary.catalogue.row import Reference, Row, Size

Sort = Literal["part", "method"]


@dataclass(frozen=True)
class Part:
    """A part of networks, or a method by which they learn, draw or are planned.

    Attributes:
        name: its name in the command line.
        title: its name in the field.
        sort: "part" stands in a network, "method" is done with one.
        paper: authors, year, title.
        year: of the paper.
        summary: what it is, in two or three sentences that a newcomer understands.
        formula: in plain text, a line for each equation, with what its letters stand for.
        calls: name -> "module:object" that is called for it; the first is what `bestiary.part(name of the row)` gives.
        example: a session of Python that calls it, with prompts and answers; `bestiary` and `torch` are imported.
        reference: the tests that compare its numbers with something independent.
        same: dotted names of what computes the same where networks use it ("torch.nn.LayerNorm"); a method of tensors
            is "torch.Tensor.relu". Who uses the part is read from these and from `calls`, see `catalogue.uses`.
        beware: what differs between libraries, or is often done wrong.
        sizes: named sizes, for parts that `bestiary.create` builds.
        inputs: "module:function", (keywords, batch) -> arguments of forward, where there are sizes.
        aliases: other names that find it.
        introductions: which of five introductory texts to the field, numbered 0 to 4, name it.
    """

    name: str
    title: str
    sort: Sort
    paper: str
    year: int
    summary: str
    formula: str
    calls: Mapping[str, str]
    example: str
    reference: tuple[Reference, ...]
    same: tuple[str, ...] = ()
    beware: str = ""
    sizes: tuple[Size, ...] = ()
    inputs: str = ""
    aliases: tuple[str, ...] = ()
    introductions: tuple[int, ...] = field(default=())

    @property
    def files(self) -> tuple[str, ...]:
        """The files of what is called, as paths in the project."""
        modules = dict.fromkeys(target.partition(":")[0] for target in self.calls.values())
        return tuple(f"{module.replace('.', '/')}.py" for module in modules)

    @property
    def row(self) -> Row:
        """As an architecture without races, for what counts and measures the sizes of rows."""
        return Row(
            name=self.name,
            title=self.title,
            family=self.sort,
            paper=self.paper,
            year=self.year,
            summary=self.summary,
            learns="As the network that holds it.",
            recipes={},
            sizes=self.sizes,
            reference=self.reference,
            example=self.inputs,
            introductions=self.introductions,
        )
