"""What a kind of data is: a descriptor, one in each folder beside this file, in `kind.py` under the name `KIND`.

To add a kind is to add a folder. Nothing else names it: whoever needs to know something about a kind asks its
descriptor. This file and the descriptors import neither torch nor pandas; "module:name" says what is imported when it
is used.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of data.

    Attributes:
        name: the word of `--kind`.
        accepts: what a person may give, for the table of kinds in the documentation.
        examined: what is judged one by one in reports: "rows", "windows of text".
        guess: "module:function" that takes what was given, a `data.given.Given`, and says why it is of this kind, or
            None; empty for a kind that is only read when it is asked for.
        precedence: the smallest that has a reason decides.
        read: "module:function" from what was given to a `rows.source.Source`.
        opens: what the reader is given: "frame" (a file or frame, opened), "arrays" (as it came, or a pair of arrays of
            inputs and targets), or "itself" (as it came, whatever that is).
        task: that is meant when none is named; empty where the target decides.
        spec: "module:Class" of what sizes a network.
        inputs: "module:Class" of what a network is given, a `batches.Inputs`.
        store: "module:Class" that makes batches of encoded arrays; see `rows.store.StoredData`.
        encoder: "module:Class" of the fitted preprocessing; see `rows.source.Encoder`.
        facts: "module:TypedDict": the types that the facts in its files must have; see `rows.facts`.
        saved: the same of `encoder.json` as a whole, where an encoder writes more than sizes and facts.
        keeps: what the encoder, which lies beside every model, keeps of training rows beside numbers and the names of
            classes; for model cards.
        example: module with `inputs`, `spec` and `data`, small random ones for tests and measurements, and `row`, the
            arrays of one row, where scikit-learn's models are fitted.
        show: "module:function" from a folder of encoded arrays to what a page shows of one row; empty for nothing.
        baselines: module that has a tuple `BASELINES`, for tasks that bring none of their own for this kind; empty
            where every task does.
        rows: in a training batch at most, on a processor.
        updates: in one pass over the training data where their rows do not say; 0 where they do.
        wanted: updates that a whole training should be able to make where passes say little; 0 where they say enough.
        code: numbers in a code where codes are compared; 0 for a kind that is not encoded.
        rowwise: whether the inputs are tensors with a row each.
        file: what a person's new data are called in examples of commands.
        file_of_folder: the same where the training data were a folder; empty where that makes no difference.
        asked: data and words of a command that learns from such data, as `bestiary show` prints them.
        counted: whether what a network computes can be counted without numbers; not where it follows edges.
        samples: ending of the files that new samples are written to; empty where none can be made.
        runs: the word of its sizes that may name a person's own code, "module:Class", which is run when the data are
            opened; empty where data run nothing.
        carry: "module:function" that fits weights of other data of the kind to these; empty where weights of other data
            mean nothing, as each column of a table is something else. It takes a network for these data, the shapes of
            the file and a function that reads it, and the folders of both encoders (None for a file that has none), and
            returns tensors that take the place of the file's, and what is to be said of them.
        views: module with `give`, by which a pre-trained network reads rows in a way of its own, `attach`, which gives
            it to the encoder of a model, and `FILES`, which it keeps there; empty for a kind that is read in one way.
        drawn: words of recipes that change training rows of this kind -> from what to what a race draws them.
        reported: "module:function" from the evidence of a race to sections of its report; empty for none.
        seen: what `inspect` looks at a network with, {count} standing for their number.
    """

    name: str
    accepts: str
    read: str
    spec: str
    inputs: str
    encoder: str
    example: str
    facts: str = "bestiary.rows.facts:Facts"
    saved: str = "bestiary.rows.facts:Words"
    store: str = "bestiary.rows.store:StoredData"
    examined: str = "rows"
    drawn: Mapping[str, tuple[float, float]] = dataclasses.field(default_factory=dict)
    guess: str = ""
    precedence: int = 100
    opens: str = "itself"
    task: str = ""
    show: str = ""
    baselines: str = ""
    keeps: str = ""
    rows: int = 64
    updates: int = 0
    wanted: int = 0
    code: int = 0
    rowwise: bool = True
    file: str = "new.csv"
    file_of_folder: str = ""
    asked: str = "data.csv --target y"
    counted: bool = True
    samples: str = ""
    runs: str = ""
    carry: str = ""
    views: str = ""
    reported: str = ""
    seen: str = "on {count} training rows"

    def __post_init__(self) -> None:
        if self.opens not in ("frame", "arrays", "itself"):
            raise ValueError(f"opens must be frame, arrays or itself; received {self.opens!r} of kind {self.name!r}")
        for name in ("read", "spec", "inputs", "encoder", "store", "facts", "saved"):
            if ":" not in getattr(self, name):
                raise ValueError(f"{name} must be module:name; received {getattr(self, name)!r} of kind {self.name!r}")

    def part(self, field: str) -> Any:
        """What a field names, imported.

        Example:
            >>> from bestiary import kinds
            >>> kinds.find("table").part("read").__name__
            'read_table'
        """
        module, _, name = getattr(self, field).partition(":")
        found = importlib.import_module(module)
        return getattr(found, name) if name else found

    def fields(self) -> tuple[str, ...]:
        """Names of the arrays that the inputs of a batch are made of."""
        return tuple(field.name for field in dataclasses.fields(self.part("inputs")))

    def pass_of(self, rows: int, batch: int) -> int:
        """Updates in one pass over the training data.

        Args:
            rows: of the training split.
            batch: rows in a training batch.
        """
        return self.updates or max(1, rows // batch)
