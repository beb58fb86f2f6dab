"""What Verbatim's speed on a graphics processor is compared with: transformers' `generate`.

Prints one JSON line a figure. Usage: python gpu-reference.py MODEL_FOLDER [TOKENS]
"""

import json
import sys
import time

import torch
import transformers

model_folder = sys.argv[1]
n_tokens = int(sys.argv[2]) if len(sys.argv) > 2 else 512


def measure(model, batch):
    start = torch.full((batch, 1), model.config.bos_token_id, device="cuda")
    options = {
        "attention_mask": torch.ones_like(start),
        "do_sample": True,
        "top_k": 40,
        "pad_token_id": 0,
        "eos_token_id": None,
    }
    with torch.inference_mode():
        model.generate(start, max_new_tokens=24, **options)
        torch.cuda.synchronize()
        began = time.perf_counter()
        out = model.generate(start, max_new_tokens=n_tokens, **options)
        torch.cuda.synchronize()
        elapsed = time.perf_counter() - began
    assert out.shape == (batch, 1 + n_tokens), out.shape
    return elapsed


for name, dtype in (("float32", torch.float32), ("float16", torch.float16)):
    model = transformers.GPT2LMHeadModel.from_pretrained(model_folder, dtype=dtype).cuda().eval()
    for batch in (64, 256, 512, 1024):
        elapsed = measure(model, batch)
        figure = {
            "bench": "gpu",
            "what": "transformers generate",
            "precision": name,
            "batch": batch,
            "tokens": n_tokens,
            "tokensPerSecond": round(batch * n_tokens / elapsed),
            "stepMs": round(1000 * elapsed / n_tokens, 3),
            "device": torch.cuda.get_device_name(),
            "versions": f"torch {torch.__version__}, transformers {transformers.__version__}",
        }
        print(json.dumps(figure), flush=True)
        torch.cuda.empty_cache()
    del model
