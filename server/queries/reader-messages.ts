// What the server and the process that reads study files say to each other.

import type { ErrorData } from '../../protocol/errors.ts';
import type { Disclosure } from '../answers/undisclosed.ts';
import { Cancelled, EnvironmentError, UserError } from '../errors.ts';

export type ReaderRequest =
  | {
      readonly kind: 'ask';
      readonly id: number;
      readonly method: string;
      readonly params: unknown;
      readonly disclosure: Disclosure;
    }
  | { readonly kind: 'stop'; readonly id: number };

export type ReaderAnswer =
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: ReaderFailure };

export interface ReaderFailure {
  readonly code: ErrorData['code'];
  readonly message: string;
  readonly action: string | undefined;
  /** The stack of a bug, for the log. */
  readonly stack: string | undefined;
}

/** The failure as it was thrown in the other process. */
export function toError({ code, message, action, stack }: ReaderFailure): Error {
  const options = action === undefined ? {} : { action };
  switch (code) {
    case 'user':
      return new UserError(message, options);
    case 'environment':
      return new EnvironmentError(message, options);
    case 'cancelled':
      return new Cancelled();
    case 'bug':
      return Object.assign(new Error(message), { stack });
  }
}
