// Deals batches to device processes, one a device, and yields their answers as they come. Which process makes
// a batch changes nothing about it. Every process ends with the signal it was started under, whatever it is doing.

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Cancelled, EnvironmentError, throwIfAborted } from '../../errors.ts';
import { programUrl } from '../../program-url.ts';
import type { MapRow, MapRowResult } from '../forms/map/rows.ts';
import type { RowRequest, RowResult } from '../forms/rows.ts';
import { deviceEnvironment } from '../providers/device-system.ts';
import type {
  DeviceAnswer,
  DeviceProof,
  DeviceRequest,
  DeviceStart,
  ProofStandard,
} from './device-messages.ts';

/** A device, or whatever is asked of one, that cannot be had, and why. */
interface Unfit {
  readonly kind: 'unfit';
  readonly reason: string;
}

export type StartedDevice = { readonly kind: 'ready'; readonly device: Device } | Unfit;
export type ProvedDevice = { readonly kind: 'proved'; readonly proof: DeviceProof } | Unfit;

/** Starts a process that compares the device with the CPU, and ends it. */
export async function proveDevice(
  start: DeviceStart,
  standard: ProofStandard,
  signal: AbortSignal,
): Promise<ProvedDevice> {
  const { device, answer } = await ask({ kind: 'prove', start, standard }, signal);
  device.end();
  return answer.kind === 'proved' ? answer : unfit(answer);
}

/**
 * Starts a process, or takes a spare one, and waits until it has loaded the model, or says why it cannot. The signal
 * that it was started under ends it later, too.
 */
export async function startDevice(
  start: DeviceStart,
  signal: AbortSignal,
  spare?: Device,
): Promise<StartedDevice> {
  const { device, answer } = await ask({ kind: 'start', start }, signal, spare);
  if (answer.kind === 'ready') return { kind: 'ready', device };
  device.end();
  return unfit(answer);
}

/** Why a card cannot hold a model. */
export const tooLarge = (needed: number, free: number) =>
  `the model's weights take ${(needed / 1e9).toFixed(1)} GB with what the driver needs, and ${(free / 1e9).toFixed(1)} GB of the card are free`;

/** Why a device is unfit, with its number where there are several; null where all are fit. */
export function firstReason(devices: readonly (StartedDevice | ProvedDevice)[]): string | null {
  const at = devices.findIndex(({ kind }) => kind === 'unfit');
  const device = devices[at];
  if (device?.kind !== 'unfit') return null;
  return devices.length === 1 ? device.reason : `device ${at}: ${device.reason}`;
}

const unfit = (answer: DeviceAnswer): Unfit => ({
  kind: 'unfit',
  reason: 'reason' in answer ? answer.reason : 'message' in answer ? answer.message : answer.kind,
});

async function ask(
  request: DeviceRequest & { readonly start: DeviceStart },
  signal: AbortSignal,
  spare?: Device,
): Promise<{ readonly device: Device; readonly answer: DeviceAnswer }> {
  throwIfAborted(signal);
  const device = spare ?? new Device(request.start, signal);
  device.send(request);
  const answer = await device.answer();
  throwIfAborted(signal);
  return { device, answer };
}

/** What devices of each kind are asked for, and answer. */
interface Work {
  readonly sample: { readonly request: RowRequest; readonly result: RowResult };
  readonly read: { readonly request: MapRow; readonly result: MapRowResult };
}

type Batches<Request> = Iterator<readonly Request[]> | AsyncIterator<readonly Request[]>;

/** How many batches a device has at once: one in work and the next, so that none waits for whoever keeps what was made. */
const AT_ONCE = 2;

/**
 * Rejects with Cancelled within a second of the signal: the processes are killed, since nothing that they hold is
 * needed. Nothing is yielded before `proven` resolves; if it rejects, this rejects at once with the same error.
 */
