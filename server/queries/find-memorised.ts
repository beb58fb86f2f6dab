// Answers what is memorised of a text, study by study, in bounded time and size.

import type { FoundMark, MemorisedText } from '../../protocol/find-memorised.ts';
import type { StudyId } from '../../protocol/study.ts';
import { memorisedInText } from '../answers/memorised-in-text.ts';
import { throwIfAborted, UserError } from '../errors.ts';
import { openForReading } from '../store/study-file.ts';
import { readStudy } from '../store/study-table.ts';
import { bytesOfString } from '../text/text-strings.ts';

const MAX_TEXT_BYTES = 4 << 20;
const MAX_MARKS = 5000;
/** For all studies together; a million fragments take some seconds. */
const LIMIT_MS = 30_000;

export async function findMemorised(
  studies: readonly StudyId[],
  text: string,
  signal: AbortSignal,
  limitMs = LIMIT_MS,
): Promise<MemorisedText> {
  const bytes = bytesOfString(text);
  if (bytes.length > MAX_TEXT_BYTES) {
    throw new UserError(`The text has ${bytes.length} bytes, and ${MAX_TEXT_BYTES} are searched at most.`, {
      action: 'Open the part of it that matters in an editor of its own.',
    });
  }
  const deadline = performance.now() + limitMs;
  const marks: FoundMark[] = [];
  const unsearched: MemorisedText['unsearched'][number][] = [];
  let nFragments = 0;
  for (const study of studies) {
    throwIfAborted(signal);
    using db = openForReading(study);
    const record = readStudy(db);
    if (!record?.analysed) {
      unsearched.push({ study, reason: 'not-analysed' });
      continue;
    }
    const search = await memorisedInText(db, study, record.plan.rule, bytes, deadline, signal);
    nFragments += search.nFragments;
    for (const mark of search.marks) marks.push(mark);
    if (search.ended === 'early') unsearched.push({ study, reason: 'too-slow' });
  }
  marks.sort((a, b) => a.firstLine - b.firstLine || b.lastLine - a.lastLine);
  return { marks: marks.slice(0, MAX_MARKS), nFragments, unsearched };
}
