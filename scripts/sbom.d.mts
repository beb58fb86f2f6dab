export function sbom(folders: readonly string[], seconds: number): string;
