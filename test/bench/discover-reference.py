"""What a plain PyTorch loop makes of the same model: batches of 8 rows of 512 tokens, log_softmax and gather.

Prints one JSON line. Arguments: the model's folder and the number of threads.
"""

import json
import sys
import time

import torch
from transformers import AutoModelForCausalLM

folder, threads = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(threads)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
vocabulary = model.config.vocab_size


def once():
    tokens = torch.randint(0, vocabulary, (8, 512))
    with torch.no_grad():
        logits = model(tokens).logits[:, :-1]
        torch.log_softmax(logits, 2).gather(2, tokens[:, 1:, None]).sum()


once()
best, best_cpu = float("inf"), float("inf")
for _ in range(3):
    started, cpu = time.perf_counter(), time.process_time()
    once()
    best = min(best, time.perf_counter() - started)
    best_cpu = min(best_cpu, time.process_time() - cpu)
print(json.dumps({
    "torch": torch.__version__, "tokensPerSecond": 8 * 512 / best, "tokensPerCpuSecond": 8 * 512 / best_cpu}))
