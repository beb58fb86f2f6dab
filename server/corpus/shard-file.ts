// What readers are given of a shard, on this machine or on another.

/** A shard's file that is open, wherever it lies. */
export interface ShardFile extends AsyncDisposable {
  /** What it was when it was opened. */
  readonly size: number;
  /**
   * At most `nBytes` bytes from `position` on; fewer at its end. Throws `EnvironmentError`. They may come in `into`, which has
   * room for them, for who needs them only until the next call.
   */
  read(position: number, nBytes: number, into?: Buffer): Promise<Buffer>;
  /** Whether it is another by now. One that lies elsewhere says so when it is read. */
  hasChanged(): Promise<boolean>;
}
