// Sessions of the runtime as they are opened, and what they are fed: for tests of what a run costs.

import { InferenceSession, type Tensor } from 'onnxruntime-node';

type Open = (
  graph: Uint8Array | string,
  options: InferenceSession.SessionOptions,
) => Promise<InferenceSession>;
type Feeds = Readonly<Record<string, Tensor>>;

/** Runs `work`; `change` may set options of each session that it opens, and take the session for another. */
export async function whileOpening<Value>(
  change: (open: Open) => Open,
  work: () => Promise<Value>,
): Promise<Value> {
  const create = InferenceSession.create;
  InferenceSession.create = change(create as Open) as typeof create;
  try {
    return await work();
  } finally {
    InferenceSession.create = create;
  }
}

/** Runs `work` and lists what the sessions that it opens are fed, then and later. */
export async function watchRuns<Value>(
  work: () => Promise<Value>,
): Promise<{ readonly value: Value; readonly fed: readonly Feeds[] }> {
  const fed: Feeds[] = [];
  const value = await whileOpening(
    (open) => async (graph, options) => {
      const session = await open(graph, options);
      const run = session.run.bind(session) as (...args: readonly unknown[]) => Promise<unknown>;
      session.run = ((...args: readonly unknown[]) => {
        fed.push(args[0] as Feeds);
        return run(...args);
      }) as typeof session.run;
      return session;
    },
    work,
  );
  return { value, fed };
}

/** The dimensions of an input in each run that has it. */
export const dimsOf = (fed: readonly Feeds[], name: string): readonly string[] =>
  fed.flatMap((feeds) => (name in feeds ? [feeds[name]!.dims.join()] : []));
