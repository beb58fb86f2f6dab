// Labels as JSON lines: what an annotator is given to fill in, and what comes back.

import { readFileSync } from 'node:fs';
import { type Category, categories } from '../../protocol/views.ts';
import { UserError } from '../errors.ts';
import type { StoredLabel } from '../store/labels-table.ts';

/** Lines without a label are passed over. A line may name its own annotator. */
export function readLabelLines(path: string, annotator: string | undefined): readonly StoredLabel[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new UserError(`The labels in ${path} cannot be read`, { action: 'Check the path.', cause });
  }
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    const label = parseLine(line, `${path}:${i + 1}`, annotator);
    return label.label === '' ? [] : [label];
  });
}

function parseLine(line: string, where: string, asked: string | undefined): StoredLabel {
  let value: Partial<StoredLabel>;
  try {
    value = JSON.parse(line) as Partial<StoredLabel>;
  } catch (cause) {
    throw new UserError(`${where} is no JSON`, {
      action: 'Labels are JSON lines, one fragment each.',
      cause,
    });
  }
  const { fingerprint, label = '', note = '' } = value;
  const annotator = value.annotator || asked;
  if (typeof fingerprint !== 'string' || !/^[0-9a-f]{32}$/.test(fingerprint)) {
    throw new UserError(`${where} names no fragment by its fingerprint`);
  }
  if (label !== '' && !categories.includes(label as Category)) {
    throw new UserError(`${where}: "${label}" is no kind of fragment`, {
      action: `The kinds are ${categories.join(', ')} (docs/taxonomy.md).`,
    });
  }
  if (!annotator) {
    throw new UserError(`${where} says nothing of who labelled it`, {
      action: 'Name them with --annotator.',
    });
  }
  return { fingerprint, annotator, label, note };
}
