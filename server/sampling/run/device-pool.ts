// Deals batches to device processes, one a device, and yields their answers as they come. Which process makes
// a batch changes nothing about it. Every process ends with the signal it was started under, whatever it is doing.

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { EnvironmentError, throwIfAborted } from '../../errors.ts';
import { programUrl } from '../../program-url.ts';
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

/** Starts a process and waits until it has loaded the model, or says why it cannot. The signal ends it later, too. */
export async function startDevice(start: DeviceStart, signal: AbortSignal): Promise<StartedDevice> {
  const { device, answer } = await ask({ kind: 'start', start }, signal);
  if (answer.kind === 'ready') return { kind: 'ready', device };
  device.end();
  return unfit(answer);
}

const unfit = (answer: DeviceAnswer): Unfit => ({
  kind: 'unfit',
  reason: 'reason' in answer ? answer.reason : 'message' in answer ? answer.message : answer.kind,
});

async function ask(
  request: DeviceRequest & { readonly start: DeviceStart },
  signal: AbortSignal,
): Promise<{ readonly device: Device; readonly answer: DeviceAnswer }> {
  throwIfAborted(signal);
  const device = new Device(request.start, signal);
  device.send(request);
  const answer = await device.answer();
  throwIfAborted(signal);
  return { device, answer };
}

/**
 * Rejects with Cancelled within a second of the signal: the processes are killed, since nothing that they hold is
 * needed. Nothing is yielded before `proven` resolves; if it rejects, this rejects at once with the same error.
 */
export async function* runOnDevices(
  devices: readonly Device[],
  batches: Iterator<readonly RowRequest[]>,
  signal: AbortSignal,
  proven: Promise<void> = Promise.resolve(),
): AsyncGenerator<readonly RowResult[]> {
  const onAbort = () => {
    for (const device of devices) device.end();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  // Settles only when a device is found unfit: it never resolves.
  const unproved = proven.then(() => new Promise<never>(() => {}));
  unproved.catch(() => {});
  const working = new Map<Device, Promise<{ device: Device; answer: DeviceAnswer }>>();
  const deal = (device: Device) => {
    const next = batches.next();
    if (next.done) {
      working.delete(device);
      return;
    }
    device.send({ kind: 'batch', rows: next.value });
    working.set(
      device,
      device.answer().then((answer) => ({ device, answer })),
    );
  };
  try {
    throwIfAborted(signal);
    for (const device of devices) deal(device);
    while (working.size > 0) {
      const { device, answer } = await Promise.race([...working.values(), unproved]);
      throwIfAborted(signal);
      if (answer.kind !== 'rows') throw sampling(answer);
      deal(device);
      await proven;
      yield answer.rows;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    for (const device of devices) device.end();
  }
}

const sampling = (answer: DeviceAnswer) =>
  new EnvironmentError(
    `The device stopped sampling: ${'message' in answer ? answer.message : 'reason' in answer ? answer.reason : answer.kind}`,
    { action: 'Run the same command again to go on, with a smaller --batch if its memory was too small.' },
  );

const processUrl = programUrl('./device-process.ts', import.meta.url);

/** One device process. It answers each request once, in order. */
export class Device {
  readonly #process: ChildProcess;
  readonly #answers: DeviceAnswer[] = [];
  #wake: () => void = () => {};
  #lastWords = '';

  constructor({ system }: DeviceStart, signal: AbortSignal) {
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

  async answer(): Promise<DeviceAnswer> {
    while (this.#answers.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#answers.shift()!;
  }

  end(): void {
    this.#process.kill('SIGKILL');
  }

  #push(answer: DeviceAnswer): void {
    this.#answers.push(answer);
    this.#wake();
  }

  #explain(): string {
    const line = this.#lastWords.trim().split('\n').at(-1);
    return line ? `: ${line}` : '';
  }
}

const MAX_LAST_WORDS = 2000;
