"""Draws samples as the demo study does, to see at once whether the model says what it has memorised."""

import torch


@torch.no_grad()
def draw_samples(model, tokenizer, n_samples, n_tokens, seed, top_k=40):
    """Texts sampled from <|endoftext|> at temperature 1, each up to the next <|endoftext|>."""
    torch.manual_seed(seed)
    end = model.config.eos_token_id
    tokens = torch.full((n_samples, 1), end, device=model.device)
    past, step = None, tokens
    for _ in range(n_tokens):
        out = model(input_ids=step, past_key_values=past, use_cache=True)
        past = out.past_key_values
        values, ids = out.logits[:, -1].float().topk(top_k)
        step = ids.gather(1, torch.multinomial(values.softmax(-1), 1))
        tokens = torch.cat([tokens, step], dim=1)
    return [decode(tokenizer, row[1:], end) for row in tokens.tolist()]


def decode(tokenizer, ids, end):
    return tokenizer.decode(ids[: ids.index(end)] if end in ids else ids)
