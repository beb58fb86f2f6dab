// Tells which licence a text quotes: five-word runs of the text that also stand in a licence's text. Comment
// marks, case, punctuation and line breaks do not matter. Where the licence texts come from is not known here.

import { LicenseRuns, RUN_WORDS } from './license-runs.ts';

export interface LicenseText {
  readonly spdxId: string;
  readonly text: string;
}

export interface LicenseIndex {
  /** SPDX id of the licence that most of the text quotes, or null. */
  match(text: string): string | null;
}

/** Fewer words tell no licence. */
const LEAST_WORDS = 12;
/** Share of the text's runs that must stand in the licence. */
const LEAST_SHARE = 0.5;

/** Earlier licences win ties: put the plainer and more common ones first. */
export function indexLicenses(licenses: readonly LicenseText[]): LicenseIndex {
  // Made for the first text that may be a licence: it takes longer than a small study's whole analysis.
  let runs: LicenseRuns | undefined;
  return {
    match(text) {
      const declared = /spdx-license-identifier\s*:?\s*([\w.+-]+)/i.exec(text)?.[1];
      if (declared) return licenses.find(({ spdxId }) => same(spdxId, declared))?.spdxId ?? declared;
      if (!mayBeLicense.test(text)) return null;
      const words = wordsOf(text);
      if (words.length < LEAST_WORDS) return null;
      runs ??= new LicenseRuns(licenses.map((license) => wordsOf(license.text)));
      const counts = runs.count(words, licenses.length);
      let best = 0;
      for (let i = 1; i < counts.length; i++) if (counts[i]! > counts[best]!) best = i;
      if ((counts[best] ?? 0) < LEAST_SHARE * (words.length - RUN_WORDS + 1)) return null;
      const { spdxId } = licenses[best]!;
      return /any later version/i.test(words.join(' ')) ? spdxId.replace(/-only$/, '-or-later') : spdxId;
    },
  };
}

/** Every licence says one of these in every few lines; most code never does. */
const mayBeLicense =
  /licen[cs]e|warrant|liab|permission|permitted|redistribut|copyright|merchant|damages|software|conditions/i;

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

const wordsOf = (text: string) => text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
