// Which of NVIDIA's libraries sampling on CUDA needs, for each major version of CUDA: the compiler of kernels and the
// products of matrices. The driver brings everything else.

/** The newest first. */
export const CUDA_MAJORS = [13, 12] as const;
export type CudaMajor = (typeof CUDA_MAJORS)[number];

/** Names that the loader is asked for. */
export const librariesOf = (major: CudaMajor) =>
  ({ compiler: `libnvrtc.so.${major}`, products: `libcublasLt.so.${major}` }) as const;

/** Python packages that carry them, with the files that are taken out of each. */
export function packagesOf(major: CudaMajor): readonly { readonly name: string; readonly files: RegExp }[] {
  const suffix = major === 12 ? '-cu12' : '';
  return [
    {
      name: `nvidia-cuda-nvrtc${suffix}`,
      files: new RegExp(`^libnvrtc(\\.so\\.${major}|-builtins\\.so\\.${major}\\.\\d+)$`),
    },
    { name: `nvidia-cublas${suffix}`, files: new RegExp(`^libcublasLt\\.so\\.${major}$`) },
  ];
}

/** The driver's first version for each: NVIDIA's table of minor version compatibility. */
const LEAST_DRIVER: Readonly<Record<CudaMajor, number>> = { 13: 580, 12: 525 };

/** The majors that a driver such as `580.95.05` runs, the newest first; all of them where its version is not known. */
export function majorsOfDriver(version: string | null): readonly CudaMajor[] {
  const driver = Number.parseInt(version ?? '', 10);
  return Number.isNaN(driver) ? CUDA_MAJORS : CUDA_MAJORS.filter((major) => driver >= LEAST_DRIVER[major]);
}
