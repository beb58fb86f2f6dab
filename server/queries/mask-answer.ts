// Names in an answer, masked wherever they stand: what comes from the training data is called the same in every answer.
// A shard is a file of whoever looks, by which a row is found, and keeps its name.

import { maskNames } from '../sensitive/mask-names.ts';

/** Properties that hold names of the training data, or sentences with such names. */
const NAMES: ReadonlySet<string> = new Set([
  ...['repository', 'path', 'license', 'licenses', 'group'],
  ...['problem', 'message', 'failure', 'notes'],
]);

export async function maskAnswer<Answer>(answer: Answer): Promise<Answer> {
  const names = new Set<string>();
  gatherNames(answer, names);
  const masked = await maskNames(names);
  return masked.size === 0 ? answer : replaceNames(answer, (name) => masked.get(name) ?? name);
}

function gatherNames(value: unknown, names: Set<string>, isNamed = false): void {
  if (typeof value === 'string') {
    if (isNamed) names.add(value);
  } else if (Array.isArray(value)) {
    for (const item of value) gatherNames(item, names, isNamed);
  } else if (typeof value === 'object' && value !== null) {
    const parts = value as Readonly<Record<string, unknown>>;
    for (const key in parts) gatherNames(parts[key], names, NAMES.has(key));
  }
}

/** A copy of a value with other names. */
function replaceNames<Value>(value: Value, replace: (name: string) => string, isNamed = false): Value {
  if (typeof value === 'string') return (isNamed ? replace(value) : value) as Value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => replaceNames(item, replace, isNamed)) as Value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, replaceNames(part, replace, NAMES.has(key))]),
  ) as Value;
}
