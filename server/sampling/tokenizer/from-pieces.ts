// SentencePiece's table of pieces with scores in the shape of tokenizer.json: files of that program and GGUF files hold such tables.
// What transformers derives from them is derived here in the same way.

/** A piece, and what it is for. */
export interface Piece {
  readonly text: string;
  readonly score: number;
  readonly kind: 'normal' | 'unknown' | 'control' | 'added' | 'unused' | 'byte';
}

export interface PieceTable {
  readonly pieces: readonly Piece[];
  readonly algorithm: 'BPE' | 'Unigram';
  /** Whether a space is put before every text. */
  readonly putsSpace: boolean;
}

/** Not checked yet. */
export function tokenizerOfPieces({ pieces, algorithm, putsSpace }: PieceTable): object {
  const unknown = pieces.findIndex(({ kind }) => kind === 'unknown');
  const hasBytes = pieces.some(({ kind }) => kind === 'byte');
  const prefix = putsSpace ? [{ type: 'Prepend', prepend: '▁' }] : [];
  const strip = putsSpace ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : [];
  return {
    normalizer: {
      type: 'Sequence',
      normalizers: [...prefix, { type: 'Replace', pattern: { String: ' ' }, content: '▁' }],
    },
    pre_tokenizer: null,
    post_processor: null,
    added_tokens: pieces.flatMap(({ text, kind }, id) =>
      kind === 'unknown' || kind === 'control' || kind === 'added'
        ? [{ ...PLAIN, id, content: text, special: kind !== 'added' }]
        : [],
    ),
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...strip,
      ],
    },
    model:
      algorithm === 'Unigram'
        ? {
            type: 'Unigram',
            unk_id: unknown < 0 ? null : unknown,
            vocab: pieces.map(({ text, score }) => [text, score]),
            byte_fallback: hasBytes,
          }
        : {
            type: 'BPE',
            unk_token: unknown < 0 ? null : pieces[unknown]!.text,
            fuse_unk: true,
            byte_fallback: hasBytes,
            vocab: Object.fromEntries(
              pieces.flatMap(({ text, kind }, id) => (kind === 'unused' ? [] : [[text, id] as const])),
            ),
            merges: mergesOf(pieces),
          },
  };
}

const PLAIN = { single_word: false, lstrip: false, rstrip: false, normalized: false };
/** A piece that is longer than any that is trained could take for ever. */
const LONGEST_MERGED = 512;

/** Every way to put a piece together from two, those of the highest score first. */
function mergesOf(pieces: readonly Piece[]): readonly (readonly [string, string])[] {
  const ids = new Map(pieces.map(({ text }, id) => [text, id]));
  const ways: { readonly left: string; readonly right: string; readonly score: number }[] = [];
  for (const { text, score } of pieces) {
    if (text.length > LONGEST_MERGED) continue;
    const own: (typeof ways)[number][] = [];
    const characters = Array.from(text);
    for (let at = 1, left = characters[0] ?? ''; at < characters.length; left += characters[at++]!) {
      const right = text.slice(left.length);
      if (ids.has(left) && ids.has(right)) own.push({ left, right, score });
    }
    own.sort((a, b) => ids.get(a.left)! - ids.get(b.left)! || ids.get(a.right)! - ids.get(b.right)!);
    ways.push(...own);
  }
  const length = (part: string) => Array.from(part).length;
  ways.sort(
    (a, b) => b.score - a.score || length(b.left) - length(a.left) || length(b.right) - length(a.right),
  );
  return ways.map(({ left, right }) => [left, right] as const);
}
