"""LSTM and Transformer text classifiers and a ResNet-18 step, against plain torch.nn written for the purpose.

Both sides use the same fused optimiser, the same batches and the same gradient clipping.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from common import Never, compare, finish, header
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary import create
from bestiary.contracts import ImageSpec, Spec, TokenSpec
from bestiary.fit import fit
from bestiary.recipes.supervised import classifier
from bestiary.rows.store import ArrayData
from bestiary.runs.run import RunFolder

BATCH, STEPS, LENGTH, VOCABULARY, WIDTH = 32, 20, 40, 2_000, 64
RATE = 1e-3


def fitted(network: nn.Module, spec: Spec, arrays: dict[str, Tensor], steps: int, batch: int) -> None:
    """Ours: the one loop, with its log and its checkpoint."""
    data = ArrayData(spec, {"problem": "classification"}, {"train": {k: v.numpy() for k, v in arrays.items()}}, batch)
    with tempfile.TemporaryDirectory() as folder:
        learner = classifier(network, spec, rate=RATE, clip=1.0)
        fit(learner, data, RunFolder(Path(folder), keep_best=False), steps, Never())


def bare(network: nn.Module, arrays: dict[str, Tensor], steps: int, batch: int) -> None:
    """Theirs: the loop of any tutorial, with the fused optimiser."""
    network.train()
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.0, fused=True)
    rows = len(arrays["target"])
    order = torch.randperm(rows)
    for step in range(steps):
        start = step * batch % (rows - batch + 1)
        chosen = order[start : start + batch]
        *inputs, target = (array[chosen] for array in arrays.values())
        loss = F.cross_entropy(network(*inputs), target)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()


class PlainLSTM(nn.Module):
    """Embedding, two LSTM layers, the last real state, a linear layer; packed, as torch's documentation tells."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, WIDTH)
        self.lstm = nn.LSTM(WIDTH, WIDTH, 2, batch_first=True)
        self.head = nn.Linear(WIDTH, 4)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        packed = nn.utils.rnn.pack_padded_sequence(
            self.embedding(tokens), lengths, batch_first=True, enforce_sorted=False
        )
        return self.head(self.lstm(packed)[1][0][-1])


class PlainTransformer(nn.Module):
    """Embedding, learned positions, two nn.TransformerEncoderLayers, the mean of real positions, a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Parameter(0.02 * torch.randn(LENGTH, WIDTH))
        layer = nn.TransformerEncoderLayer(WIDTH, 4, 4 * WIDTH, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(WIDTH, 4)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        outside = torch.arange(tokens.shape[1]) >= lengths[:, None]
        x = self.encoder(self.embedding(tokens) + self.positions[: tokens.shape[1]], src_key_padding_mask=outside)
        return self.head(x.masked_fill(outside[:, :, None], 0.0).sum(1) / lengths[:, None])


def plain_resnet18() -> nn.Module:
    """ResNet-18 written out plainly, for 1,000 classes."""

    class Block(nn.Module):
        def __init__(self, before: int, after: int, stride: int) -> None:
            super().__init__()
            self.a, self.b = (
                nn.Conv2d(before, after, 3, stride, 1, bias=False),
                nn.Conv2d(after, after, 3, 1, 1, bias=False),
            )
            self.na, self.nb = nn.BatchNorm2d(after), nn.BatchNorm2d(after)
            self.skip = nn.Identity()
            if stride != 1 or before != after:
                self.skip = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

        def forward(self, x: Tensor) -> Tensor:
            y = self.nb(self.b(F.relu(self.na(self.a(x)), inplace=True)))
            return F.relu(y + self.skip(x), inplace=True)

    blocks = [
        Block(before, after, stride)
        for before, after, stride in (
            (64, 64, 1),
            (64, 64, 1),
            (64, 128, 2),
            (128, 128, 1),
            (128, 256, 2),
            (256, 256, 1),
            (256, 512, 2),
            (512, 512, 1),
        )
    ]
    stem = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000))


def texts(equal: bool) -> dict[str, Tensor]:
    """Token rows: of one length, or of lengths from half to full."""
    generator = torch.Generator().manual_seed(0)
    rows = 256
    lengths = (
        torch.full((rows,), LENGTH) if equal else torch.randint(LENGTH // 2, LENGTH + 1, (rows,), generator=generator)
    )
    tokens = torch.randint(2, VOCABULARY, (rows, LENGTH), generator=generator)
    inside = torch.arange(LENGTH) < lengths[:, None]
    return {
        "tokens": tokens * inside,
        "lengths": lengths,
        "target": torch.randint(4, (rows,), generator=generator),
    }


def sequence(title: str, name: str, words: dict[str, object], plain: Callable[[], nn.Module], equal: bool) -> bool:
    arrays = texts(equal)
    spec = TokenSpec(VOCABULARY, LENGTH, 4)
    return compare(
        title,
        lambda: fitted(create(name, seed=0, **words), spec, arrays, STEPS, BATCH),
        lambda: bare(plain(), arrays, STEPS, BATCH),
        bound=1.05,
        rounds=15,
    )


def resnet() -> bool:
    """Steps alone: a checkpoint of 11 million parameters is not what is compared."""
    generator = torch.Generator().manual_seed(0)
    pixels, target = torch.randn(8, 3, 64, 64, generator=generator), torch.arange(8)
    spec = ImageSpec(3, (64, 64), 1000)
    arrays = {"pixels": pixels.numpy(), "target": target.numpy()}
    data = ArrayData(spec, {"problem": "classification"}, {"train": arrays}, 8)
    learner = classifier(create("resnet18", seed=0), spec, rate=RATE)
    network = plain_resnet18()
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.0, fused=True)

    def plain() -> None:
        for _ in range(5):
            loss = F.cross_entropy(network(pixels), target)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    return compare("ResNet-18 steps, 64x64", lambda: list(learner.updates(data, 0, 5)), plain, bound=1.0, rounds=25)


if __name__ == "__main__":
    header()
    lstm = {"vocabulary": VOCABULARY, "embedding": WIDTH, "width": WIDTH, "outputs": 4}
    transformer = {
        "vocabulary": VOCABULARY, "length": LENGTH, "width": WIDTH, "heads": 4, "feedforward": 4 * WIDTH, "outputs": 4,
        "dropout": 0.0,
    }  # fmt: skip
    finish(
        sequence("LSTM classifier, unequal lengths", "lstm_classifier", lstm, PlainLSTM, equal=False),
        sequence("LSTM classifier, equal lengths", "lstm_classifier", lstm, PlainLSTM, equal=True),
        sequence("Transformer, unequal lengths", "transformer_classifier", transformer, PlainTransformer, False),
        sequence("Transformer, equal lengths", "transformer_classifier", transformer, PlainTransformer, True),
        resnet(),
    )
