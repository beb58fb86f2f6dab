// What a process of the sampler's bench is asked to measure, and what it answers.

export type Measurement =
  /** With `tokens` also the floor of sampling so many tokens a row. */
  | { readonly kind: 'roofline'; readonly dir: string; readonly rows: number; readonly tokens?: number }
  | { readonly kind: 'load'; readonly dir: string }
  | {
      readonly kind: 'generate';
      readonly dir: string;
      readonly batch: number;
      readonly tokens: number;
      readonly products?: 'int8';
      readonly topK?: number;
      readonly topP?: number;
    }
  | { readonly kind: 'score'; readonly dir: string; readonly texts: number; readonly tokens: number }
  /** A run like the product's, with the threads and workers that it chooses, loading included. */
  | {
      readonly kind: 'study';
      readonly dir: string;
      readonly batch: number | 'auto';
      readonly samples: number;
      readonly tokens: number;
    }
  | {
      readonly kind: 'transformers.js';
      readonly dir: string;
      readonly batch: number;
      readonly tokens: number;
      /** Folder of the reference implementation's packages. */
      readonly modules: string;
    }
  | {
      readonly kind: 'llama.cpp';
      /** The GGUF file. */
      readonly dir: string;
      readonly flashAttention: boolean;
      readonly batch: number;
      readonly tokens: number;
      readonly modules: string;
    };

export interface Result {
  readonly seconds: number;
  readonly tokensPerSecond: number;
  /** On a machine that does other work too, this one still compares; but a thread that waits counts as well. */
  readonly tokensPerCpuSecond: number;
  /** Told with a roofline, where it was asked for. */
  readonly floorTokensPerSecond?: number;
}
