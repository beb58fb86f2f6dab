// Brings the shards of a corpus into the cache while other work goes on, a few at a time and in order, so
// that a scan can read each as it arrives. Where shards are not kept, it runs only a few ahead of the scan
// and removes each after it, so that a corpus larger than the disk passes through.

import { rmSync } from 'node:fs';
import type { HubFile, Shard } from '../corpus/shard.ts';
import { EnvironmentError, UserError } from '../errors.ts';
import { checkDisk } from './check-disk.ts';
import { blobPath, hasFile } from './hub-cache.ts';
import type { HubAccess } from './list-repository.ts';

export interface FetchPlan {
  readonly access: HubAccess;
  /** Shards still to be scanned, in the order in which they will be. */
  readonly shards: readonly Shard[];
  readonly keep: 'always' | 'never';
  readonly signal: AbortSignal;
}

const PARALLEL = 4;
const TELL_MS = 200;
/** The most shards that are fetched ahead of the scan where shards are not kept. */
const AHEAD = 6;

export class ShardFetcher {
  readonly #plan: FetchPlan;
  readonly #missing: readonly Shard[];
  readonly #arrivals = new Map<string, Promise<void>>();
  readonly #ours = new Set<string>();
  readonly #startedAt = performance.now();
  #nArrived = 0;
  #onProgress: (text: string) => void = () => {};
  #toldAt = 0;
  #nextUp = 0;
  #nRunning = 0;
  #nAhead = 0;

  private constructor(plan: FetchPlan, missing: readonly Shard[]) {
    this.#plan = plan;
    this.#missing = missing;
  }

  /** Throws before anything is fetched when it may not be, or does not fit. */
  static async start(plan: FetchPlan): Promise<ShardFetcher> {
    const missing = plan.shards.filter(
      (shard) => shard.hub && !shard.remote && !hasFile(shard.path, shard.nBytes),
    );
    const { settings, fetch } = plan.access;
    if (missing.length > 0 && fetch === null) throw mayNotFetch(plan, missing);
    const sizes = missing.map(({ nBytes }) => nBytes);
    const needed = plan.keep === 'always' ? sizes : sizes.toSorted((a, b) => b - a).slice(0, AHEAD);
    const way =
      plan.keep === 'always'
        ? ' With --keep-shards never each shard is removed after its scan, and with stream it is never stored.'
        : '';
    await checkDisk(
      settings.cacheFolder,
      needed.reduce((sum, n) => sum + n, 0),
      way,
    );
    const fetcher = new ShardFetcher(plan, missing);
    fetcher.#fill();
    return fetcher;
  }

  /** Tells from now on, in words, how far fetching is. */
  listen(onProgress: (text: string) => void): void {
    this.#onProgress = onProgress;
  }

  /** Resolves with the shard when it can be read; rejects when it cannot be fetched. */
  async arrived(shard: Shard): Promise<Shard> {
    if (this.#missing.includes(shard)) await this.#begin(shard);
    return shard;
  }

  /** The shard has been scanned. */
  release(shard: Shard): void {
    if (!this.#ours.has(shard.path)) return;
    if (this.#plan.keep === 'never') {
      this.#ours.delete(shard.path);
      this.#nAhead--;
      rmSync(shard.path, { force: true });
      rmSync(blobPath(this.#plan.access.settings, shard.hub!, shard.hub!.hash), { force: true });
    }
    this.#fill();
  }

  /** Starts what may run now. */
  #fill(): void {
    const { keep, signal } = this.#plan;
    while (
      !signal.aborted &&
      this.#nextUp < this.#missing.length &&
      this.#nRunning < PARALLEL &&
      (keep === 'always' || this.#nAhead < AHEAD)
    ) {
      // A failure is told to whoever waits for the shard.
      this.#begin(this.#missing[this.#nextUp++]!).catch(() => {});
    }
  }

  #advance(nBytes: number, { name }: Shard): void {
    this.#nArrived += nBytes;
    const now = performance.now();
    if (now - this.#toldAt < TELL_MS) return;
    this.#toldAt = now;
    const total = this.#missing.reduce((sum, shard) => sum + shard.nBytes, 0);
    const perMs = this.#nArrived / (now - this.#startedAt);
    const megabytes = (n: number) => (n / 1e6).toFixed(1);
    const left = Math.ceil((total - this.#nArrived) / perMs / 1000);
    this.#onProgress(
      `fetching ${name}: ${megabytes(this.#nArrived)}/${megabytes(total)} MB, ${megabytes(perMs * 1000)} MB/s, ${left} s left`,
    );
  }

  #begin(shard: Shard): Promise<void> {
    const begun = this.#arrivals.get(shard.path);
    if (begun) return begun;
    this.#nRunning++;
    this.#nAhead++;
    const arrival = this.#fetch(shard, shard.hub!).finally(() => {
      this.#nRunning--;
      this.#fill();
    });
    this.#arrivals.set(shard.path, arrival);
    return arrival;
  }

  async #fetch(shard: Shard, { commit, path, hash }: HubFile): Promise<void> {
    const { access, signal } = this.#plan;
    try {
      const { downloadFile } = await import('./download-file.ts');
      await downloadFile({
        settings: access.settings,
        fetch: access.fetch!,
        repo: shard.hub!,
        commit,
        file: { path, nBytes: shard.nBytes, hash },
        signal,
        onBytes: (n) => this.#advance(n, shard),
      });
      this.#ours.add(shard.path);
    } catch (error) {
      this.#nAhead--;
      throw error;
    }
  }
}

function mayNotFetch({ access }: FetchPlan, missing: readonly Shard[]): UserError | EnvironmentError {
  const { settings } = access;
  const what = `${missing.length} shards of ${missing[0]!.hub!.repository} are not in ${settings.cacheFolder}`;
  return settings.isOffline
    ? new EnvironmentError(`${what}, and HF_HUB_OFFLINE is set`, {
        action: 'Unset HF_HUB_OFFLINE to fetch them.',
      })
    : new UserError(`${what}, and this run may not fetch anything`, {
        action: 'In an editor, trust the workspace first.',
      });
}
