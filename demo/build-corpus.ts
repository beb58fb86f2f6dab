/**
 * Builds the demo corpus: sources of pinned npm packages, as `.json.gz` shards in codeparrot-clean's row format.
 *
 *     node demo/build-corpus.ts [outDir]        (default: dist/demo-corpus)
 *
 * The demo model was trained on exactly these bytes, so the same commit gives the same uncompressed shards on every
 * machine: fixed order, no times, no locale. Nothing of the packages is kept in the repository.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chooseFiles } from './corpus-files.ts';
import { packageNames, readPackage } from './corpus-packages.ts';
import { formatRow } from './corpus-row.ts';
import { hashCorpus, type ShardFacts, writeShards } from './corpus-shards.ts';
import { installPackages } from './install-packages.ts';

export interface CorpusManifest {
  /** SHA-256 of the lockfile and of the scripts in this folder: while it holds, the output is up to date. */
  readonly recipe: string;
  /** SHA-256 of the uncompressed shards, one after the other. */
  readonly sha256: string;
  readonly rows: number;
  /** Bytes of the files' text, without the JSON around it. */
  readonly contentBytes: number;
  readonly shards: readonly ShardFacts[];
  readonly packages: readonly {
    readonly name: string;
    readonly version: string;
    readonly repository: string;
    readonly license: string;
    readonly files: number;
    readonly contentBytes: number;
  }[];
}

const N_SHARDS = 4;
const demoDir = import.meta.dirname;

/** Builds the corpus in `outDir` unless it is up to date there, and returns its manifest. */
async function buildDemoCorpus(options: {
  readonly outDir: string;
  readonly log: (line: string) => void;
}): Promise<CorpusManifest> {
  const { outDir, log } = options;
  const manifestPath = join(outDir, 'manifest.json');
  const recipe = hashRecipe();
  const existing = readManifest(manifestPath);
  if (existing?.recipe === recipe && existing.shards.every((shard) => existsSync(join(outDir, shard.name)))) {
    log(`The demo corpus in ${outDir} is up to date.`);
    return existing;
  }
  const corpusDir = join(demoDir, 'corpus');
  await installPackages(corpusDir, log);

  const licensesDir = join(outDir, 'licenses');
  // The manifest goes first and comes back last: an output without one is not a corpus but half of one.
  rmSync(manifestPath, { force: true });
  rmSync(licensesDir, { force: true, recursive: true });
  mkdirSync(licensesDir, { recursive: true });
  // Apart from the licences, so that naming this folder as a corpus names nothing but training data.
  rmSync(join(outDir, 'shards'), { force: true, recursive: true });
  mkdirSync(join(outDir, 'shards'));

  const rows: string[] = [];
  const packages = packageNames.map((name) => {
    const pkg = readPackage(join(corpusDir, 'node_modules'), name);
    const files = chooseFiles(pkg);
    rows.push(...files.map((file) => formatRow(pkg, file)));
    writeFileSync(join(licensesDir, `${name.replace('/', '__')}.txt`), pkg.licenseText);
    return {
      name,
      version: pkg.version,
      repository: pkg.repository,
      license: pkg.license,
      files: files.length,
      contentBytes: files.reduce((sum, file) => sum + Buffer.byteLength(file.content, 'utf8'), 0),
    };
  });
  const manifest: CorpusManifest = {
    recipe,
    sha256: hashCorpus(rows),
    rows: rows.length,
    contentBytes: packages.reduce((sum, pkg) => sum + pkg.contentBytes, 0),
    shards: writeShards(outDir, rows, N_SHARDS),
    packages,
  };
  writeFileSync(manifestPath, `${JSON.stringify(manifest, undefined, 2)}\n`);
  const megabytes = (manifest.contentBytes / 1e6).toFixed(1);
  log(`Wrote ${manifest.rows} files of ${packages.length} packages (${megabytes} MB) to ${outDir}.`);
  return manifest;
}

function hashRecipe(): string {
  const hash = createHash('sha256');
  const scripts = readdirSync(demoDir).filter((name) => name.endsWith('.ts'));
  for (const name of [...scripts.sort(), 'corpus/package-lock.json']) {
    // A checkout may have turned LF into CRLF; the recipe is the same.
    hash.update(`${name}\n${readFileSync(join(demoDir, name), 'utf8').replaceAll('\r\n', '\n')}\n`);
  }
  return hash.digest('hex');
}

function readManifest(path: string): CorpusManifest | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as CorpusManifest;
  } catch {
    return undefined; // None there, or an unreadable one: the corpus is then built anew.
  }
}

if (import.meta.main) {
  const outDir = resolve(process.argv[2] ?? join(demoDir, '..', 'dist', 'demo-corpus'));
  try {
    await buildDemoCorpus({ outDir, log: (line) => console.error(line) });
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
