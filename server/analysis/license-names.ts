// A licence that a text names without quoting it: "Released under the MIT license". Only names that can mean one
// licence alone.

/** SPDX id, or null. */
export function namedLicense(text: string): string | null {
  const name = /\b(?:released|licen[cs]ed|distributed|available|published|covered)\s+under\s+(.{2,60})/i.exec(
    text,
  )?.[1];
  if (name === undefined) return null;
  const plain = name.replace(/^(?:(?:the|an?|terms|of)\s+)+/i, '');
  const spdxId = names.find(([pattern]) => pattern.test(plain))?.[1] ?? null;
  return orLater.test(text) && spdxId ? spdxId.replace(/-only$/, '-or-later') : spdxId;
}

/** Words with which the GNU licences let a text choose a later version. */
const orLater = /\bor\b.{0,30}\blater\b/is;

const names: readonly (readonly [RegExp, string])[] = [
  [/^MIT\b/i, 'MIT'],
  [/^ISC\b/i, 'ISC'],
  [/^Apache(?:\s+(?:software\s+)?licen[cs]e)?,?\s*-?(?:v|version)?\s*2/i, 'Apache-2.0'],
  [/^(?:(?:3|three)[- ]clause|new|revised|modified)\s+BSD\b|^BSD[- ]3/i, 'BSD-3-Clause'],
  [/^(?:(?:2|two)[- ]clause|simplified)\s+BSD\b|^BSD[- ]2/i, 'BSD-2-Clause'],
  [/^(?:Mozilla\s+Public\s+Licen[cs]e|MPL),?\s*-?(?:v|version)?\s*2/i, 'MPL-2.0'],
  [/^(?:GNU\s+)?(?:Affero\s+General\s+Public\s+Licen[cs]e|AGPL),?\s*-?(?:v|version)?\s*3/i, 'AGPL-3.0-only'],
  [/^(?:GNU\s+)?(?:General\s+Public\s+Licen[cs]e|GPL),?\s*-?(?:v|version)?\s*3/i, 'GPL-3.0-only'],
  [/^(?:GNU\s+)?(?:General\s+Public\s+Licen[cs]e|GPL),?\s*-?(?:v|version)?\s*2/i, 'GPL-2.0-only'],
];
