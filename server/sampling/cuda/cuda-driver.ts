// The part of CUDA's driver interface that sampling needs: one device, its memory, one stream, kernels and graphs.
// Every failure names the function and the driver's own word for it. Knows nothing of models.

import { EnvironmentError } from '../../errors.ts';
import { loadLibrary, type NativeBlock, nativeBlock } from './foreign-functions.ts';

/** An address in the device's memory. */
export type DeviceAddress = number;
export type Kernel = number & { readonly __kind: 'kernel' };
export type GraphRun = number & { readonly __kind: 'graph' };

/** One parameter of a kernel, in the order of its declaration. */
export type KernelParameter =
  | { readonly kind: 'address'; readonly value: DeviceAddress }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number };

export interface LaunchSize {
  readonly blocks: readonly [x: number, y?: number, z?: number];
  readonly threads: number;
  /** Dynamic shared memory of a block. */
  readonly sharedBytes?: number;
}

const COMPUTE_MAJOR = 75;
const COMPUTE_MINOR = 76;
const MAX_SHARED_BYTES = 8;
const CAPTURE_THIS_THREAD = 1;
const PARAMETER_BUFFER = 1n;
const PARAMETER_BYTES = 2n;
const NOT_READY = 600;

export class CudaDriver {
  readonly #call: ReturnType<typeof bind>;
  readonly #context: number;
  readonly stream: number;
  /** The name that the compiler knows the card by: `sm_90`. */
  readonly architecture: string;

