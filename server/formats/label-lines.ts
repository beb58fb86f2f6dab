// Labels as JSON lines: what an annotator is given to fill in, and what comes back.

import { say } from '../../guard/text/say.ts';
import { type Category, categories } from '../../protocol/views.ts';
import { UserError } from '../errors.ts';
import type { StoredLabel } from '../store/labels-table.ts';
import { asObject, parseJson, readTextFile } from './text-file.ts';

const SHAPE = 'Labels are JSON lines, one fragment each: {"fingerprint", "label", "note", "annotator"}.';

/** Lines without a label are passed over. A line may name its own annotator. */
export function readLabelLines(path: string, annotator: string | undefined): readonly StoredLabel[] {
  return readTextFile(path, 'The labels')
    .split('\n')
    .flatMap((line, i) => {
      if (line.trim() === '') return [];
      const label = parseLine(line, `${path}:${i + 1}`, annotator);
      return label.label === '' ? [] : [label];
    });
}

function parseLine(line: string, where: string, asked: string | undefined): StoredLabel {
  const value = asObject(parseJson(line, where, SHAPE));
  if (value === null) throw new UserError(say`${where} is no label`, { action: SHAPE });
  const { fingerprint, label = '', note = '' } = value;
  const annotator = value.annotator || asked;
  if (typeof fingerprint !== 'string' || !/^[0-9a-f]{32}$/.test(fingerprint)) {
    throw new UserError(say`${where} names no fragment by its fingerprint`, { action: SHAPE });
  }
  if (typeof label !== 'string' || (label !== '' && !categories.includes(label as Category))) {
    throw new UserError(say`${where}: "${label as string}" is no kind of fragment`, {
      action: `The kinds are ${categories.join(', ')} (docs/taxonomy.md).`,
    });
  }
  if (typeof note !== 'string') throw new UserError(say`${where}: its note is no text`, { action: SHAPE });
  if (typeof annotator !== 'string' || annotator === '') {
    throw new UserError(say`${where} says nothing of who labelled it`, {
      action: 'Name them with --annotator.',
    });
  }
  return { fingerprint, annotator, label, note };
}
