"""Lets torchvision's Python code import beside a torch whose C++ operators it cannot load. Import this module first.

Two operator schemas are declared, which torchvision looks for as it is imported; neither is needed by classifiers.
"""

import torch

_LIBRARY = torch.library.Library("torchvision", "FRAGMENT")  # kept alive: what is declared goes with it
for _schema in (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
):
    _LIBRARY.define(_schema)
