export interface DemoPackage {
  readonly name: string;
  readonly version: string;
  readonly repository: string;
  readonly license: string;
  readonly sha512: string;
}
export function demoPackages(): readonly DemoPackage[];
export function demoLicenseFile(name: string): string;
