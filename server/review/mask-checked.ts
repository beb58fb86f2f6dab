// The names of training data in an answer, with secrets and addresses in them masked.

import { rawText } from '../../guard/text/foreign.ts';
import type { CheckedText } from '../../protocol/checked-text.ts';
import { maskBy, maskNames } from '../sensitive/mask-names.ts';

export async function maskCheckedNames(checked: CheckedText): Promise<CheckedText> {
  if (checked.matches.length === 0) return checked;
  const mask = maskBy(await maskNames(namesOf(checked)));
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

function* namesOf({ matches }: CheckedText): Generator<string> {
  for (const { licenses, sources } of matches) {
    for (const { license } of licenses) yield rawText(license);
    for (const { repository, path } of sources) yield* [rawText(repository), rawText(path)];
  }
}
