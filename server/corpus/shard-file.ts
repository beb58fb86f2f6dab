// What readers are given of a shard, on this machine or on another.

/** A shard's file that is open, wherever it lies. */
export interface ShardFile extends AsyncDisposable {
  /** What it was when it was opened. */
  readonly size: number;
  /** At most `nBytes` bytes from `position` on; fewer at its end. Throws `EnvironmentError`. */
  read(position: number, nBytes: number): Promise<Buffer>;
  /** Whether it is another by now. One that lies elsewhere says so when it is read. */
  hasChanged(): Promise<boolean>;
}
