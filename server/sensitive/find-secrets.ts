// Secrets in a text, by secretlint's recommended rules.

import { lintSource } from '@secretlint/core';
import { secretLintProfiler } from '@secretlint/profiler';
import { creator, rules } from '@secretlint/secretlint-rule-preset-recommend';
import type { SensitiveRange } from '../analysis/sensitive.ts';

// Its profiler would keep a mark of every rule of every call for good, some 10 kB a call.
secretLintProfiler.mark = () => {};

/** Secretlint compares each secret that it finds with all others, so that it gets a piece at a time. */
const PIECE_CHARACTERS = 65_536;
/** Longer than what its rules look for; keys of many lines are found by our own. */
const OVERLAP_CHARACTERS = 4096;

const PRESET = '@secretlint/secretlint-rule-preset-recommend';
/** The preset without the rule that lets comments switch the others off: here the data is what is doubted. */
const preset: typeof creator = {
  ...creator,
  create(context) {
    for (const rule of rules)
      if (rule.meta.id !== '@secretlint/secretlint-rule-filter-comments') context.registerRule(rule);
  },
};

/** In order of place. */
export async function findSecrets(text: string): Promise<readonly SensitiveRange[]> {
  const found: SensitiveRange[] = [];
  let covered = 0;
  for (let from = 0; from < text.length; ) {
    const lineEnd = text.lastIndexOf('\n', from + PIECE_CHARACTERS);
    const to = lineEnd > from ? lineEnd + 1 : from + PIECE_CHARACTERS;
    const before = covered;
    for (const range of await findSecretsIn(text.slice(from, to + OVERLAP_CHARACTERS))) {
      const [start, end] = [range.start + from, range.end + from];
      // What begins behind the piece is found in the next one, and its beginning may be the middle of what was found.
      if (start >= to || end <= before) continue;
      found.push({ ...range, start, end });
      covered = Math.max(covered, end);
    }
    from = to;
  }
  return found.sort((a, b) => a.start - b.start);
}

async function findSecretsIn(content: string): Promise<readonly SensitiveRange[]> {
  const { messages } = await lintSource({
    source: { content, filePath: 'text', ext: '', contentType: 'text' },
    options: {
      noPhysicFilePath: true,
      config: { rules: [{ id: PRESET, rule: preset, options: {} }] },
    },
  });
  return messages.map(({ ruleId, range: [start, end] }) => ({
    kind: 'secret',
    rule: ruleId.replace(/^.*secretlint-rule-/, ''),
    start,
    end,
  }));
}
