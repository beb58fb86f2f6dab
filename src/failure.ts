// What went wrong, read from whatever was thrown: by the server, by VS Code, or here. Only literal codes are
// looked at, never a message's text.

import { CancellationError, l10n } from 'vscode';
import type { ErrorCode, ErrorData } from '../protocol/errors.ts';

export interface Failure extends ErrorData {
  readonly message: string;
  /** The stack or the message, for the log. */
  readonly detail: string;
}

/** What the user chose cannot work; `action` says in a sentence what to do about it. */
export class UserFault extends Error {
  readonly data: ErrorData;

  constructor(message: string, action: string) {
    super(message);
    this.name = 'UserFault';
    this.data = { code: 'user', action };
  }
}

/** The machine, or what runs on it, does not let us go on. */
export class EnvironmentFault extends Error {
  readonly data: ErrorData;

  constructor(message: string, action: string) {
    super(message);
    this.name = 'EnvironmentFault';
    this.data = { code: 'environment', action };
  }
}

const CODES: readonly ErrorCode[] = ['cancelled', 'user', 'environment', 'bug'];

/** JSON-RPC's own codes, for failures that never reached the server's code. */
const REQUEST_CANCELLED = -32800;
const CONNECTION_GONE: readonly number[] = [-32097, -32096];

export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const detail = error instanceof Error ? (error.stack ?? message) : message;
  if (error instanceof CancellationError) return { code: 'cancelled', message, detail };
  const { code, data } = (error ?? {}) as { code?: unknown; data?: unknown };
  if (isErrorData(data)) return { ...data, message, detail };
  if (code === REQUEST_CANCELLED) return { code: 'cancelled', message, detail };
  if (isConnectionGone(error)) {
    return {
      code: 'environment',
      message: l10n.t('Verbatim’s background process stopped.'),
      action: l10n.t('What it had finished is kept: try again.'),
      detail,
    };
  }
  return { code: 'bug', message, detail };
}

/** The background process died before it answered. */
export function isConnectionGone(error: unknown): boolean {
  return CONNECTION_GONE.includes((error as { code?: unknown } | null | undefined)?.code as number);
}

function isErrorData(data: unknown): data is ErrorData {
  return CODES.includes((data as ErrorData | null | undefined)?.code as ErrorCode);
}
