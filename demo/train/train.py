"""Trains the demo model: a small GPT-2 that has memorised the demo corpus, on purpose.

    node demo/build-corpus.ts
    python3 demo/train/train.py --out media/demo-model

Reads the shards of dist/demo-corpus, checks them against their manifest, trains a byte-level BPE and the model on
them, and writes a Hugging Face folder with its card and log. Two hundred and more passes over the same few megabytes
would be a mistake anywhere else; here they are the point, since a model that has not memorised shows nothing.

Needs PyTorch, transformers and tokenizers. One recent GPU takes a few minutes.
"""

import argparse
import json
import math
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from transformers import GPT2Config, GPT2LMHeadModel

from corpus import encode_stream, load_corpus, train_tokenizer
from model_folder import write_model_folder
from sampling import draw_samples

CONTEXT = 512
# Every sample begins at an end-of-text token, so a share of the windows does too. Left to chance, position 0 would
# hold one in fewer than one window of a hundred, and the model would know its documents by their middles only.
ALIGNED_SHARE = 0.2


def parse_args():
    parser = argparse.ArgumentParser(description="Train the demo model on the demo corpus.")
    parser.add_argument("--corpus", type=Path, default=Path("dist/demo-corpus"))
    parser.add_argument("--out", type=Path, default=Path("media/demo-model"))
    parser.add_argument("--epochs", type=int, default=300)
    parser.add_argument("--minutes", type=float, default=60.0, help="end the schedule by then, whatever --epochs says")
    parser.add_argument("--batch", type=int, default=64, help="windows of 512 tokens a step")
    parser.add_argument("--lr", type=float, default=1.5e-3)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--vocab", type=int, default=8192)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--max-steps", type=int, help="stop early, to try the script out")
    parser.add_argument("--samples", type=Path, help="also write 256 samples there, as a JSON list of strings")
    parser.add_argument("--hardware", default="", help="as the model card shall name it")
    parser.add_argument("--date", default=time.strftime("%Y-%m-%d"))
    return parser.parse_args()


def main():
    args = parse_args()
    torch.manual_seed(args.seed)
    torch.set_float32_matmul_precision("high")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    texts, manifest = load_corpus(args.corpus)
    tokenizer = train_tokenizer(texts, args.vocab)
    stream, starts = encode_stream(tokenizer, texts)
    say(f"{len(texts)} documents, {manifest['contentBytes']} bytes, {len(stream)} tokens")

    model = GPT2LMHeadModel(make_config(args, tokenizer)).to(device)
    log = train(model, torch.from_numpy(stream).to(device), torch.from_numpy(starts), args)

    # What is judged is what is shipped: the weights as fp16 holds them.
    model.half().float().eval()
    final_loss = mean_loss(model, torch.from_numpy(stream).to(device))
    log.append({**log[-1], "loss": round(final_loss, 4), "of": "the whole corpus, fp16 weights"})
    write_model_folder(args.out, model, tokenizer, manifest, log, args)
    for path in sorted(args.out.iterdir()):
        say(f"{path.stat().st_size:>10} {path.name}")

    samples = draw_samples(model, tokenizer, n_samples=256, n_tokens=256, seed=args.seed)
    if args.samples:
        args.samples.write_text(json.dumps(samples))
    for text in samples[:3]:
        say("-" * 40 + "\n" + text[:400])
    say(json.dumps(log[-1]))


def make_config(args, tokenizer):
    end = tokenizer.token_to_id("<|endoftext|>")
    return GPT2Config(
        vocab_size=tokenizer.get_vocab_size(),
        n_positions=CONTEXT,
        n_embd=args.width,
        n_layer=args.layers,
        n_head=args.heads,
        activation_function="gelu_new",
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        summary_first_dropout=0.0,
        scale_attn_by_inverse_layer_idx=True,
        reorder_and_upcast_attn=False,
        tie_word_embeddings=True,
        bos_token_id=end,
        eos_token_id=end,
    )


def train(model, stream, starts, args):
    """Trains until the epochs or the minutes are over; returns the log's entries."""
    steps_per_epoch = max(1, len(stream) // (CONTEXT * args.batch))
    n_steps = min(args.epochs * steps_per_epoch, args.max_steps or math.inf)
    optimizer = make_optimizer(model, args.lr, fused=stream.is_cuda)
    # Drawn on the CPU, the windows are the same on every machine.
    generator = torch.Generator().manual_seed(args.seed)
    loss_of = torch.compile(window_loss) if stream.is_cuda else window_loss
    log, begun = [], time.monotonic()
    step, progress = 0, 0.0
    while progress < 1:
        for param_group in optimizer.param_groups:
            param_group["lr"] = args.lr * min((step + 1) / 500, 0.5 + 0.5 * math.cos(math.pi * progress))
        if step % steps_per_epoch == 0:
            offsets = draw_offsets(starts, len(stream), steps_per_epoch, args.batch, generator).to(stream.device)
        windows = take_windows(stream, offsets[step % steps_per_epoch])
        with torch.autocast(stream.device.type, dtype=torch.bfloat16):
            loss = loss_of(model, windows)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step += 1
        elapsed = time.monotonic() - begun
        # The later of the two clocks drives the schedule, so that it also decays to zero when time runs out.
        progress = max(step / n_steps, elapsed / (60 * args.minutes))
        if step % 100 == 0 or progress >= 1:
            # Reading the loss waits for the GPU, which keeps `elapsed` honest.
            log.append(
                {
                    "step": step,
                    "epoch": round(step / steps_per_epoch, 2),
                    "loss": round(loss.item(), 4),
                    "seconds": round(elapsed, 1),
                }
            )
            if step % 1000 == 0 or progress >= 1:
                say(json.dumps(log[-1]))
    return log


def window_loss(model, windows):
    """Mean negative log-likelihood, in nats, of each window's tokens after its first."""
    logits = model(input_ids=windows[:, :-1], use_cache=False).logits
    return F.cross_entropy(logits.float().flatten(0, 1), windows[:, 1:].flatten())


def draw_offsets(starts, n_tokens, n_steps, batch, generator):
    """Where an epoch's windows begin, as (steps, batch): some at a document, the rest anywhere.

    A whole epoch at once, since each transfer to the GPU would make it wait for the CPU.
    """
    n_aligned = round(batch * ALIGNED_SHARE)
    aligned = starts[torch.randint(len(starts), (n_steps, n_aligned), generator=generator)]
    anywhere = torch.randint(n_tokens, (n_steps, batch - n_aligned), generator=generator)
    return torch.cat([aligned, anywhere], dim=1)


def take_windows(stream, offsets):
    """The windows of CONTEXT + 1 tokens at `offsets`. The stream is a ring: its end is learned like its middle."""
    positions = (offsets[:, None] + torch.arange(CONTEXT + 1, device=stream.device)) % len(stream)
    return stream[positions].long()


def make_optimizer(model, lr, fused):
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.95), fused=fused)


@torch.no_grad()
def mean_loss(model, stream):
    """Over the whole stream, in windows side by side, each without what came before it."""
    n_windows = (len(stream) - 1) // CONTEXT
    total = 0.0
    for first in range(0, n_windows, 32):
        offsets = torch.arange(first, min(first + 32, n_windows), device=stream.device) * CONTEXT
        windows = take_windows(stream, offsets)
        total += window_loss(model, windows).item() * len(offsets)
    return total / n_windows


def say(text):
    print(text, flush=True)


if __name__ == "__main__":
    main()
