// Lines that records of Agent Trace (version 0.1) say an AI wrote. Where they are kept is left open by it: a file of
// JSON, or of JSON lines.

import { readFileSync, statSync } from 'node:fs';
import { UserError } from '../errors.ts';
import { type Check, has, listOf, optional, parseJson, text, whole } from '../json-shape.ts';
import type { LineRange } from './line-ranges.ts';

export interface TracedFile {
  /** The commit whose lines are meant; undefined where the record names none. */
  readonly revision: string | undefined;
  /** Below the repository's root. */
  readonly path: string;
  readonly ranges: readonly LineRange[];
}

interface TraceContributor {
  readonly type: string;
}

interface TraceRange {
  readonly start_line: number;
  readonly end_line: number;
  readonly contributor?: TraceContributor;
}

interface TraceConversation {
  readonly contributor?: TraceContributor;
  readonly ranges: readonly TraceRange[];
}

interface TraceFile {
  readonly path: string;
  readonly conversations: readonly TraceConversation[];
}

interface TraceRecord {
  readonly version: string;
  readonly vcs?: { readonly type: string; readonly revision: string };
  readonly files: readonly TraceFile[];
}

const contributor: Check = optional(has<TraceContributor>({ type: text }));
const record: Check = has<TraceRecord>({
  version: text,
  vcs: optional(has({ type: text, revision: text })),
  files: listOf(
    has<TraceFile>({
      path: text,
      conversations: listOf(
        has<TraceConversation>({
          contributor,
          ranges: listOf(has<TraceRange>({ start_line: whole, end_line: whole, contributor })),
        }),
      ),
    }),
  ),
});

const MAX_TRACE_BYTES = 256 << 20;

/** Throws a `UserError` where the file is none of records that are known. */
export function readTraces(file: string): readonly TracedFile[] {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile() || stat.size > MAX_TRACE_BYTES) {
    throw new UserError(`${file} is no file of Agent Trace records`, {
      action: 'Name it with --agent-trace.',
    });
  }
  return parseTraces(readFileSync(file, 'utf8'), file);
}

export function parseTraces(json: string, file: string): readonly TracedFile[] {
  const whole = parseJson<TraceRecord | readonly TraceRecord[]>(
    json,
    (value) => record(value) || listOf(record)(value),
  );
  const lines = json.split('\n').filter((line) => line.trim() !== '');
  const records = whole ? [whole].flat() : lines.map((line, i) => parseLine(line, file, i + 1));
  return records.flatMap((one) => {
    if (!/^0\./.test(one.version)) {
      throw new UserError(`${file} has a record of Agent Trace ${one.version}, which is not known`, {
        action: 'Update Verbatim.',
      });
    }
    const revision = one.vcs?.type === 'git' ? one.vcs.revision : undefined;
    return one.files.map(({ path, conversations }) => ({
      revision,
      path,
      ranges: conversations.flatMap(rangesOf),
    }));
  });
}

function parseLine(line: string, file: string, number: number): TraceRecord {
  const parsed = parseJson<TraceRecord>(line, record);
  if (parsed) return parsed;
  throw new UserError(`Line ${number} of ${file} is no record of Agent Trace`, {
    action:
      'Records are JSON of its version 0.1: one, a list of them, or one a line. Name another file with --agent-trace.',
  });
}

const rangesOf = ({ contributor: all, ranges }: TraceConversation): LineRange[] =>
  ranges
    .filter(({ contributor: own = all }) => own?.type === 'ai' || own?.type === 'mixed')
    .map(({ start_line: first, end_line: last }) => ({ first, last }));
