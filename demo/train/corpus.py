"""The demo corpus as training text: shards → documents → tokens."""

import gzip
import hashlib
import json

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

END = "<|endoftext|>"


def load_corpus(folder):
    """Returns (the documents' texts in order, the manifest). Refuses shards that are not the manifest's."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    whole = hashlib.sha256()
    texts = []
    for shard in manifest["shards"]:
        rows = gzip.decompress((folder / shard["name"]).read_bytes())
        whole.update(rows)
        if hashlib.sha256(rows).hexdigest() != shard["sha256"]:
            raise SystemExit(f"{folder / shard['name']} is not the shard that the manifest names. Build the corpus again.")
        texts += [json.loads(row)["content"] for row in rows.splitlines()]
    if whole.hexdigest() != manifest["sha256"] or len(texts) != manifest["rows"]:
        raise SystemExit(f"The shards in {folder} are not the manifest's corpus. Build the corpus again.")
    return texts, manifest


def train_tokenizer(texts, vocab_size):
    """A byte-level BPE as GPT-2 has it: every byte has a token, so that any text can be sampled and encoded."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer=trainer)
    return tokenizer


def encode_stream(tokenizer, texts):
    """All documents as one stream of token ids, each after an END; and the offset of each END.

    Returns (int32 ids, int64 offsets).
    """
    end = tokenizer.token_to_id(END)
    pieces, starts, length = [], [], 0
    for encoding in tokenizer.encode_batch(texts, add_special_tokens=False):
        ids = np.array([end, *encoding.ids], dtype=np.int32)
        pieces.append(ids)
        starts.append(length)
        length += len(ids)
    return np.concatenate(pieces), np.array(starts, dtype=np.int64)
