// Binds one typed message of the protocol to its work: cancellation becomes a signal, failures become
// `ResponseError`s with a literal `data.code`.

import {
  type CancellationToken,
  type Connection,
  LSPErrorCodes,
  ResponseError,
} from 'vscode-languageserver/node';
import { forLog } from '../../guard/text/for-log.ts';
import type { ErrorData } from '../../protocol/errors.ts';
import type { Message } from '../../protocol/message.ts';
import { VerbatimError } from '../errors.ts';
import { systemFailure } from '../system-failure.ts';

type Work<Params, Result> = (params: Params, signal: AbortSignal) => Promise<Result>;

/** `lifetime` ends every request when the connection ends. */
export function answering(connection: Connection, lifetime: AbortSignal) {
  return <Params, Result>(message: Message<Params, Result>, work: Work<Params, Result>): void => {
    connection.onRequest(
      message.method,
      async (params: Params, token: CancellationToken): Promise<unknown> => {
        const stop = new AbortController();
        token.onCancellationRequested(() => stop.abort());
        if (token.isCancellationRequested) stop.abort();
        try {
          return await work(params, AbortSignal.any([stop.signal, lifetime]));
        } catch (cause) {
          const error = systemFailure(cause) ?? cause;
          if (!(error instanceof VerbatimError))
            connection.console.error(forLog(String((error as Error).stack ?? error)));
          return asResponseError(error);
        }
      },
    );
  };
}

function asResponseError(error: unknown): ResponseError<ErrorData> {
  if (!(error instanceof VerbatimError)) {
    const message = error instanceof Error ? error.message : String(error);
    return new ResponseError(LSPErrorCodes.RequestFailed, message, { code: 'bug' });
  }
  const code = error.code === 'cancelled' ? LSPErrorCodes.RequestCancelled : LSPErrorCodes.RequestFailed;
  const data = error.action === undefined ? { code: error.code } : { code: error.code, action: error.action };
  return new ResponseError(code, error.message, data);
}
