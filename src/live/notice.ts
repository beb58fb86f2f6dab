// The notice for lines that stand in the corpus of an index: where, and under which licence. Pure.

import { forComment } from '../../guard/text/for-comment.ts';
import { rawText } from '../../guard/text/foreign.ts';
import type { CheckedMatch } from '../../protocol/checked-text.ts';

/** Lines of a comment, without its signs. None ends in a name. */
export function noticeOf({ isVerified, sources, licenses, nRepositories }: CheckedMatch): readonly string[] {
  const [source] = sources;
  if (source === undefined) return [];
  const name = [source.repository, source.path].map((part) => forComment(part)).filter((part) => part !== '');
  const { firstLine, lastLine } = source;
  const lines = firstLine === null || lastLine === null ? '' : `, lines ${firstLine}-${lastLine}`;
  const license = forComment(source.license) || 'unknown';
  const certain = isVerified ? 'Also in' : 'Probably also in';
  const others = [...new Set(licenses.map((each) => rawText(each.license)))].filter(
    (each) => each !== rawText(source.license),
  );
  return [
    `${certain} ${name.join(' ') || 'training data'}${lines} (licence: ${license}).`,
    ...(nRepositories > 1
      ? [`In ${nRepositories} repositories${otherLicenses(others)}.`]
      : others.length > 0
        ? [`In other files, too${otherLicenses(others)}.`]
        : []),
  ];
}

const otherLicenses = (others: readonly string[]) =>
  others.length === 0 ? '' : `, also under ${others.map((each) => forComment(each) || 'unknown').join(', ')}`;
