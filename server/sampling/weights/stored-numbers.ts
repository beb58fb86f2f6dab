// The place of a PyTorch storage's numbers. Knows neither the file that says so nor what is done with them.

/** The bytes of one storage inside a file: as they are, or packed by the archive that holds them. */
export interface StoredNumbers {
  readonly file: string;
  /** From the start of the file. */
  readonly byteOffset: number;
  readonly nPacked: number;
  /** True where the bytes lie there as they are; false where they have to be inflated. */
  readonly isStored: boolean;
  /** The size once inflated. */
  readonly nBytes: number;
}
