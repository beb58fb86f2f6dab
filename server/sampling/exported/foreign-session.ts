// Opens and runs a graph that was made elsewhere: what the runtime trips over is the file's fault, and is told as that.

import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { UserError } from '../../errors.ts';
import { isOutOfMemory } from '../onnx/out-of-memory.ts';
import { openSession, type SessionSettings } from '../onnx/session.ts';
import type { ExportedDecoder } from './exported-decoder.ts';
import { rotateOutside } from './rotate-outside.ts';

/** A session of a file. Throws a UserError with the runtime's reason. */
export interface ForeignSession {
  run(
    feeds: InferenceSession.FeedsType,
    fetches?: readonly string[],
  ): Promise<Readonly<Record<string, Tensor>>>;
}

export async function openForeignSession(
  decoder: Pick<ExportedDecoder, 'path' | 'past'>,
  settings: SessionSettings,
): Promise<ForeignSession> {
  const { path } = decoder;
  const session = await openSession(rotateOutside(decoder) ?? path, settings).catch((cause) =>
    refuse(path, cause),
  );
  return {
    run: (feeds, fetches) =>
      (fetches === undefined ? session.run(feeds) : session.run(feeds, fetches)).catch((cause) =>
        refuse(path, cause),
      ),
  };
}

/** Memory that is missing is no fault of the file: a smaller batch may go. */
function refuse(path: string, cause: unknown): never {
  if (isOutOfMemory(cause)) throw cause;
  const [reason = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
  const shown = reason.length > MOST_SHOWN ? `${reason.slice(0, MOST_SHOWN)}…` : reason;
  throw new UserError(`The runtime cannot use ${path}: ${shown}`, {
    action:
      'Download or copy the model again, or export it anew for the runtime that "verbatim doctor" shows.',
    cause,
  });
}

const MOST_SHOWN = 600;
