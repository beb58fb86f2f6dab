// Access tokens that their issuers mark by a fixed beginning or shape, and that secretlint's recommended rules do
// not know. A token without such a mark looks like any other string, and is not guessed at.

import type { SensitiveRange } from './sensitive.ts';

/** In order of rule, then of place. */
export function findTokens(text: string): readonly SensitiveRange[] {
  return tokens.flatMap(([rule, pattern]) =>
    Array.from(text.matchAll(pattern), ({ index, 0: match }): SensitiveRange => {
      return { kind: 'secret', rule, start: index, end: index + match.length };
    }),
  );
}

// Every repetition has an end: one without, and with a least number, runs out of stack on megabytes of letters.
const tokens: readonly (readonly [rule: string, pattern: RegExp])[] = [
  ['aws-access-key-id', /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])/g],
  ['google-api-key', /(?<![\w-])AIza[\w-]{35}(?![\w-])/g],
  ['google-oauth', /(?<![\w-])GOCSPX-[\w-]{28}(?![\w-])/g],
  ['pypi', /(?<![\w-])pypi-AgEIcHlwaS5vcmc[\w-]{50,1000}/g],
  ['telegram-bot', /(?<!\w)\d{8,10}:AA[\w-]{33}(?![\w-])/g],
  ['azure-storage', /AccountKey=[A-Za-z0-9+/]{86}==/g],
  ['twilio', /(?<!\w)SK[0-9a-f]{32}(?!\w)/g],
  ['mailgun', /(?<![\w-])key-[0-9a-z]{32}(?!\w)/g],
  ['digitalocean', /(?<!\w)do[opr]_v1_[0-9a-f]{64}(?!\w)/g],
  ['square', /(?<![\w-])sq0(?:atp-[\w-]{22}|csp-[\w-]{43})(?![\w-])/g],
  // RFC 7519: a signed one, whose header and claims both begin as JSON objects do.
  ['json-web-token', /(?<![\w-])eyJ[\w-]{10,100000}\.eyJ[\w-]{10,100000}\.[\w-]{20,100000}/g],
];
