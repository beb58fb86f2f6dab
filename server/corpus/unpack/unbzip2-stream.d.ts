// What is used of a library that has no types.

declare module 'unbzip2-stream' {
  interface OldStream {
    on(event: 'data', listen: (piece: Buffer) => void): void;
    on(event: 'error', listen: (error: Error) => void): void;
    write(chunk: Buffer): void;
    end(): void;
  }
  const unbzip2Stream: () => OldStream;
  export = unbzip2Stream;
}
