"""Parts that were given other names: weights saved under the old ones still load."""

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn


def renamed(names: Mapping[str, str]) -> Callable[..., None]:
    """A hook for `register_load_state_dict_pre_hook`.

    Args:
        names: old beginning of a name -> new one, such as {"code.": "to_code."}.

    Example:
        >>> import torch
        >>> class Network(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.new = nn.Linear(2, 1)
        ...         self.register_load_state_dict_pre_hook(renamed({"old.": "new."}))
        >>> Network().load_state_dict({"old.weight": torch.ones(1, 2), "old.bias": torch.ones(1)})
        <All keys matched successfully>
    """

    def hook(module: nn.Module, weights: dict[str, Tensor], prefix: str, *rest: Any) -> None:
        for old, new in names.items():
            for name in [name for name in weights if name.startswith(prefix + old)]:
                weights[prefix + new + name.removeprefix(prefix + old)] = weights.pop(name)

    return hook
