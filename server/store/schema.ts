// The study file's tables: one SQLite database a study, readable with any SQLite client. Migrations are
// numbered and only ever appended; `PRAGMA user_version` says how many have run.

export const migrations: readonly string[] = [
  `
-- What the study is, and how far it has come. One row.
CREATE TABLE study (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  plan TEXT NOT NULL,             -- JSON: StudyPlan, as asked for
  environment TEXT NOT NULL,      -- JSON: versions, provider, graph form, model digest; '{}' until known
  state TEXT NOT NULL,            -- running | complete | partial | cancelled | failed
  failure TEXT,                   -- the message of the last failure, if it ended with one
  created_at TEXT NOT NULL,       -- ISO 8601, UTC
  elapsed_ms REAL NOT NULL,       -- time spent running, over all runs
  analysed INTEGER NOT NULL       -- 1 when fragments and occurrences are up to date
) STRICT;

-- One output of the model, or one that was brought along.
CREATE TABLE samples (
  sample_id INTEGER PRIMARY KEY,  -- 0-based
  prompt_index INTEGER,           -- into the plan's prompts; NULL without a prompt
  ended TEXT NOT NULL,            -- eos | length | unknown
  n_tokens INTEGER NOT NULL,      -- tokens generated, prompt and EOS not counted
  tokens BLOB,                    -- uint32, little endian; NULL where unknown
  logprobs BLOB,                  -- float32, little endian, nats, one a token; NULL where unknown
  text BLOB NOT NULL              -- the bytes as generated
) STRICT;

CREATE TABLE shards (
  shard_id INTEGER PRIMARY KEY,   -- 0-based, corpus order
  path TEXT NOT NULL,             -- absolute
  name TEXT NOT NULL,
  format TEXT NOT NULL,           -- as server/corpus/shard-format.ts names it: jsonl, jsonl.gz, parquet, folder, …
  disk_bytes INTEGER NOT NULL,
  modified_ms REAL NOT NULL,      -- of the file, ms since 1970
  state TEXT NOT NULL,            -- pending | scanned | failed
  failure TEXT,                   -- why it failed, with the byte offset
  n_rows INTEGER NOT NULL,        -- documents read
  content_bytes INTEGER NOT NULL, -- bytes of document text
  n_problems INTEGER NOT NULL,
  partial BLOB                    -- the detector's partial result; NULL until scanned
) STRICT;

-- The first problems of each shard; shards.n_problems counts them all.
CREATE TABLE problems (
  shard_id INTEGER NOT NULL REFERENCES shards,
  ordinal INTEGER NOT NULL,
  kind TEXT NOT NULL,             -- DataProblem.kind
  byte_offset INTEGER NOT NULL,   -- in the decompressed stream
  message TEXT NOT NULL,
  PRIMARY KEY (shard_id, ordinal)
) STRICT, WITHOUT ROWID;

-- Training documents that hold at least one match.
CREATE TABLE documents (
  document_id INTEGER PRIMARY KEY, -- shard_id * 2^32 + row
  shard_id INTEGER NOT NULL REFERENCES shards,
  row INTEGER NOT NULL,           -- 0-based in its shard
  byte_offset INTEGER NOT NULL,   -- of the row, in the decompressed stream
  repository TEXT NOT NULL,       -- '' where unknown, likewise below
  path TEXT NOT NULL,
  license TEXT NOT NULL
) STRICT;

-- Ordered by train, extract, n_lines (descending), fingerprint: fragment_id is that rank.
CREATE TABLE fragments (
  fragment_id INTEGER PRIMARY KEY,
  fingerprint TEXT NOT NULL UNIQUE, -- MD5 of text, lower-case hex
  n_lines INTEGER NOT NULL,       -- significant lines
  text BLOB NOT NULL,             -- normalised lines joined by LF
  train INTEGER NOT NULL,         -- occurrences in the corpus
  n_documents INTEGER NOT NULL,
  n_repositories INTEGER NOT NULL,
  extract INTEGER NOT NULL,       -- occurrences in the samples
  n_samples INTEGER NOT NULL,
  clipped INTEGER NOT NULL,       -- 1 if it touches a sample's cut edge
  family INTEGER NOT NULL
) STRICT;
CREATE INDEX fragments_by_extract ON fragments (extract DESC, fragment_id);
CREATE INDEX fragments_by_length ON fragments (n_lines DESC, fragment_id);

-- Places, the first 1,000 of each fragment and side. Lines are raw, 1-based, inclusive; bytes count from
-- the start of the document's or the sample's text.
CREATE TABLE train_occurrences (
  fragment_id INTEGER NOT NULL REFERENCES fragments,
  ordinal INTEGER NOT NULL,
  document_id INTEGER NOT NULL REFERENCES documents,
  first_line INTEGER NOT NULL,
  last_line INTEGER NOT NULL,
  byte_offset INTEGER NOT NULL,
  n_bytes INTEGER NOT NULL,
  PRIMARY KEY (fragment_id, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX train_occurrences_by_document ON train_occurrences (document_id);

CREATE TABLE sample_occurrences (
  fragment_id INTEGER NOT NULL REFERENCES fragments,
  ordinal INTEGER NOT NULL,
  sample_id INTEGER NOT NULL REFERENCES samples,
  first_line INTEGER NOT NULL,
  last_line INTEGER NOT NULL,
  byte_offset INTEGER NOT NULL,
  n_bytes INTEGER NOT NULL,
  PRIMARY KEY (fragment_id, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX sample_occurrences_by_sample ON sample_occurrences (sample_id);

-- The memorised parts of each sample, whole and without overlap: never capped, so sums over them are exact.
CREATE TABLE memorised_ranges (
  sample_id INTEGER NOT NULL REFERENCES samples,
  ordinal INTEGER NOT NULL,
  n_lines INTEGER NOT NULL,       -- significant lines
  first_line INTEGER NOT NULL,
  last_line INTEGER NOT NULL,
  byte_offset INTEGER NOT NULL,
  n_bytes INTEGER NOT NULL,
  PRIMARY KEY (sample_id, ordinal)
) STRICT, WITHOUT ROWID;
`,
  `
-- Bytes of text that each token stands for: uint16, little endian; 0 for the end token; NULL where unknown.
ALTER TABLE samples ADD COLUMN token_bytes BLOB;

-- What each sample tells about itself and how much of it is memorised: remade with the fragments.
CREATE TABLE sample_metrics (
  sample_id INTEGER PRIMARY KEY REFERENCES samples,
  n_lines INTEGER NOT NULL,       -- significant lines
  n_memorised_lines INTEGER NOT NULL,
  n_tokens INTEGER,               -- tokens that stand for text; NULL where unknown, likewise below
  n_memorised_tokens INTEGER,     -- of them, those that begin in a memorised part
  mean_nll REAL,                  -- nats a token, over the tokens that stand for text
  windowed_perplexity REAL,       -- mean perplexity over windows of six significant lines
  zlib_bytes INTEGER NOT NULL     -- of the text, deflated at level 6 with zlib's header
) STRICT;

-- Mean negative log-likelihood, in nats a token, of samples that were scored once more.
CREATE TABLE sample_scores (
  scorer TEXT NOT NULL,           -- second-model | lowercase
  sample_id INTEGER NOT NULL REFERENCES samples,
  mean_nll REAL NOT NULL,
  PRIMARY KEY (scorer, sample_id)
) STRICT, WITHOUT ROWID;

-- What people say a fragment is. Labels belong to a text, so they outlive a new analysis.
CREATE TABLE labels (
  fingerprint TEXT NOT NULL,      -- of a fragment
  annotator TEXT NOT NULL,
  label TEXT NOT NULL,            -- a kind of docs/taxonomy.md
  note TEXT NOT NULL,             -- '' without one
  labelled_at TEXT NOT NULL,      -- ISO 8601, UTC
  PRIMARY KEY (fingerprint, annotator)
) STRICT, WITHOUT ROWID;

CREATE INDEX fragments_by_family ON fragments (family, fragment_id);
`,
  `
-- Where a file of the Hub comes from: JSON HubFile; NULL for one that was always here.
ALTER TABLE shards ADD COLUMN hub TEXT;

-- Places in gzip shards where reading can begin: those before documents that hold a match.
CREATE TABLE restart_points (
  shard_id INTEGER NOT NULL REFERENCES shards,
  byte_offset INTEGER NOT NULL,   -- decompressed bytes before it
  disk_offset INTEGER NOT NULL,   -- compressed bytes before it
  window BLOB NOT NULL,           -- the 32 KiB of output before it, deflated
  PRIMARY KEY (shard_id, byte_offset)
) STRICT;
`,
  `
-- What each fragment is and holds, by rules: made after the fragments, and remade with them.
CREATE TABLE fragment_facts (
  fragment_id INTEGER PRIMARY KEY REFERENCES fragments,
  category TEXT NOT NULL,         -- a kind of docs/taxonomy.md
  spdx_id TEXT NOT NULL,          -- of the licence whose text it is; '' for anything else
  sensitive TEXT NOT NULL         -- kinds of sensitive content, with commas between; '' for none
) STRICT;
CREATE INDEX fragment_facts_by_category ON fragment_facts (category, fragment_id);
CREATE INDEX fragment_facts_with_sensitive ON fragment_facts (fragment_id) WHERE sensitive <> '';

-- Families by their first fragment, so that a view opens without looking at all fragments.
CREATE TABLE families (
  fragment_id INTEGER PRIMARY KEY REFERENCES fragments, -- the first
  family INTEGER NOT NULL,
  n_fragments INTEGER NOT NULL,
  extract INTEGER NOT NULL,       -- of the first fragment, likewise below
  n_lines INTEGER NOT NULL
) STRICT;
CREATE INDEX families_by_extract ON families (extract DESC, fragment_id);
CREATE INDEX families_by_length ON families (n_lines DESC, fragment_id);

-- Fragments by where they occur, among the places that are kept.
CREATE TABLE fragment_groups (
  group_id INTEGER PRIMARY KEY,
  grouping TEXT NOT NULL,         -- category | licence | repository | sample
  name TEXT NOT NULL,             -- a sample's id for sample; '' where unknown
  n_fragments INTEGER NOT NULL
) STRICT;
CREATE INDEX fragment_groups_by_size ON fragment_groups (grouping, n_fragments DESC, name);
CREATE UNIQUE INDEX fragment_groups_by_name ON fragment_groups (grouping, name);
CREATE TABLE group_members (
  group_id INTEGER NOT NULL REFERENCES fragment_groups,
  fragment_id INTEGER NOT NULL REFERENCES fragments,
  PRIMARY KEY (group_id, fragment_id)
) STRICT, WITHOUT ROWID;
`,
  `
-- Words of the fragments' texts, to find fragments by; rowid is fragment_id. The texts are not kept again.
CREATE VIRTUAL TABLE fragment_words USING fts5 (
  text, tokenize = 'unicode61', detail = 'none', content = '', columnsize = 0
);
CREATE INDEX fragments_clipped ON fragments (fragment_id) WHERE clipped = 1;
CREATE INDEX fragments_by_counts ON fragments (train, extract, fragment_id);
`,
  `
CREATE INDEX fragment_facts_with_licence ON fragment_facts (category, spdx_id) WHERE spdx_id <> '';
`,
  `
-- Mean perplexity over windows of six lines, under that scorer; NULL where it was not measured.
ALTER TABLE sample_scores ADD COLUMN windowed_perplexity REAL;
`,
  `
-- Plans of version 2: a source instead of a pair of nulls, a flag for 8-bit products, and null for no nucleus cut.
UPDATE study SET plan = json_remove(
  json_set(plan,
    '$.version', 2,
    '$.source', CASE
      WHEN plan ->> '$.samples' IS NULL THEN json_object('kind', 'model', 'model', plan ->> '$.model')
      ELSE json_object('kind', 'samples', 'samples', plan ->> '$.samples', 'model', plan ->> '$.model')
    END,
    '$.sampling.topP', CASE WHEN plan ->> '$.sampling.topP' = 1 THEN NULL ELSE plan -> '$.sampling.topP' END,
    '$.sampling.int8', json(CASE WHEN plan ->> '$.sampling.products' = 'int8' THEN 'true' ELSE 'false' END)
  ),
  '$.model', '$.samples', '$.sampling.products'
) WHERE json_valid(plan) AND plan ->> '$.source' IS NULL;
`,
  `
-- Which tables that are made from other tables are up to date: a stage has a row once it is done.
CREATE TABLE stages (
  stage TEXT PRIMARY KEY,         -- import | analyse | describe | words | measure
  inputs_digest TEXT NOT NULL,    -- SHA-256 (hex) of what it was made from; '' where a version did it that noted nothing
  done_at TEXT NOT NULL           -- ISO 8601, UTC; '' likewise
) STRICT, WITHOUT ROWID;
INSERT INTO stages SELECT 'import', '', '' FROM study
  WHERE plan ->> '$.source.kind' = 'samples' AND EXISTS (SELECT 1 FROM samples);
INSERT INTO stages SELECT 'analyse', '', '' FROM study WHERE analysed = 1;
INSERT INTO stages SELECT 'describe', '', '' FROM study
  WHERE EXISTS (SELECT 1 FROM families) OR analysed = 1 AND NOT EXISTS (SELECT 1 FROM fragments);
INSERT INTO stages SELECT 'words', '', '' FROM study
  WHERE EXISTS (SELECT 1 FROM fragment_words_idx) OR analysed = 1 AND NOT EXISTS (SELECT 1 FROM fragments);
INSERT INTO stages SELECT 'measure', '', '' FROM study
  WHERE analysed = 1 AND (SELECT count(*) FROM samples) = (SELECT count(*) FROM sample_metrics);
-- Made anew without its column analysed: older SQLite cannot drop the last column where a comment stands before it.
CREATE TABLE study_before AS SELECT * FROM study;
DROP TABLE study;
CREATE TABLE study (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  plan TEXT NOT NULL,             -- JSON: StudyPlan, as asked for
  environment TEXT NOT NULL,      -- JSON: versions, provider, graph form, model digest; '{}' until known
  state TEXT NOT NULL,            -- running | complete | partial | cancelled | failed
  failure TEXT,                   -- the message of the last failure, if it ended with one
  created_at TEXT NOT NULL,       -- ISO 8601, UTC
  elapsed_ms REAL NOT NULL        -- time spent running, over all runs
) STRICT;
INSERT INTO study SELECT id, plan, environment, state, failure, created_at, elapsed_ms FROM study_before;
DROP TABLE study_before;
`,
  `
-- The order that views begin with: program logic before what is written everywhere, the longest first.
CREATE TABLE fragment_order (
  place INTEGER PRIMARY KEY,      -- from 1
  fragment_id INTEGER NOT NULL REFERENCES fragments
) STRICT;
CREATE UNIQUE INDEX fragment_order_by_fragment ON fragment_order (fragment_id);
INSERT INTO fragment_order
  SELECT row_number() OVER (
    ORDER BY CASE WHEN category = 'logic' THEN 0 WHEN category IN ('boilerplate', 'copyright', 'license') THEN 2
      ELSE 1 END, n_lines DESC, fragment_id
  ), fragment_id FROM fragments JOIN fragment_facts USING (fragment_id);

-- Families by their longest fragment, which leads them.
DROP TABLE families;
CREATE TABLE families (
  fragment_id INTEGER PRIMARY KEY REFERENCES fragments, -- the longest; of equally long ones the first
  family INTEGER NOT NULL,
  n_fragments INTEGER NOT NULL,
  extract INTEGER NOT NULL,       -- of the longest, likewise below
  n_lines INTEGER NOT NULL,
  place INTEGER NOT NULL          -- in fragment_order
) STRICT;
CREATE INDEX families_by_extract ON families (extract DESC, fragment_id);
CREATE INDEX families_by_length ON families (n_lines DESC, fragment_id);
CREATE INDEX families_by_place ON families (place);
CREATE INDEX fragments_of_family_by_length ON fragments (family, n_lines DESC, fragment_id);
INSERT INTO families
  SELECT fragment_id, family, n_fragments, extract, n_lines, place FROM (
    SELECT fragment_id, family, extract, n_lines,
      row_number() OVER (PARTITION BY family ORDER BY n_lines DESC, fragment_id) AS nth,
      count(*) OVER (PARTITION BY family) AS n_fragments
    FROM fragments
  ) JOIN fragment_order USING (fragment_id) WHERE nth = 1;
`,
  `
-- Extraction maps: the shards that a model has read, of the training data and of the control.
CREATE TABLE map_shards (
  shard_id INTEGER PRIMARY KEY REFERENCES shards,
  is_control INTEGER NOT NULL,    -- 1 for code that the model cannot have seen
  n_short INTEGER NOT NULL,       -- documents with less tokens than a window, which are not measured
  n_unfaithful INTEGER NOT NULL,  -- documents that the tokenizer does not give back as they are: not measured either
  n_tokens INTEGER NOT NULL,      -- of the documents that are measured
  n_windows INTEGER NOT NULL
) STRICT;

-- Documents that have a window, and all their windows in order.
CREATE TABLE map_documents (
  document_id INTEGER PRIMARY KEY REFERENCES documents,
  n_tokens INTEGER NOT NULL,
  n_windows INTEGER NOT NULL,
  best_logp REAL,                 -- of the likeliest window, nats; NULL where the rule draws none of them
  logp BLOB NOT NULL,             -- float32, little endian, nats, one a window; minus infinity where it is never drawn
  logp_plain BLOB NOT NULL,       -- likewise, under the whole softmax at temperature 1
  n_argmax BLOB NOT NULL,         -- uint32, little endian: tokens of the suffix that are the likeliest
  places BLOB NOT NULL,           -- uint32, little endian: byte offset of each suffix, then its bytes
  copies BLOB                     -- uint32: how often its text is in the training data; 0 not counted; NULL until counted
) STRICT;
CREATE INDEX map_documents_by_best ON map_documents (best_logp DESC, document_id);

-- Windows that are likely enough to be kept with their tokens. Lines and bytes are those of the suffix.
CREATE TABLE map_windows (
  document_id INTEGER NOT NULL REFERENCES map_documents,
  start INTEGER NOT NULL,         -- in tokens of the document
  logp REAL,                      -- nats; NULL where it is never drawn
  logp_plain REAL NOT NULL,
  n_argmax INTEGER NOT NULL,
  tokens BLOB NOT NULL,           -- uint32, little endian: prefix, then suffix
  first_line INTEGER NOT NULL,
  last_line INTEGER NOT NULL,
  byte_offset INTEGER NOT NULL,
  n_bytes INTEGER NOT NULL,
  PRIMARY KEY (document_id, start)
) STRICT, WITHOUT ROWID;

-- Kept windows whose suffixes touch, as one piece of text.
CREATE TABLE map_regions (
  document_id INTEGER NOT NULL REFERENCES map_documents,
  byte_offset INTEGER NOT NULL,
  n_bytes INTEGER NOT NULL,
  first_line INTEGER NOT NULL,
  last_line INTEGER NOT NULL,
  n_windows INTEGER NOT NULL,
  best_logp REAL NOT NULL,        -- of the likeliest window, nats
  fingerprint TEXT NOT NULL,      -- MD5 (hex) of its lines as the profile of the plan normalises them
  text BLOB NOT NULL,             -- as it stands in the document
  PRIMARY KEY (document_id, byte_offset)
) STRICT, WITHOUT ROWID;
CREATE INDEX map_regions_by_best ON map_regions (best_logp DESC, document_id, byte_offset);
`,
  `
-- The columns that were read of a shard of rows: JSON ColumnNames; NULL where it has none, or where a version did not note it.
ALTER TABLE shards ADD COLUMN columns TEXT;

-- What became of files that are no shard of their own: those of folders, and those that listing the corpus passed over.
-- A file that is a shard is told by shards. Studies of earlier versions have no row.
CREATE TABLE file_counts (
  shard_id INTEGER NOT NULL,      -- the folder; -1 for what belongs to no shard
  state TEXT NOT NULL,            -- pending | searched | passed-over | problem
  reason TEXT NOT NULL,           -- why it was not searched; '' for the others
  n_files INTEGER NOT NULL,
  PRIMARY KEY (shard_id, state, reason)
) STRICT, WITHOUT ROWID;

-- The first of them that were not searched, at most 10,000 a shard_id.
CREATE TABLE unsearched_files (
  shard_id INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  state TEXT NOT NULL,            -- passed-over | problem
  reason TEXT NOT NULL,
  path TEXT NOT NULL,             -- absolute
  PRIMARY KEY (shard_id, ordinal)
) STRICT, WITHOUT ROWID;
`,
  `
CREATE INDEX map_regions_by_fingerprint ON map_regions (fingerprint, best_logp DESC, document_id, byte_offset);

-- Windows that are looked at more closely: those with the lowest ranks, which are drawn at random.
CREATE TABLE map_examined (
  document_id INTEGER NOT NULL REFERENCES map_documents,
  start INTEGER NOT NULL,         -- in tokens of the document
  rank REAL NOT NULL,             -- from 0 to 1, of the document and the window alone
  tokens BLOB NOT NULL,           -- uint32, little endian: prefix, then suffix
  n_edits INTEGER,                -- tokens between the suffix and what greedy decoding gives behind the prefix alone; NULL until made
  n_unrelated INTEGER,            -- prefixes of other documents that its suffix was put behind; NULL until it was, likewise below
  plain_own REAL,                 -- log-probability behind its own prefix alone, nats, under the whole softmax at temperature 1
  plain_unrelated REAL,           -- mean of those behind the others
  drawn_own REAL,                 -- under the rule of drawing; NULL where it is never drawn, likewise below
  drawn_unrelated REAL,           -- logarithm of the mean probability behind the others
  PRIMARY KEY (document_id, start)
) STRICT, WITHOUT ROWID;
UPDATE study SET plan = json_set(plan, '$.map.examine', 0)
  WHERE json_valid(plan) AND plan -> '$.map' IS NOT NULL AND plan -> '$.map.examine' IS NULL;
`,
  `
UPDATE study SET plan = json_set(plan, '$.map.anchor', 'start')
  WHERE json_valid(plan) AND plan -> '$.map' IS NOT NULL AND plan -> '$.map.anchor' IS NULL;
`,
  `
-- Documents of the control, code that the model cannot have seen, cut to the samples' lengths and looked for as samples are.
CREATE TABLE control_samples (
  control_id INTEGER PRIMARY KEY, -- 0-based
  n_lines INTEGER NOT NULL,       -- significant lines
  n_memorised_lines INTEGER NOT NULL -- of them, those that the corpus has, too
) STRICT;
`,
  `
-- Windows: as many significant lines in a row as a match needs. NULL where a version did not count them, likewise below.
ALTER TABLE memorised_ranges ADD COLUMN n_windows INTEGER; -- those in it that stand in the corpus
ALTER TABLE sample_metrics ADD COLUMN n_windows INTEGER;
ALTER TABLE sample_metrics ADD COLUMN n_memorised_windows INTEGER; -- of them, those that stand in the corpus
ALTER TABLE control_samples ADD COLUMN n_windows INTEGER;
ALTER TABLE control_samples ADD COLUMN n_memorised_windows INTEGER;
-- 1 for a sample that only repeats itself.
ALTER TABLE sample_metrics ADD COLUMN is_loop INTEGER;
`,
  `
-- What stands right before a region and behind it, to tell whether it is a part of a secret: the rest of its lines, and of a
-- private key that it is cut out of. NULL where a version did not keep it.
ALTER TABLE map_regions ADD COLUMN text_before BLOB;
ALTER TABLE map_regions ADD COLUMN text_after BLOB;
`,
  `
-- Windows that the sampler draws again and again: they must come as often as the map says.
CREATE TABLE map_calibration (
  ordinal INTEGER PRIMARY KEY,    -- from 0, in an order drawn at random
  document_id INTEGER NOT NULL REFERENCES map_documents,
  start INTEGER NOT NULL,         -- in tokens of the document
  logp REAL NOT NULL,             -- behind the prefix alone, nats, under the rule of drawing
  n_draws INTEGER NOT NULL,
  n_came INTEGER                  -- draws that gave the suffix; NULL until all were made
) STRICT;
UPDATE study SET plan = json_set(plan, '$.map.calibrate', 0)
  WHERE json_valid(plan) AND plan -> '$.map' IS NOT NULL AND plan -> '$.map.calibrate' IS NULL;
`,
];

/** Marks a SQLite file as a study ("VRBM"), so that another program's database is never taken for one. */
export const APPLICATION_ID = 0x5652424d;

/** Rows in a shard are fewer than 2^32, shards fewer than 2^21: the id stays a safe integer. */
export const documentId = (shardId: number, row: number): number => shardId * 2 ** 32 + row;

export const splitDocumentId = (id: number): { readonly shard: number; readonly row: number } => ({
  shard: Math.floor(id / 2 ** 32),
  row: id >>> 0,
});
