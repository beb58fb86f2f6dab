// CUDA C to machine code by NVIDIA's runtime compiler, for one device and one model: sizes are constants there.

import { librariesOf, majorsOfDriver } from '../providers/cuda-libraries.ts';
import { driverVersion } from '../providers/find-cuda.ts';
import { loadLibrary } from './foreign-functions.ts';

/** `defines` become macros. Throws an Error with the compiler's words for a source that is wrong. */
export function compileKernels(
  source: string,
  architecture: string,
  defines: Readonly<Record<string, string | number>>,
): Uint8Array {
  const nvrtc = loadLibrary(majorsOfDriver(driverVersion()).map((major) => librariesOf(major).compiler));
  const create = nvrtc.fn(
    'nvrtcCreateProgram(_Out_ uint64_t *program, const char *source, const char *name, int nHeaders, uint64_t headers, uint64_t names)',
  );
  const compile = nvrtc.fn('nvrtcCompileProgram(uint64_t program, int nOptions, const char **options)');
  const logSize = nvrtc.fn('nvrtcGetProgramLogSize(uint64_t program, _Out_ uint64_t *size)');
  const log = nvrtc.fn('nvrtcGetProgramLog(uint64_t program, _Out_ uint8_t *log)');
  const size = nvrtc.fn('nvrtcGetCUBINSize(uint64_t program, _Out_ uint64_t *size)');
  const code = nvrtc.fn('nvrtcGetCUBIN(uint64_t program, _Out_ uint8_t *code)');
  const destroy = nvrtc.fn('nvrtcDestroyProgram(_Inout_ uint64_t *program)');

  const program: [number] = [0];
  create(program, source, 'decoder.cu', 0, 0, 0);
  try {
    const options = [
      `--gpu-architecture=${architecture}`,
      '--std=c++17',
      ...Object.entries(defines).map(([name, value]) => `-D${name}=${value}`),
    ];
    const status = compile(program[0], options.length, options);
    const nBytes: [number] = [0];
    if (status !== 0) {
      logSize(program[0], nBytes);
      const text = Buffer.alloc(Number(nBytes[0]));
      log(program[0], text);
      throw new Error(
        `The kernels do not compile (${status}): ${text.toString('latin1').replace(/\0+$/, '')}`,
      );
    }
    size(program[0], nBytes);
    const image = Buffer.alloc(Number(nBytes[0]));
    code(program[0], image);
    return image;
  } finally {
    destroy(program);
  }
}
