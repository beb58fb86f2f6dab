// The thread in which samples, the sources of prompts and the beginnings of corpora are read: files of whoever made them.

import { answerGuarded } from '../guard/answer-guarded.ts';
import { contentQuestion } from './content-question.ts';
import { promptsAt } from './prompts-at.ts';
import { packSamples } from './sample-batches.ts';
import { samplesAt } from './samples-at.ts';
import type { UserFileAnswer, UserFileQuestion } from './user-files.ts';

/** What has been read and not yet been asked for. */
let rest: ReturnType<typeof packSamples> | undefined;

answerGuarded<UserFileQuestion, UserFileAnswer>(async (question, beat) => {
  if (question.kind === 'prompts') return { kind: 'prompts', prompts: await promptsAt(question.path, beat) };
  if (question.kind === 'columns')
    return { kind: 'columns', question: await contentQuestion(question.shards, beat) };
  if (question.kind === 'parts') {
    const { shard, partBytes } = question;
    const { splitShard } = await import('../corpus/split-shard.ts');
    return { kind: 'parts', parts: await splitShard(shard, partBytes, new AbortController().signal, beat) };
  }
  rest ??= packSamples(await samplesAt(question.path));
  const { value } = rest.next();
  return { kind: 'samples', batch: value ?? null };
});
