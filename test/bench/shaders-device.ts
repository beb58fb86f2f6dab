// A card as the bench of shaders speaks to it: buffers, kernels, and lists of operations that are handed over at once.

import { type ShaderConstants, shaderSource } from './shaders-source.ts';
import {
  BUFFER_USAGE,
  type GpuAdapter,
  type GpuBuffer,
  type GpuDevice,
  type GpuPipeline,
  MAP_READ,
  WEBGPU_PACKAGE,
  type WebgpuPackage,
} from './shaders-webgpu.ts';

export type Values = Uint32Array | Float32Array | Float16Array;

/** One kernel with its buffers, by binding, and its workgroups. */
export interface Operation {
  readonly pipeline: GpuPipeline;
  readonly group: object;
  readonly workgroups: readonly [x: number, y: number];
}

/** Dawn keeps tensor cores behind switches; its checks of bounds, which cost them a sixth, are off there. */
export const TENSOR_CORE_SWITCHES = [
  'allow_unsafe_apis',
  'vulkan_enable_f16_on_nvidia',
  'use_vulkan_memory_model',
  'disable_robustness',
];

const LIMITS = ['maxBufferSize', 'maxStorageBufferBindingSize', 'maxComputeWorkgroupStorageSize'] as const;
const TENSOR_CORE_FEATURES = ['shader-f16', 'chromium-experimental-subgroup-matrix'] as const;
const MOST_BYTES_A_WRITE = 64 << 20;
const ROUNDS = 3;
/** Lists of operations that are handed over together while they are timed. */
const LISTS_AT_ONCE = 10;

export class ShaderDevice {
  readonly name: string;
  /** Lanes of a subgroup, at least: one where there are none. */
  readonly nLanes: number;
  /** Or why a product cannot run on tensor cores. */
  readonly tensorCores: 'there' | { readonly missing: string };
  /** Kept, because the package frees it under its devices when nothing else holds it. */
  readonly instance: object;
  readonly #device: GpuDevice;
  /** A wrong kernel or buffer is told by no call: only here. */
  readonly #errors: string[] = [];

  private constructor(instance: object, adapter: GpuAdapter, device: GpuDevice) {
    this.instance = instance;
    this.name = adapter.info.description;
    this.nLanes = adapter.features.has('subgroups') ? adapter.info.subgroupMinSize : 1;
    this.tensorCores = findTensorCores(adapter);
    this.#device = device;
    device.addEventListener('uncapturederror', ({ error }) => this.#errors.push(error.message));
  }

  /** Null without a card. */
  static async open(switches: readonly string[]): Promise<ShaderDevice | null> {
    const { create }: WebgpuPackage = await import(WEBGPU_PACKAGE);
    const options = switches.length > 0 ? [`enable-dawn-features=${switches.join(',')}`] : [];
    const instance = create(options);
    const adapter = await instance.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter === null) return null;
    const device = await adapter.requestDevice({
      requiredFeatures: ['subgroups', ...TENSOR_CORE_FEATURES].filter((name) => adapter.features.has(name)),
      requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
    });
    return new ShaderDevice(instance, adapter, device);
  }

  end(): void {
    this.#device.destroy();
  }

  buffer(nBytes: number): GpuBuffer {
    const { storage, copyDst, copySrc } = BUFFER_USAGE;
    return this.#device.createBuffer({ size: nBytes, usage: storage | copyDst | copySrc });
  }

  upload(values: Values): GpuBuffer {
    const buffer = this.buffer(values.byteLength);
    this.write(buffer, values);
    return buffer;
  }

  /** In pieces of bytes: the package ends the process for a Float16Array, and holds a copy of what it is given. */
  write(buffer: GpuBuffer, values: Values): void {
    const bytes = new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
    for (let at = 0; at < bytes.length; at += MOST_BYTES_A_WRITE)
      this.#device.queue.writeBuffer(buffer, at, bytes.subarray(at, at + MOST_BYTES_A_WRITE));
  }

  async download(buffer: GpuBuffer): Promise<ArrayBuffer> {
    const { mapRead, copyDst } = BUFFER_USAGE;
    const there = this.#device.createBuffer({ size: buffer.size, usage: mapRead | copyDst });
    const encoder = this.#device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, there, 0, buffer.size);
    this.#device.queue.submit([encoder.finish()]);
    await there.mapAsync(MAP_READ);
    const bytes = there.getMappedRange().slice(0);
    there.destroy();
    this.#throwErrors();
    return bytes;
  }

  /** Throws what the compiler says against it. */
  async compile(files: readonly string[], constants: ShaderConstants): Promise<GpuPipeline> {
    const device = this.#device;
    device.pushErrorScope('validation');
    device.pushErrorScope('internal');
    let refused: unknown = null;
    let pipeline: GpuPipeline | null = null;
    try {
      const module = device.createShaderModule({ code: shaderSource(files, constants) });
      const compute = { module, entryPoint: 'main' };
      pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute });
    } catch (cause) {
      refused = cause;
    }
    const told = [await device.popErrorScope(), await device.popErrorScope()].find((one) => one !== null);
    if (told || pipeline === null)
      throw new Error(`${files[0]} does not compile: ${told?.message ?? (refused as Error).message}`);
    return pipeline;
  }

  operation(pipeline: GpuPipeline, buffers: readonly GpuBuffer[], x: number, y = 1): Operation {
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
    const group = this.#device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
    return { pipeline, group, workgroups: [x, y] };
  }

  /** Hands them over; the card does them one after the other. */
  run(operations: readonly Operation[]): void {
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { pipeline, group, workgroups } of operations) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...workgroups);
    }
    pass.end();
    this.#device.queue.submit([encoder.finish()]);
  }

  /** Throws what went wrong meanwhile. */
  async wait(): Promise<void> {
    await this.#device.queue.onSubmittedWorkDone();
    this.#throwErrors();
  }

  /** Milliseconds that the operations take one after the other: the best of some rounds of about `n` repetitions. */
  async time(operations: readonly Operation[], n: number): Promise<number> {
    const nAtOnce = Math.min(Math.ceil(n), LISTS_AT_ONCE);
    const together = Array.from({ length: nAtOnce }, () => operations).flat();
    const nTogether = Math.ceil(n / nAtOnce);
    this.run(operations);
    await this.wait();
    let best = Infinity;
    for (let round = 0; round < ROUNDS; round++) {
      const startedAt = performance.now();
      for (let k = 0; k < nTogether; k++) this.run(together);
      await this.wait();
      best = Math.min(best, (performance.now() - startedAt) / (nTogether * nAtOnce));
    }
    return best;
  }

  #throwErrors(): void {
    if (this.#errors.length > 0) throw new Error(`WebGPU says: ${this.#errors[0]}`);
  }
}

function findTensorCores({ features, info }: GpuAdapter): ShaderDevice['tensorCores'] {
  const lacking = TENSOR_CORE_FEATURES.find((name) => !features.has(name));
  if (lacking) return { missing: `the adapter does not offer ${lacking}` };
  if (info.subgroupMinSize !== 32 || info.subgroupMaxSize !== 32)
    return { missing: `subgroups of ${info.subgroupMinSize} to ${info.subgroupMaxSize} lanes, not of 32` };
  const fits = [...(info.subgroupMatrixConfigs ?? [])].some(
    ({ M, N, K, componentType, resultComponentType }) =>
      M === 16 && N === 16 && K === 16 && componentType === 'f16' && resultComponentType === 'f32',
  );
  return fits ? 'there' : { missing: 'no product of 16 × 16 × 16 halves with sums in 32 bits' };
}
