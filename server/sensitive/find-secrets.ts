// Secrets in a text, by secretlint's recommended rules.

import { lintSource } from '@secretlint/core';
import { secretLintProfiler } from '@secretlint/profiler';
import { creator, rules } from '@secretlint/secretlint-rule-preset-recommend';
import type { Marked } from '../analysis/find-marks.ts';
import type { SensitiveRange } from '../analysis/sensitive.ts';

// Its profiler would keep a mark of every rule of every call for good, some 10 kB a call.
secretLintProfiler.mark = () => {};

/** Secretlint compares each secret that it finds with all others, so that it gets a piece at a time. */
const PIECE_CHARACTERS = 65_536;
/** Longer than what its rules look for; keys of many lines are found by our own. */
const OVERLAP_CHARACTERS = 4096;

const PRESET = '@secretlint/secretlint-rule-preset-recommend';

/** The rule that lets comments switch others off is left out: here the data is what is doubted. */
const rulesByName = new Map(
  rules
    .filter(({ meta }) => meta.id !== '@secretlint/secretlint-rule-filter-comments')
    .map((rule) => [nameOf(rule.meta.id), rule]),
);

function nameOf(ruleId: string): string {
  return ruleId.replace(/^.*secretlint-rule-/, '');
}

/** In order of place. `isMarked` tells which rules have a mark between two places of the text: others find nothing there. */
export async function findSecrets(text: string, isMarked: Marked): Promise<readonly SensitiveRange[]> {
  const found: SensitiveRange[] = [];
  let covered = 0;
  for (let from = 0; from < text.length; ) {
    const lineEnd = text.lastIndexOf('\n', from + PIECE_CHARACTERS);
    const to = lineEnd > from ? lineEnd + 1 : from + PIECE_CHARACTERS;
    const before = covered;
    const behind = to + OVERLAP_CHARACTERS;
    const marked = [...rulesByName].flatMap(([name, rule]) => (isMarked(name, from, behind) ? [rule] : []));
    for (const range of marked.length === 0 ? [] : await findSecretsIn(text.slice(from, behind), marked)) {
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

async function findSecretsIn(content: string, some: typeof rules): Promise<readonly SensitiveRange[]> {
  const preset: typeof creator = {
    ...creator,
    create(context) {
      for (const rule of some) context.registerRule(rule);
    },
  };
  const { messages } = await lintSource({
    source: { content, filePath: 'text', ext: '', contentType: 'text' },
    options: {
      noPhysicFilePath: true,
      config: { rules: [{ id: PRESET, rule: preset, options: {} }] },
    },
  });
  return messages.map(({ ruleId, range: [start, end] }) => ({
    kind: 'secret',
    rule: nameOf(ruleId),
    start,
    end,
  }));
}
