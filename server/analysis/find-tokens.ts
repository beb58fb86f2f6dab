// Access tokens that their issuers mark by a fixed beginning or shape, and that secretlint's recommended rules do
// not know. A token without such a mark looks like any other string, and is not guessed at.

import type { Mark, Marked } from './find-marks.ts';
import type { SensitiveRange } from './sensitive.ts';

/** In order of rule, then of place. `isMarked` tells for which rules the text has any of `tokenMarks`. */
export function findTokens(text: string, isMarked: Marked): readonly SensitiveRange[] {
  return tokens.flatMap(([rule, pattern, ...marks]) =>
    marks.length > 0 && !isMarked(rule)
      ? []
      : Array.from(text.matchAll(pattern), ({ index, 0: match }): SensitiveRange => {
          return { kind: 'secret', rule, start: index, end: index + match.length };
        }),
  );
}

// Every repetition has an end: one without, and with a least number, runs out of stack on megabytes of letters.
// Rules without a mark are faster than a mark would be.
const tokens: readonly (readonly [rule: string, pattern: RegExp, upTo?: string, next?: string])[] = [
  ['aws-access-key-id', /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])/g],
  ['google-api-key', /(?<![\w-])AIza[\w-]{35}(?![\w-])/g, 'AIz', 'a'],
  ['google-oauth', /(?<![\w-])GOCSPX-[\w-]{28}(?![\w-])/g, 'GOCSPX-'],
  ['pypi', /(?<![\w-])pypi-AgEIcHlwaS5vcmc[\w-]{50,1000}/g, 'pypi-', 'AgEI'],
  ['telegram-bot', /(?<!\w)\d{8,10}:AA[\w-]{33}(?![\w-])/g, '\\d{8}:', 'AA'],
  ['azure-storage', /AccountKey=[A-Za-z0-9+/]{86}==/g, 'AccountK', 'ey='],
  ['twilio', /(?<!\w)SK[0-9a-f]{32}(?!\w)/g, 'SK', '[0-9a-f]{32}'],
  ['mailgun', /(?<![\w-])key-[0-9a-z]{32}(?!\w)/g, 'key-', '[0-9a-z]{32}'],
  ['digitalocean', /(?<!\w)do[opr]_v1_[0-9a-f]{64}(?!\w)/g, 'do[opr]_v1_'],
  ['square', /(?<![\w-])sq0(?:atp-[\w-]{22}|csp-[\w-]{43})(?![\w-])/g, 'sq0(?:atp|csp)-'],
  // RFC 7519: a signed one, whose header and claims both begin as JSON objects do.
  [
    'json-web-token',
    /(?<![\w-])eyJ[\w-]{10,100000}\.eyJ[\w-]{10,100000}\.[\w-]{20,100000}/g,
    'eyJ',
    '[\\w-]{10}',
  ],
];

export const tokenMarks: readonly Mark[] = tokens.flatMap(([name, , upTo, next]) =>
  upTo === undefined ? [] : [{ name, upTo, ...(next !== undefined && { next }) }],
);
