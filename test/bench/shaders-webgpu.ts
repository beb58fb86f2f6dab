// What the bench of shaders takes of WebGPU. The package `webgpu`, Dawn's bindings for Node, is none of the project's:
// who wants these figures brings it, and its own types are not there for who does not.

export const WEBGPU_PACKAGE = 'webgpu';
export const HOW_TO_BRING_IT = 'npm install --no-save webgpu@0.6.2';

export interface WebgpuPackage {
  create(options: readonly string[]): { requestAdapter(options: object): Promise<GpuAdapter | null> };
}

export interface GpuAdapter {
  readonly features: ReadonlySet<string>;
  readonly limits: Readonly<Record<string, number>>;
  readonly info: {
    readonly description: string;
    readonly subgroupMinSize: number;
    readonly subgroupMaxSize: number;
    /** Shapes of products on tensor cores, where they are switched on. */
    readonly subgroupMatrixConfigs?: Iterable<{
      readonly M: number;
      readonly N: number;
      readonly K: number;
      readonly componentType: string;
      readonly resultComponentType: string;
    }>;
  };
  requestDevice(options: object): Promise<GpuDevice>;
}

export interface GpuDevice {
  readonly queue: {
    writeBuffer(buffer: GpuBuffer, offset: number, data: Uint8Array): void;
    submit(commands: readonly object[]): void;
    onSubmittedWorkDone(): Promise<void>;
  };
  createBuffer(options: { readonly size: number; readonly usage: number }): GpuBuffer;
  createShaderModule(options: { readonly code: string }): object;
  createComputePipelineAsync(options: object): Promise<GpuPipeline>;
  createBindGroup(options: object): object;
  createCommandEncoder(): {
    beginComputePass(): GpuPass;
    copyBufferToBuffer(from: GpuBuffer, fromAt: number, to: GpuBuffer, toAt: number, nBytes: number): void;
    finish(): object;
  };
  pushErrorScope(kind: 'validation' | 'internal' | 'out-of-memory'): void;
  popErrorScope(): Promise<{ readonly message: string } | null>;
  addEventListener(
    kind: 'uncapturederror',
    listener: (event: { readonly error: { readonly message: string } }) => void,
  ): void;
  destroy(): void;
}

export interface GpuBuffer {
  readonly size: number;
  mapAsync(mode: number): Promise<void>;
  getMappedRange(): ArrayBuffer;
  destroy(): void;
}

export interface GpuPipeline {
  getBindGroupLayout(index: number): object;
}

interface GpuPass {
  setPipeline(pipeline: GpuPipeline): void;
  setBindGroup(index: number, group: object): void;
  dispatchWorkgroups(x: number, y: number): void;
  end(): void;
}

/** The standard's numbers. */
export const BUFFER_USAGE = { mapRead: 0x1, copySrc: 0x4, copyDst: 0x8, storage: 0x80 } as const;
export const MAP_READ = 0x1;
