export function notices(folders: readonly string[]): Promise<string>;
