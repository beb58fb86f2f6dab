// Says which part of a plan cannot be meant, and what it should be. What it is now is shown as far as that helps:
// plans may come from strangers, so values are bounded and nothing in them is followed downwards.

import { forJson } from '../../guard/text/for-json.ts';
import { shorten } from '../../guard/text/shorten.ts';
import { UserError } from '../errors.ts';

const SHOWN_CHARACTERS = 60;

export function refuseValue(label: string, value: unknown, expected: string, action?: string): never {
  throw new UserError(
    `"${label}" of the plan is ${describeValue(value)}, but must be ${expected}`,
    action === undefined ? {} : { action },
  );
}

function describeValue(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'string') return forJson(shorten(value, SHOWN_CHARACTERS));
  return String(value);
}

/** A name that a stranger may have chosen, in quotation marks. */
export const quoteName = (name: string): string => forJson(shorten(name, SHOWN_CHARACTERS));

/** The value as a JSON object, whose own properties are all that is looked at. */
export function asObject(label: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  return refuseValue(label, value, 'an object');
}