export async function* runOnDevices<Kind extends keyof Work = 'sample'>(
  devices: readonly Device[],
  batches: Batches<Work[Kind]['request']>,
  signal: AbortSignal,
  proven: Promise<void> = Promise.resolve(),
  kind: Kind = 'sample' as Kind,
): AsyncGenerator<readonly Work[Kind]['result'][]> {
  const { promise: aborted, reject: abort } = Promise.withResolvers<never>();
  aborted.catch(() => {});
  const onAbort = () => {
    for (const device of devices) device.end();
    abort(new Cancelled());
  };
  signal.addEventListener('abort', onAbort, { once: true });
  // Settles only when a device is found unfit: it never resolves.
  const unproved = proven.then(() => new Promise<never>(() => {}));
  unproved.catch(() => {});
  const working = new Set<Promise<Answered>>();
  /** How many of the batches that a device could have there are none for. */
  const idle = new Map<Device, number>();
  const deal = (device: Device) => {
    const answered: Promise<Answered> = askNext(device, batches).then((answer) => {
      if (answer === null) idle.set(device, (idle.get(device) ?? 0) + 1);
      // Its memory is given back while the others work, and while what was made is kept.
      if (idle.get(device) === AT_ONCE) device.end();
      return { device, answer, answered };
    });
    answered.catch(() => {}); // whoever stops waiting for it does not want it
    working.add(answered);
  };
  try {
    throwIfAborted(signal);
    // All devices have a batch before one has its second.
    for (let i = 0; i < AT_ONCE; i++) for (const device of devices) deal(device);
    while (working.size > 0) {
      const { device, answer, answered } = await Promise.race([...working, unproved, aborted]);
      throwIfAborted(signal);
      working.delete(answered);
      if (answer === null) continue;
      if (answer.kind !== 'rows') throw stopped(kind, answer);
      deal(device);
      await proven;
      yield answer.rows as readonly Work[Kind]['result'][];
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    for (const device of devices) device.end();
  }
}

interface Answered {
  readonly device: Device;
  /** Null where there was nothing more to ask. */
  readonly answer: DeviceAnswer | null;
  readonly answered: Promise<Answered>;
}

async function askNext(
  device: Device,
  batches: Batches<Work[keyof Work]['request']>,
): Promise<DeviceAnswer | null> {
  const next = await batches.next();
  if (next.done) return null;
  device.send({ kind: 'batch', rows: next.value as readonly RowRequest[] | readonly MapRow[] });
  return device.answer();
}

const STOPPED = { sample: 'sampling', read: 'reading' } as const;

function stopped(kind: keyof Work, answer: DeviceAnswer): EnvironmentError {
  if (answer.kind === 'unfit') {
    return new EnvironmentError(`The device cannot be used: ${answer.reason}`, {
      action: 'Run "verbatim doctor" to see what is there, or choose another provider.',
    });
  }
  return new EnvironmentError(
    `The device stopped ${STOPPED[kind]}: ${'message' in answer ? answer.message : answer.kind}`,
    { action: 'Run the same command again to go on, with a smaller --batch if its memory was too small.' },
  );
}

const processUrl = programUrl('./device-process.ts', import.meta.url);

/** One device process. It answers each request once, in order. */
export class Device {
  readonly #process: ChildProcess;
  readonly #answers: DeviceAnswer[] = [];
  readonly #waiting: ((answer: DeviceAnswer) => void)[] = [];
  #lastWords = '';

  constructor({ system }: Pick<DeviceStart, 'system'>, signal: AbortSignal) {
    this.#process = fork(fileURLToPath(processUrl), {
      serialization: 'advanced',
      env: deviceEnvironment(system),
      execArgv: [],
      signal,
      killSignal: 'SIGKILL',
      // What drivers print is nobody's output; the last of it explains a crash.
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-MAX_LAST_WORDS);
    });
    this.#process.on('message', (answer: DeviceAnswer) => this.#push(answer));
    this.#process.on('error', (error) => this.#push({ kind: 'failed', message: error.message }));
    this.#process.on('exit', (code, signal) =>
      this.#push({
        kind: 'failed',
        message: `${system.provider} ended its process (${signal ?? `code ${code}`})${this.#explain()}`,
      }),
    );
  }

  send(request: DeviceRequest): void {
    if (this.#process.connected) this.#process.send(request, () => {});
  }

  /** The answer to the first request that nobody waits for yet. */
  answer(): Promise<DeviceAnswer> {
    const answer = this.#answers.shift();
    if (answer !== undefined) return Promise.resolve(answer);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  end(): void {
    this.#process.kill('SIGKILL');
  }

  #push(answer: DeviceAnswer): void {
    const resolve = this.#waiting.shift();
    if (resolve === undefined) this.#answers.push(answer);
    else resolve(answer);
  }

  #explain(): string {
    const line = this.#lastWords.trim().split('\n').at(-1);
    return line ? `: ${line}` : '';
  }
}

const MAX_LAST_WORDS = 2000;
