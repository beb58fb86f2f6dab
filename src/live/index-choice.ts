// The index that texts are looked up in, as it is chosen.

export type IndexChoice =
  | { readonly kind: 'use'; readonly index: string }
  | { readonly kind: 'build'; readonly corpus: readonly string[] }
  | { readonly kind: 'off' };