  constructor(deviceId: number) {
    this.#call = bind();
    const call = this.#call;
    call.init(0);
    const device = out((to) => call.deviceGet(to, deviceId));
    this.#context = out((to) => call.retainContext(to, device));
    call.setContext(this.#context);
    const attribute = (which: number) => out((to) => call.deviceGetAttribute(to, which, device));
    this.architecture = `sm_${attribute(COMPUTE_MAJOR)}${attribute(COMPUTE_MINOR)}`;
    this.stream = out((to) => call.streamCreate(to, 1));
  }

  memory(): { readonly freeBytes: number; readonly totalBytes: number } {
    const [free, total] = [[0], [0]];
    this.#call.memGetInfo(free, total);
    return { freeBytes: free[0]!, totalBytes: total[0]! };
  }

  allocate(nBytes: number): DeviceAddress {
    return out((to) => this.#call.memAlloc(to, Math.max(256, nBytes)));
  }

  free(address: DeviceAddress): void {
    this.#call.memFree(address);
  }

  clear(address: DeviceAddress, nBytes: number): void {
    this.#call.memset(address, 0, nBytes, this.stream);
  }

  upload(address: DeviceAddress, data: NodeJS.TypedArray): void {
    this.#call.copyToDevice(address, bytesOf(data), data.byteLength, this.stream);
  }

  download(data: NodeJS.TypedArray, address: DeviceAddress): void {
    this.#call.copyToHost(bytesOf(data), address, data.byteLength, this.stream);
    this.synchronize();
  }

  /** Blocks this thread until everything asked of the stream is done. */
  synchronize(): void {
    this.#call.streamSynchronize(this.stream);
  }

  /** Whether something that was asked of the stream is still to be done. */
  isBusy(): boolean {
    return this.#call.isStreamBusy(this.stream);
  }

  loadModule(image: Uint8Array): (name: string) => Kernel {
    const module = out((to) => this.#call.moduleLoadData(to, image));
    return (name) => out((to) => this.#call.moduleGetFunction(to, module, name)) as Kernel;
  }

  /** Lets a kernel use more shared memory than the usual 48 KiB. */
  allowSharedBytes(kernel: Kernel, nBytes: number): void {
    this.#call.setFunctionAttribute(kernel, MAX_SHARED_BYTES, nBytes);
  }

  launch(kernel: Kernel, size: LaunchSize, parameters: readonly KernelParameter[]): void {
    const [x, y = 1, z = 1] = size.blocks;
    const { block, nBytes } = packParameters(parameters);
    const length = nativeBlock(8);
    length.view.setBigUint64(0, BigInt(nBytes), true);
    const extra = nativeBlock(40);
    for (const [i, word] of [PARAMETER_BUFFER, block.address, PARAMETER_BYTES, length.address, 0n].entries())
      extra.view.setBigUint64(8 * i, word, true);
    this.#call.launchKernel(
      kernel,
      x,
      y,
      z,
      size.threads,
      1,
      1,
      size.sharedBytes ?? 0,
      this.stream,
      0,
      extra.pointer,
    );
  }

  /** Everything that `record` asks of the stream, as one thing that is asked for at once. */
  capture(record: () => void): GraphRun {
    const call = this.#call;
    call.beginCapture(this.stream, CAPTURE_THIS_THREAD);
    record();
    const graph = out((to) => call.endCapture(this.stream, to));
    const run = out((to) => call.graphInstantiate(to, graph, 0)) as GraphRun;
    call.graphDestroy(graph);
    return run;
  }

  run(graph: GraphRun): void {
    this.#call.graphLaunch(graph, this.stream);
  }
}

function bind() {
  const library = loadLibrary(['libcuda.so.1']);
  const nameOf = library.fn('cuGetErrorName(int error, _Out_ const char **name)');
  const check = (name: string, code: number) => {
    if (code === 0) return;
    const word: [string] = [''];
    nameOf(code, word);
    throw new EnvironmentError(`${name.replace(/_v[0-9]+$/, '')} failed: ${word[0] || `error ${code}`}`, {
      action:
        word[0] === 'CUDA_ERROR_OUT_OF_MEMORY'
          ? 'Set a smaller --batch, or end other programs that use the device.'
          : 'Run verbatim doctor, or choose another provider.',
    });
  };
  const checked = (prototype: string) => {
    const call = library.fn(prototype);
    const name = prototype.slice(0, prototype.indexOf('('));
    return (...args: readonly unknown[]) => check(name, call(...args));
  };
  const query = library.fn('cuStreamQuery(uint64_t stream)');
  return {
    isStreamBusy: (stream: number) => {
      const code = query(stream);
      if (code !== NOT_READY) check('cuStreamQuery', code);
      return code === NOT_READY;
    },
    init: checked('cuInit(unsigned int flags)'),
    deviceGet: checked('cuDeviceGet(_Out_ int *device, int ordinal)'),
    deviceGetAttribute: checked('cuDeviceGetAttribute(_Out_ int *value, int attribute, int device)'),
    retainContext: checked('cuDevicePrimaryCtxRetain(_Out_ uint64_t *context, int device)'),
    setContext: checked('cuCtxSetCurrent(uint64_t context)'),
    streamCreate: checked('cuStreamCreate(_Out_ uint64_t *stream, unsigned int flags)'),
    streamSynchronize: checked('cuStreamSynchronize(uint64_t stream)'),
    memGetInfo: checked('cuMemGetInfo_v2(_Out_ uint64_t *free, _Out_ uint64_t *total)'),
    memAlloc: checked('cuMemAlloc_v2(_Out_ uint64_t *address, uint64_t nBytes)'),
    memFree: checked('cuMemFree_v2(uint64_t address)'),
    memset: checked('cuMemsetD8Async(uint64_t address, unsigned char value, uint64_t n, uint64_t stream)'),
    copyToDevice: checked(
      'cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, uint64_t nBytes, uint64_t stream)',
    ),
    copyToHost: checked(
      'cuMemcpyDtoHAsync_v2(_Out_ void *to, uint64_t from, uint64_t nBytes, uint64_t stream)',
    ),
    moduleLoadData: checked('cuModuleLoadData(_Out_ uint64_t *module, const void *image)'),
    moduleGetFunction: checked(
      'cuModuleGetFunction(_Out_ uint64_t *function, uint64_t module, const char *name)',
    ),
    setFunctionAttribute: checked('cuFuncSetAttribute(uint64_t function, int attribute, int value)'),
    launchKernel: checked(
      'cuLaunchKernel(uint64_t f, unsigned int gx, unsigned int gy, unsigned int gz, unsigned int bx, ' +
        'unsigned int by, unsigned int bz, unsigned int shared, uint64_t stream, uint64_t parameters, void *extra)',
    ),
    beginCapture: checked('cuStreamBeginCapture_v2(uint64_t stream, int mode)'),
    endCapture: checked('cuStreamEndCapture(uint64_t stream, _Out_ uint64_t *graph)'),
    graphInstantiate: checked(
      'cuGraphInstantiateWithFlags(_Out_ uint64_t *run, uint64_t graph, uint64_t flags)',
    ),
    graphDestroy: checked('cuGraphDestroy(uint64_t graph)'),
    graphLaunch: checked('cuGraphLaunch(uint64_t run, uint64_t stream)'),
  };
}

function out(ask: (to: [number]) => void): number {
  const to: [number] = [0];
  ask(to);
  return Number(to[0]);
}

const bytesOf = ({ buffer, byteOffset, byteLength }: NodeJS.TypedArray) =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Each at a multiple of its own size, like a C structure. */
function packParameters(parameters: readonly KernelParameter[]): { block: NativeBlock; nBytes: number } {
  const block = nativeBlock(8 * Math.max(1, parameters.length));
  let at = 0;
  for (const { kind, value } of parameters) {
    const size = kind === 'address' ? 8 : 4;
    at = Math.ceil(at / size) * size;
    if (kind === 'address') block.view.setBigUint64(at, BigInt(value), true);
    else if (kind === 'int') block.view.setInt32(at, value, true);
    else block.view.setFloat32(at, value, true);
    at += size;
  }
  return { block, nBytes: at };
}
