// The names of training data in an answer, with secrets and addresses in them masked.

import { rawText } from '../../guard/text/foreign.ts';
import type { CheckedText } from '../../protocol/checked-text.ts';

export async function maskCheckedNames(checked: CheckedText): Promise<CheckedText> {
  const names = [...namesOf(checked)];
  if (!names.some(mayHoldSecret)) return checked;
  const { maskBy, maskNames } = await import('../sensitive/mask-names.ts');
  const mask = maskBy(await maskNames(names));
  return {
    ...checked,
    matches: checked.matches.map((match) => ({
      ...match,
      licenses: match.licenses.map((one) => ({ ...one, license: mask(one.license) })),
      sources: match.sources.map((source) => ({
        ...source,
        repository: mask(source.repository),
        path: mask(source.path),
        license: mask(source.license),
      })),
    })),
  };
}

/**
 * Loading what finds secrets takes longer than looking a file up, and most names hold nothing that could be one: an address,
 * or a long run of letters and digits.
 */
const mayHoldSecret = (name: string): boolean =>
  /@|:\/\/|(?=[A-Za-z]{0,11}\d)[A-Za-z0-9]{12}|[A-Za-z0-9]{24}/.test(name);

function* namesOf({ matches }: CheckedText): Generator<string> {
  for (const { licenses, sources } of matches) {
    for (const { license } of licenses) yield rawText(license);
    for (const { repository, path } of sources) yield* [rawText(repository), rawText(path)];
  }
}
