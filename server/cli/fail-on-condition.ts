// The conditions of `--fail-on`, as written: `memorised-samples>0.5%`, `longest-fragment>=50`,
// `licence:GPL-3.0`, `extractable(100,0.5)>0.1%`. It reads and compares; what is measured, and where, is not known here.

export type Measure =
  | 'memorised-samples'
  | 'memorised-lines'
  | 'fragments'
  | 'longest-fragment'
  | 'problems'
  | 'greedy'
  | 'argmax'
  | 'near-verbatim';
type Operator = '>' | '>=' | '<' | '<=' | '=';

export interface Condition {
  /** The condition as the user wrote it, for messages. */
  readonly text: string;
  readonly measured:
    | { readonly kind: 'measure'; readonly measure: Measure }
    /** An SPDX name, where `*` stands for anything, in lower case. */
    | { readonly kind: 'licence'; readonly pattern: string }
    /** Windows of an extraction map that n draws give with probability p or more. */
    | { readonly kind: 'extractable'; readonly n: number; readonly p: number };
  readonly operator: Operator;
  readonly limit: number;
  /** Whether the limit is a share of all, in per cent. */
  readonly unit: 'count' | 'per cent';
}

/** What the help says, and which of them have a whole to be a share of. */
export const measures: Readonly<
  Record<
    Measure,
    {
      readonly meaning: string;
      readonly hasWhole: boolean;
      readonly of?: 'maps';
    }
  >
> = {
  'memorised-samples': { meaning: 'samples that repeat training data, or their share', hasWhole: true },
  'memorised-lines': {
    meaning: 'lines of samples that repeat training data, or their share',
    hasWhole: true,
  },
  fragments: { meaning: 'distinct fragments', hasWhole: false },
  'longest-fragment': { meaning: 'lines of the longest fragment', hasWhole: false },
  problems: { meaning: 'pieces of training data that could not be read', hasWhole: false },
  greedy: {
    meaning: 'windows of a map of which every token is the likeliest, or their share',
    hasWhole: true,
    of: 'maps',
  },
  argmax: {
    meaning: 'tokens of a map’s suffixes that are the likeliest, or their share',
    hasWhole: true,
    of: 'maps',
  },
  'near-verbatim': {
    meaning: 'examined windows of which a greedy continuation misses at most a tenth, or their share',
    hasWhole: true,
    of: 'maps',
  },
};

const LICENSE = /^licen[cs]e:([\w.+*-]+)$/i;
const EXTRACTABLE = /^extractable\(\s*([1-9]\d{0,14})\s*,\s*(0?\.\d+)\s*\)$/i;
const COMPARISON = /^(.*?)\s*(>=|<=|>|<|=)\s*(\d+(?:\.\d+)?)\s*(%?)$/;

/** A sentence where it cannot be understood. */
export function parseCondition(text: string): Condition | string {
  const [, name, operator, number, percent] = COMPARISON.exec(text.trim()) ?? [];
  const subject = (name ?? text).trim();
  const license = LICENSE.exec(subject)?.[1];
  const unit = percent === '%' ? 'per cent' : 'count';
  if (license !== undefined) {
    if (unit === 'per cent') return 'Documents under a licence have no share to compare with a percentage.';
    const measured = { kind: 'licence', pattern: license.toLowerCase() } as const;
    return { text, measured, operator: (operator ?? '>') as Operator, limit: Number(number ?? 0), unit };
  }
  const [, n, p] = EXTRACTABLE.exec(subject) ?? [];
  if (n !== undefined) {
    if (operator === undefined || number === undefined)
      return 'It needs a limit, as in extractable(100,0.5)>0.1%.';
    if (Number(p) === 0) return 'The probability of extractable(draws,probability) must be above 0.';
    const measured = { kind: 'extractable', n: Number(n), p: Number(p) } as const;
    return { text, measured, operator: operator as Operator, limit: Number(number), unit };
  }
  const measure = subject.toLowerCase().replace(/^memorized-/, 'memorised-');
  if (!isMeasure(measure))
    return `It must begin with licence:NAME or ${Object.keys(measures).join(', ')}, or be extractable(DRAWS,PROBABILITY).`;
  if (operator === undefined || number === undefined)
    return `It needs a limit, as in ${measure}>${measures[measure].hasWhole ? '0.5%' : '10'}.`;
  if (unit === 'per cent' && !measures[measure].hasWhole) return `${measure} is a number, not a share.`;
  return {
    text,
    measured: { kind: 'measure', measure },
    operator: operator as Operator,
    limit: Number(number),
    unit,
  };
}

/** Whether it asks for what only extraction maps have. */
export const isOfMaps = ({ measured }: Condition): boolean =>
  measured.kind === 'extractable' ||
  (measured.kind === 'measure' && measures[measured.measure].of === 'maps');

const isMeasure = (name: string): name is Measure => Object.hasOwn(measures, name);

/** `value` in the condition's own unit. */
export function holds({ operator, limit }: Condition, value: number): boolean {
  switch (operator) {
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '=':
      return value === limit;
  }
}

/**
 * Whether a document's licence is one that the pattern names: `GPL-3.0` also names `GPL-3.0-only`,
 * `GPL-3.0-or-later` and `GPL-3.0+`, and any licence of an expression counts.
 */
export function namesLicense(pattern: string, license: string): boolean {
  const wanted = new RegExp(`^${pattern.split('*').map(asLiteral).join('.*')}(-only|-or-later|\\+)?$`);
  return license
    .toLowerCase()
    .split(/[()\s,/]+/)
    .some((name) => name !== '' && wanted.test(name));
}

const asLiteral = (text: string) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
