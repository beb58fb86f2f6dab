"""How fast PyTorch reads the pieces of a map in running context on the card, each way as those who know it would write it.

Rows of 1,024 tokens, of which the last 513 are asked for: their log-probability and whether they are the likeliest, and with
`top-k` also the log-probability among the 40 likeliest. Prints one JSON line a way. Argument: the model's folder.
"""

import gc
import json
import sys
import time

import torch
from transformers import AutoModelForCausalLM

folder = sys.argv[1]
LENGTH, WANTED, TOP_K = 1024, 513, 40
torch.set_float32_matmul_precision("high")


def plain(model, tokens, targets):
    hidden = model.transformer(tokens).last_hidden_state[:, -WANTED:]
    logits = model.lm_head(hidden).float()
    chosen = torch.log_softmax(logits, 2).gather(2, targets[..., None])[..., 0]
    return chosen, logits.argmax(2) == targets


def drawn(model, tokens, targets):
    hidden = model.transformer(tokens).last_hidden_state[:, -WANTED:]
    logits = model.lm_head(hidden).float()
    chosen = torch.log_softmax(logits, 2).gather(2, targets[..., None])[..., 0]
    values, ids = logits.topk(TOP_K, 2)
    among = torch.log_softmax(values.double(), 2).masked_fill(ids != targets[..., None], float("-inf")).amax(2)
    return chosen, ids[..., 0] == targets, among.float()


def naive(model, tokens, targets):
    """All positions, as most scripts do."""
    logits = model(tokens).logits
    return torch.log_softmax(logits.float(), 2)[:, -WANTED:].gather(2, targets[..., None])


def measure(what, work, model, rows, compiled):
    run = torch.compile(work, dynamic=False) if compiled else work
    tokens = torch.randint(0, model.config.vocab_size, (rows, LENGTH), device="cuda")
    targets = torch.randint(0, model.config.vocab_size, (rows, WANTED), device="cuda")
    with torch.inference_mode():
        for _ in range(3):
            run(model, tokens, targets)
        torch.cuda.synchronize()
        n = 20
        started = time.perf_counter()
        for _ in range(n):
            out = run(model, tokens, targets)
            host = [part.cpu() for part in (out if isinstance(out, tuple) else (out,))]
        torch.cuda.synchronize()
        seconds = time.perf_counter() - started
    del host
    print(json.dumps({"what": f"{what}, {rows} rows", "tokensPerSecond": round(n * rows * LENGTH / seconds),
                      "compiled": compiled, "torch": torch.__version__, "device": torch.cuda.get_device_name()}), flush=True)


model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).cuda().eval()
for what, work, rows, compiled in [
    ("plain", plain, 16, True),
    ("plain", plain, 32, True),
    ("top-k 40", drawn, 16, True),
    ("all positions", naive, 8, True),
    ("plain", plain, 16, False),
]:
    try:
        measure(what, work, model, rows, compiled)
    except Exception as error:
        print(json.dumps({"what": what, "tokensPerSecond": 0, "failed": f"{type(error).__name__}: {str(error)[:200]}"}), flush=True)
    gc.collect()
    torch.cuda.empty_cache()
