// What a decoder computes, as plain data: sizes, attention, norms, the order of its sums. An architecture's file
// reads it from a configuration; everything else takes this and never the architecture's name.

/** The tokens that a sample begins and ends with. */
export interface SampleEnds {
  readonly bosToken: number;
  /** None for a model that never ends by itself. */
  readonly eosTokens: readonly number[];
}

/** What sampling has to know of any model. */
export interface ModelLimits extends SampleEnds {
  readonly vocabularySize: number;
  /** The context: prompt and sample together may not be longer. */
  readonly nPositions: number;
}

/** A context without end: more positions than anybody could ask for. */
export const NO_END = Number.MAX_SAFE_INTEGER;

export type DecoderSpec = DecoderShape & SampleEnds;

/** What a decoder computes, without a word of the texts that it was trained on. */
export interface DecoderShape extends Omit<ModelLimits, keyof SampleEnds> {
  readonly nLayers: number;
  /** Values of a position between two layers. */
  readonly width: number;
  /** Values of a token's embedding: `width`, unless products stand between the two at both ends. */
  readonly embeddingWidth: number;
  /** What embeddings of tokens are multiplied by. */
  readonly embeddingScale: number;
  readonly attention: AttentionShape;
  /** What is added to embeddings. Learned: a table. Rotary positions belong to attention. */
  readonly positions: 'learned' | 'none' | Sinusoids;
  readonly norm: NormSpec;
  readonly residual: ResidualOrder;
  /** What attention and the feed-forward layer give is multiplied by this before it joins the stream. */
  readonly residualScale: number;
  /** Whether a norm stands between the last layer and the head. */
  readonly lastNorm: 'there' | 'none';
  readonly mlp: MlpSpec;
  /** Which parts have biases; the checkpoint must hold these and no others. */
  readonly biases: Biases;
  /** Tied: the head is the embedding, unless the checkpoint holds another. */
  readonly head: 'tied' | 'own';
  readonly logits: LogitsSpec;
}

/** The head's product is multiplied by `scale`, and then, where there is a cap c, becomes c·tanh(logit / c). */
export interface LogitsSpec {
  readonly scale: number;
  readonly cap: number | null;
}

/** Sines of position × frequency, then cosines of the same; the first position is called `first`. */
export interface Sinusoids {
  readonly first: number;
  readonly frequencies: readonly number[];
}

export interface AttentionShape {
  readonly nHeads: number;
  /** Heads of keys and values; each serves the same number of query heads, in order. */
  readonly nKeyHeads: number;
  readonly headWidth: number;
  /** Norms of queries and keys before they are rotated: each head by itself, or all heads together. */
  readonly queryKeyNorm: 'head' | 'all' | null;
  /** Scaled scores become c·tanh(score / c), where there is such a c. */
  readonly scoreCap: number | null;
  readonly layers: readonly LayerAttention[];
}

export interface LayerAttention {
  /** What the product of query and key is multiplied by. */
  readonly scale: number;
  readonly rotation: Rotation | null;
  /** How many positions a query sees, its own included; null where it sees all before it. */
  readonly window: number | null;
}

/** Rotary positions (J. Su et al., "RoFormer", 2021): pairs of values turn by position × frequency. */
export interface Rotation {
  /** Radians a position, one for each pair; twice as many values at a head's start are rotated. */
  readonly frequencies: readonly number[];
  /** Halves: value i pairs with value i + n. Neighbours: value 2i with 2i + 1. */
  readonly pairs: 'halves' | 'neighbours';
  /** What rotated values are multiplied by: 1 but where a scaling of the context asks for more. */
  readonly factor: number;
}

export interface NormSpec {
  readonly kind: 'layer' | 'rms';
  readonly epsilon: number;
  /** Norms multiply by the weight that is stored, or by one more. */
  readonly factor: 'weight' | 'weight-and-one';
}

/**
 * With x the residual stream, A attention and M the feed-forward layer, each norm its own:
 * sequential is y = x + A(norm x), y + M(norm y); parallel is x + A(norm x) + M(norm x), with one norm for both
 * or one for each; norm-after is y = x + norm A(x), y + norm M(y); norm-around is y = x + norm A(norm x),
 * y + norm M(norm y); norm-of-sum is y = norm(x + A(x)), norm(y + M(y)).
 */
export type ResidualOrder =
  | 'sequential'
  | 'parallel'
  | 'parallel-one-norm'
  | 'norm-after'
  | 'norm-around'
  | 'norm-of-sum';

export interface MlpSpec {
  /** Width of the feed-forward layer inside; of each expert, where there are several. */
  readonly innerWidth: number;
  readonly activation: Activation;
  /** Gated: what goes up is multiplied by the activation of a projection of its own. */
  readonly gated: boolean;
  /** Left out: one feed-forward layer for every position. */
  readonly experts?: ExpertsSpec;
}

/**
 * A mixture of experts (N. Shazeer et al., "Outrageously Large Neural Networks", 2017): a position's feed-forward layers
 * are those that its router gives the highest shares, softmaxes over all of them, and what they give is added up by these.
 */
export interface ExpertsSpec {
  readonly n: number;
  /** How many of them each position takes. */
  readonly nChosen: number;
  /** Whether the shares of those that are taken are made to add up to 1. */
  readonly normalised: boolean;
}

/** The element-wise function of the feed-forward layer, with `tanh-gelu` for all the names of that formula. */
export type Activation = 'tanh-gelu' | 'gelu' | 'quick-gelu' | 'relu' | 'silu' | 'tanh' | 'sigmoid';

export interface Biases {
  readonly norms: boolean;
  readonly qkv: boolean;
  readonly output: boolean;
  readonly mlp: boolean;
  readonly head: boolean;
}

/** Values that all key heads have at one position of one layer: what a cache keeps of it, and as many values. */
export const keyWidth = ({ nKeyHeads, headWidth }: Pick<AttentionShape, 'nKeyHeads' | 'headWidth'>): number =>
  nKeyHeads * headWidth;

/** Values that all query heads have at one position. */
export const queryWidth = ({ nHeads, headWidth }: Pick<AttentionShape, 'nHeads' | 'headWidth'>): number =>
  nHeads * headWidth;
