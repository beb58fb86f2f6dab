"""Random weights for a model that is too large for one processor's patience, made on the card if there is one.

Reads what `plannedTensors` says, as JSON on standard input, and writes 16-bit safetensors.
Usage: python gpu-checkpoint.py OUT.safetensors < tensors.json
"""

import json
import sys

import torch
from safetensors.torch import save_file

device = "cuda" if torch.cuda.is_available() else "cpu"
generator = torch.Generator(device).manual_seed(1)


def tensor(shape, spread, centre):
    uniform = torch.rand([3, *shape], generator=generator, device=device).sum(0) - 1.5
    return (centre + spread * 2 * uniform).half().cpu()


tensors = {one["name"]: tensor(one["shape"], one["spread"], one["centre"]) for one in json.load(sys.stdin)}
save_file(tensors, sys.argv[1], {"format": "pt"})
