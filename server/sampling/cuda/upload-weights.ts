// Weights from their files into the device's memory, a piece at a time, in the type that the kernels want.

import { readSync } from 'node:fs';
import { UserError } from '../../errors.ts';
import { OpenFiles } from '../weights/open-files.ts';
import type { Weight } from '../weights/safetensors.ts';
import type { CudaDriver, DeviceAddress, Kernel } from './cuda-driver.ts';

export type Wanted = 'float16' | 'float32';

const PIECE_BYTES = 64 << 20;
const BYTES = { float32: 4, float16: 2, bfloat16: 2 } as const;

export class WeightUpload {
  readonly #driver: CudaDriver;
  readonly #convert: (name: string) => Kernel;
  readonly #staged: DeviceAddress;
  readonly #piece = Buffer.allocUnsafe(PIECE_BYTES);
  readonly #files = new OpenFiles();

  constructor(driver: CudaDriver, kernel: (name: string) => Kernel) {
    this.#driver = driver;
    this.#convert = kernel;
    this.#staged = driver.allocate(PIECE_BYTES);
  }

  /** Fills the memory at `to` with the tensor's values. */
  put(tensor: Weight, to: DeviceAddress, wanted: Wanted): void {
    const file = this.#files.open(tensor.file);
    const size = BYTES[tensor.type];
    for (let done = 0; done < tensor.nBytes; ) {
      const nBytes = Math.min(PIECE_BYTES, tensor.nBytes - done);
      const nRead = readSync(file, this.#piece, 0, nBytes, tensor.byteOffset + done);
      if (nRead !== nBytes) {
        throw new UserError(`${tensor.file} ends within its weights.`, {
          action: 'Download or copy the model again.',
        });
      }
      const target = to + (done / size) * BYTES[wanted];
      if (tensor.type === wanted) this.#driver.upload(target, this.#piece.subarray(0, nBytes));
      else this.#putConverted(tensor.type, nBytes / size, target, wanted);
      done += nBytes;
    }
  }

  close(): void {
    this.#driver.synchronize();
    this.#driver.free(this.#staged);
    this.#files.close();
  }

  #putConverted(type: Weight['type'], nValues: number, to: DeviceAddress, wanted: Wanted): void {
    // The piece before may still be read by its conversion.
    this.#driver.synchronize();
    this.#driver.upload(this.#staged, this.#piece.subarray(0, nValues * BYTES[type]));
    const name = { float32: 'Float', float16: 'Half', bfloat16: 'Bfloat' }[type];
    const kernel = this.#convert(`${wanted === 'float16' ? 'half' : 'float'}From${name}`);
    this.#driver.launch(kernel, { blocks: [Math.min(4096, Math.ceil(nValues / 256))], threads: 256 }, [
      { kind: 'address', value: this.#staged },
      { kind: 'address', value: to },
      { kind: 'address', value: nValues },
    ]);
  }
}
