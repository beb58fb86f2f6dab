"""What Verbatim's speed on a graphics processor is compared with, each engine as those who know it would run it.

Prints one JSON line a figure. Usage: python gpu-peers.py MODEL TOKENS WHAT…, WHAT being one of

  copy                        bytes that a copy on the card moves, for the floor under a step
  static:DTYPE:ROWS           transformers' `generate`, static cache, compiled
  continuous:DTYPE:ROWS       transformers' `generate_batch`: continuous batching, paged cache
  vllm:DTYPE:ROWS[,ROWS…]     vLLM offline, as many sequences at once as the largest ROWS

What cannot run is a line with `failed`.
"""

import gc
import json
import sys
import time

import torch

model_folder, n_tokens, whats = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
TOP_K = 40


def emit(**figure):
    print(json.dumps({**figure, "device": torch.cuda.get_device_name()}), flush=True)


def rate(what, dtype, rows, seconds, **more):
    emit(what=what, precision=dtype, rows=rows, tokens=n_tokens, tokensPerSecond=round(rows * n_tokens / seconds),
         stepMs=round(1000 * seconds / n_tokens, 3), **more)


def load(dtype):
    import transformers

    transformers.utils.logging.set_verbosity_error()
    model = transformers.AutoModelForCausalLM.from_pretrained(model_folder, dtype=getattr(torch, dtype))
    return model.cuda().eval()


def timed(work):
    torch.cuda.synchronize()
    began = time.perf_counter()
    result = work()
    torch.cuda.synchronize()
    return time.perf_counter() - began, result


def copy():
    source = torch.empty(2**31, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    target.copy_(source)
    seconds, _ = timed(lambda: [target.copy_(source) for _ in range(20)])
    emit(what="copy", bytesPerSecond=round(20 * 2 * source.numel() / seconds))


def static(dtype, rows):
    rows = int(rows)
    model = load(dtype)
    start = torch.zeros((rows, 1), dtype=torch.long, device="cuda")

    def generate(n):
        return model.generate(start, attention_mask=torch.ones_like(start), do_sample=True, top_k=TOP_K, temperature=1.0, pad_token_id=0,
                              eos_token_id=None, max_new_tokens=n, cache_implementation="static", max_cache_len=n_tokens)

    with torch.inference_mode():
        warm_up, _ = timed(lambda: generate(12))
        seconds, out = timed(lambda: generate(n_tokens))
    assert out.shape == (rows, n_tokens + 1), out.shape
    rate("transformers, static cache, compiled", dtype, rows, seconds, warmUpSeconds=round(warm_up, 1), versions=versions())


def continuous(dtype, rows):
    import transformers
    from transformers.generation.configuration_utils import ContinuousBatchingConfig

    rows = int(rows)
    model = load(dtype)
    generation = transformers.GenerationConfig(max_new_tokens=n_tokens, do_sample=True, top_k=TOP_K, temperature=1.0, eos_token_id=-1, pad_token_id=0)
    batching = ContinuousBatchingConfig(max_requests_per_batch=rows, max_blocks_per_request=4)

    def generate(n):
        # Its own warm-up asks for positions beyond those of a table of positions.
        return model.generate_batch([[0]] * rows, generation_config=generation, continuous_batching_config=batching, max_new_tokens=n,
                                    persistent_manager=True, warmup=False)

    generate(8)
    seconds, outputs = timed(lambda: generate(n_tokens))
    made = sum(len(output.generated_tokens) for output in outputs.values())
    assert made == rows * n_tokens, made
    rate("transformers, continuous batching", dtype, rows, seconds, versions=versions())


def versions():
    import transformers

    return f"torch {torch.__version__}, transformers {transformers.__version__}"


def vllm(dtype, rows):
    import vllm as engine
    from vllm.inputs import TokensPrompt

    sizes = [int(n) for n in rows.split(",")]
    # Its default of 512 rows at most stays: 0.22.1 ends with an illegal memory access on an H100 while it captures larger graphs.
    graphs = {"cudagraph_capture_sizes": sorted({1, 8, 64, 512, *(n for n in sizes if n <= 512)})}
    llm = engine.LLM(model=model_folder, dtype=dtype, max_model_len=1024, max_num_seqs=max(sizes), skip_tokenizer_init=True,
                     generation_config="vllm", seed=0, compilation_config=graphs)

    def generate(n_rows, n):
        sampling = engine.SamplingParams(temperature=1.0, top_k=TOP_K, max_tokens=n, ignore_eos=True, detokenize=False)
        return llm.generate([TokensPrompt(prompt_token_ids=[0])] * n_rows, sampling, use_tqdm=False)

    for n_rows in sizes:
        generate(n_rows, 16)
        seconds, outputs = timed(lambda: generate(n_rows, n_tokens))
        made = sum(len(output.outputs[0].token_ids) for output in outputs)
        assert made == n_rows * n_tokens, made
        rate("vLLM", dtype, n_rows, seconds, versions=f"vllm {engine.__version__}")


if __name__ == "__main__":
    for what in whats:
        kind, *arguments = what.split(":")
        try:
            {"copy": copy, "static": static, "continuous": continuous, "vllm": vllm}[kind](*arguments)
        except Exception as error:
            emit(what=what, failed=f"{type(error).__name__}: {str(error)[:200]}")
        gc.collect()
        torch.cuda.empty_cache()
        torch._dynamo.reset()
