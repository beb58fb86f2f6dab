// Why a study may have found nothing, from what is known of it, and what to try: the same in every report.

import { shorterThan } from '../../protocol/search-again.ts';
import type { StudySummary } from '../../protocol/study.ts';
import type { Answers } from './report-content.ts';
import { counted } from './report-numbers.ts';

export interface NothingFound {
  readonly why: string;
  readonly toTry: string;
}

export function explainNothing({ id, plan, nDocuments }: StudySummary, { measures }: Answers): NothingFound {
  if (nDocuments === 0) {
    return {
      why: 'Nothing was searched: no document could be read.',
      toTry: `verbatim report ${id} --files lists what became of the files, and why.`,
    };
  }
  const { samples, lines } = measures;
  const fewer = shorterThan(plan.rule.minLines);
  const linesEach = samples.total === 0 ? 0 : lines.total / samples.total;
  const searched = nDocuments === 1 ? '1 document was' : `${counted(nDocuments, 'document')} were`;
  return {
    why: `A sample has ${linesEach.toFixed(1)} lines on average, and a fragment needs ${plan.rule.minLines}. ${searched} searched, which may not be what the model repeats.`,
    toTry: `Longer samples (--max-tokens), --min-lines ${fewer}, --profile text-1, more samples, or more of the training data. The closest matches: verbatim scan --samples ${id} --corpus … --min-lines ${fewer}.`,
  };
}
