export interface PackageTarget {
  readonly runtime: string | null;
  readonly maxBytes: number;
}

export const targets: Readonly<Record<string, PackageTarget>>;
