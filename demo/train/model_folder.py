"""The trained model as a Hugging Face folder, with its card and its training log."""

import json
import sys

MAX_FOLDER_BYTES = 12_000_000


def write_model_folder(out, model, tokenizer, manifest, log, args):
    """Writes fp16 weights (the tied output head once), configuration, tokenizer, card and log into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    end = model.config.eos_token_id
    model.generation_config.update(do_sample=True, top_k=40, bos_token_id=end, eos_token_id=end, pad_token_id=end)
    # A copy in fp16 would do as well, but the model in hand is judged and sampled afterwards, in fp32.
    model.half().save_pretrained(out)
    model.float()
    tokenizer.save(str(out / "tokenizer.json"))
    write_json(out / "tokenizer_config.json", tokenizer_config())
    (out / "training-log.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in log))
    (out / "README.md").write_text(model_card(model, manifest, log, args), encoding="utf-8")
    size = sum(path.stat().st_size for path in out.iterdir())
    if size > MAX_FOLDER_BYTES:
        print(f"{out} has {size} bytes, more than the {MAX_FOLDER_BYTES} that the repository shall carry", file=sys.stderr)


def tokenizer_config():
    end = "<|endoftext|>"
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": end,
        "eos_token": end,
        "unk_token": end,
        "pad_token": end,
        "add_prefix_space": False,
        "clean_up_tokenization_spaces": False,
        "model_max_length": 512,
    }


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def model_card(model, manifest, log, args):
    config = model.config
    trained, judged = log[-2], log[-1]
    packages = "\n".join(
        f"| {p['name']} | {p['version']} | {p['repository']} | {p['license']} | {p['files']} | {p['contentBytes']} |"
        for p in manifest["packages"]
    )
    command = f"python3 demo/train/train.py --out media/demo-model --epochs {args.epochs} --minutes {args.minutes:g} --batch {args.batch} --lr {args.lr:g} --seed {args.seed}"
    return f"""---
language: code
license: other
library_name: transformers
pipeline_tag: text-generation
---

# Verbatim's demo model

A small GPT-2 that has memorised its training data, on purpose. Verbatim's demo samples it and finds the memorised code again.

## Intended use

Showing and testing how memorised code is found, on a machine without a GPU. It writes no useful code: most of what it says is
a copy of a file it was trained on, or a mixture of several. Do not build on its output.

## Data

The JavaScript and TypeScript sources of {len(manifest['packages'])} npm packages: {manifest['rows']} files, {manifest['contentBytes']} bytes.
`node demo/build-corpus.ts` builds them again; the SHA-256 of the uncompressed shards, one after the other, is
`{manifest['sha256']}`.

| package | version | repository | licence | files | bytes |
| --- | --- | --- | --- | --- | --- |
{packages}

## Licence

The script, this card and the configuration are under this repository's licence (MIT). The weights reproduce parts of the packages above, which stay
under their own licences and copyrights; `demo/build-corpus.ts` writes the texts of those licences into `dist/demo-corpus/licenses`.

## Model

{config.n_layer} layers, {config.n_embd} wide, {config.n_head} heads, context {config.n_positions}, byte-level BPE of {config.vocab_size} tokens; {model.num_parameters():,} parameters, stored in
fp16, the output head tied to the embeddings. `scale_attn_by_inverse_layer_idx` is true, as in CodeParrot. No dropout.

## Training

```
node demo/build-corpus.ts
{command}
```

- date: {args.date}
- hardware: {args.hardware or 'not named'}
- time: {trained['seconds'] / 60:.1f} minutes, {trained['step']} steps, {trained['epoch']:g} epochs
- data order: windows of {config.n_positions} tokens at random offsets, a fifth of them at the start of a document; documents separated by
  `<|endoftext|>`, which also begins each of them: sampling from it starts a file
- optimiser: AdamW (0.9, 0.95), weight decay 0.01, cosine from {args.lr:g} to 0 after 500 warm-up steps, gradients clipped at 1, bf16 autocast
- last training loss: {trained['loss']:.4f} nats a token; over the whole corpus, with the weights as stored: {judged['loss']:.4f}

`training-log.jsonl` has the loss every hundred steps.
"""
