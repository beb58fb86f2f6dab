// The failures of protocol/errors.ts as classes. Throw them at the edges only: the engine returns problems.

import type { ErrorCode } from '../protocol/errors.ts';

/** A failure that is meant for the user: its message names the thing, `action` the way out. */
export abstract class VerbatimError extends Error {
  abstract readonly code: ErrorCode;
  readonly action: string | undefined;

  constructor(message: string, options?: { action?: string; cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.action = options?.action;
  }
}

/** A setting, a file or a value that the user gave is wrong. */
export class UserError extends VerbatimError {
  readonly code = 'user';
}

/** The machine lacks something: a provider, disk, memory, a native module. */
export class EnvironmentError extends VerbatimError {
  readonly code = 'environment';
}

/** The user asked to stop. What was finished is kept. */
export class Cancelled extends VerbatimError {
  readonly code = 'cancelled';

  constructor() {
    super('Cancelled');
  }
}

/** Work goes on elsewhere, and nobody waits for it here; the message says so. What was finished is kept. */
export class HandedOver extends Cancelled {
  /** Whether it would be handed over, had it not been for show. */
  readonly isForShow: boolean;

  constructor(message: string, options: { readonly isForShow: boolean }) {
    super();
    this.message = message;
    this.isForShow = options.isForShow;
  }
}

export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new Cancelled();
}

/** Why a signal stops work, where nobody has asked for that: whoever wanted it is going away. */
export const LEAVING = 'leaving';
