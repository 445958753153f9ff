"""GPT against transformers' GPT-2 of the same size and weights: a training step, cached generation, and memory.

Both sides have the same batches, the same fused AdamW and the same clipping. Generation is greedy, one text.
"""

import subprocess
import sys

import torch
from common import compare, finish, header, most_held
from torch import Tensor, nn

from bestiary.architectures.attention.gpt import GPT
from bestiary.contracts import Batch, CorpusSpec
from bestiary.kinds.corpus.store import next_tokens
from bestiary.recipes.language import language_model
from bestiary.sampling.decoding import generate
from bestiary.weights.loading import exported

SIZE = {"vocabulary": 2_000, "length": 512, "width": 256, "depth": 6, "heads": 8}
BATCH, WINDOW, STEPS = 4, 256, 3
WRITTEN = 512


def peer() -> nn.Module:
    """transformers' GPT-2 of the same size, attention by torch's fused kernels as is its default."""
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=SIZE["vocabulary"], n_positions=SIZE["length"], n_embd=SIZE["width"], n_layer=SIZE["depth"],
        n_head=SIZE["heads"], resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=0, eos_token_id=None,
    )  # fmt: skip
    return GPT2LMHeadModel(config)


class Windows:
    """The same window of random tokens again and again."""

    def __init__(self) -> None:
        tokens = torch.randint(1, SIZE["vocabulary"], (BATCH, WINDOW + 1), generator=torch.Generator().manual_seed(0))
        self.spec, self.window = CorpusSpec(SIZE["vocabulary"], WINDOW), next_tokens(tokens)

    def batch(self, split: str, number: int) -> Batch:
        return self.window


def ours_steps(steps: int) -> None:
    data = Windows()
    learner = language_model(GPT(**SIZE, dropout=0.0), data.spec)
    list(learner.updates(data, 0, steps))  # type: ignore[arg-type]


def peer_steps(steps: int) -> None:
    network, tokens = peer(), Windows().window.tokens[:, :-1]
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    network.train()
    for _ in range(steps):
        # labels are moved by one inside
        loss = network(tokens, labels=tokens).loss
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()


def training() -> bool:
    """Whole short trainings, so that each side pays for what it makes; theirs is asked for one token less."""
    title = f"training, {STEPS} steps of {BATCH} windows of {WINDOW} tokens"
    return compare(title, lambda: ours_steps(STEPS), lambda: peer_steps(STEPS), bound=1.0)


def generation() -> tuple[bool, bool]:
    """Cached against cached, and against our own without a cache."""
    torch.manual_seed(0)
    network, other = GPT(**SIZE, dropout=0.0).eval(), peer().eval()
    other.load_state_dict(exported(network, "transformers"))
    prompt = torch.ones(1, 1, dtype=torch.long)
    count = WRITTEN - 1
    theirs = {"max_new_tokens": count, "do_sample": False, "attention_mask": torch.ones_like(prompt)}

    def peer_writes() -> Tensor:
        with torch.no_grad():
            return other.generate(prompt, **theirs)  # type: ignore[operator]

    assert torch.equal(generate(network, prompt, count), peer_writes()), "both write the same text"
    faster = compare(
        f"cached generation of {count} tokens",
        lambda: generate(network, prompt, count),
        peer_writes,
        bound=1.0,
        rounds=5,
    )
    cached = compare(
        f"{count} tokens with a cache, against without",
        lambda: generate(network, prompt, count),
        lambda: generate(network, prompt, count, cached=False),
        bound=0.2,
        rounds=3,
    )
    return faster, cached


def memory() -> bool:
    """The most memory that a process took for a few training steps, beyond what it had after importing everything."""
    ours, theirs = (min(_peak(which) for _ in range(3)) for which in ("ours", "peer"))
    kept = ours <= theirs
    print(
        f"memory of training steps: ours {ours:.0f} MB, theirs {theirs:.0f} MB, ratio {ours / theirs:.3f}, bound 1.0: "
        f"{'kept' if kept else 'NOT KEPT'}"
    )
    return kept


def _peak(which: str) -> float:
    done = subprocess.run([sys.executable, __file__, which], check=True, capture_output=True, text=True)
    return float(done.stdout)


def _measure(which: str) -> None:
    """Prints megabytes: the peak of three steps after the code has been loaded by one on its own."""
    import transformers  # noqa: F401 (both sides carry the same code)

    peer()
    before = most_held()
    (ours_steps if which == "ours" else peer_steps)(STEPS)
    print(most_held() - before)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _measure(sys.argv[1])
        sys.exit()
    header("transformers")
    finish(training(), *generation(), memory())
