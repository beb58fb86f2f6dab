export function bundleOfStrings(): Readonly<Record<string, string>>;
export function bundleText(): string;
