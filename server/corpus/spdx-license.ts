// Licences under their SPDX names, where one can be told for sure. What cannot stays as the data has it:
// a wrong licence is worse than an unresolved one.

import correct from 'spdx-correct';

const resolved = new Map<string, string>();

/** `mit` → `MIT`, `apache-2.0` → `Apache-2.0`; several are joined by `OR`. Never guesses `-or-later`. */
export function spdxLicense(license: string): string {
  const known = resolved.get(license);
  if (known !== undefined) return known;
  const parts = license.split(/(?<!\s)\s+OR\s+/);
  const found = parts
    .map((part) => (isBlank(part) || part.length > MAX_LENGTH ? part : resolve(part)))
    .join(' OR ');
  if (resolved.size < 10_000 && license.length <= MAX_LENGTH) resolved.set(license, found);
  return found;
}

/** The licence whose text a file holds, by its title; empty when it is none of the usual ones. */
export function licenseOfText(text: string): string {
  const title = text.slice(0, 2000).replace(/\s+/g, ' ');
  return titles.find(([pattern]) => pattern.test(title))?.[1] ?? '';
}

const MAX_LENGTH = 100;

/** Most rows of some data sets name no licence, which the library refuses. */
const isBlank = (text: string) => text.trim() === '';

/** The library also guesses (`BSD` → BSD-2-Clause, the LGPL's title → GPL): only another spelling counts. */
function resolve(license: string): string {
  const found = correct(license, { upgrade: false });
  return found && squash(found) === squash(license) ? found : license;
}

const squash = (license: string) =>
  license.toLowerCase().replace(/\b(the|licen[cs]e|version|v(?=\d))|[^a-z0-9+]/g, '');

const titles: readonly (readonly [RegExp, string])[] = [
  [/^\W*(The )?MIT License/i, 'MIT'],
  [/Permission is hereby granted, free of charge, to any person obtaining a copy/i, 'MIT'],
  [/^\W*Apache License,? Version 2\.0/i, 'Apache-2.0'],
  [/^\W*GNU AFFERO GENERAL PUBLIC LICENSE Version 3/i, 'AGPL-3.0'],
  [/^\W*GNU LESSER GENERAL PUBLIC LICENSE Version 2\.1/i, 'LGPL-2.1'],
  [/^\W*GNU LESSER GENERAL PUBLIC LICENSE Version 3/i, 'LGPL-3.0'],
  [/^\W*GNU GENERAL PUBLIC LICENSE Version 2/i, 'GPL-2.0'],
  [/^\W*GNU GENERAL PUBLIC LICENSE Version 3/i, 'GPL-3.0'],
  [/^\W*Mozilla Public License,? Version 2\.0/i, 'MPL-2.0'],
  [/^\W*(The )?(3-Clause BSD|BSD 3-Clause)/i, 'BSD-3-Clause'],
  [/^\W*(The )?(2-Clause BSD|BSD 2-Clause)/i, 'BSD-2-Clause'],
  [/^\W*(The )?ISC License/i, 'ISC'],
  [/^\W*This is free and unencumbered software released into the public domain/i, 'Unlicense'],
];
