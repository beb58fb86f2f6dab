// What holds for the rows of every study that Verbatim wrote, beyond what its schema says: each rule finds a row that
// breaks it. They are asked when something went wrong, and take as long as reading the tables does.

import { shardFormats } from '../corpus/shard-format.ts';

/** A query for each thing that can be wrong, named as the end of "it is damaged": it has a row if that is so. */
export const contentRules: Readonly<Record<string, string>> = {
  'it holds no study': 'SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM study)',
  'its state is none':
    "SELECT 1 FROM study WHERE state NOT IN ('running', 'complete', 'partial', 'cancelled', 'failed')",
  'a sample is none': `SELECT 1 FROM samples WHERE sample_id < 0 OR n_tokens < 0
    OR ended NOT IN ('eos', 'length', 'unknown') OR length(tokens) <> 4 * n_tokens OR length(logprobs) <> 4 * n_tokens
    OR length(token_bytes) <> 2 * n_tokens OR prompt_index < 0`,
  'a shard is none': `SELECT 1 FROM shards WHERE shard_id < 0 OR shard_id >= 2097152 OR disk_bytes < 0 OR n_rows < 0
    OR content_bytes < 0 OR n_problems < 0 OR state NOT IN ('pending', 'scanned', 'failed')
    OR format NOT IN (${shardFormats.map((format) => `'${format}'`).join(', ')})
    OR (state = 'failed' AND failure IS NULL)`,
  'a count of files is none': `SELECT 1 FROM file_counts c LEFT JOIN shards s USING (shard_id)
    WHERE n_files < 0 OR c.state NOT IN ('pending', 'searched', 'passed-over', 'problem')
      OR (s.shard_id IS NULL AND c.shard_id <> -1)
    UNION ALL SELECT 1 FROM unsearched_files WHERE state NOT IN ('passed-over', 'problem')`,
  'a document is in no shard': `SELECT 1 FROM documents d LEFT JOIN shards s USING (shard_id)
    WHERE s.shard_id IS NULL OR d.document_id <> d.shard_id * 4294967296 + d.row OR d.row < 0 OR d.byte_offset < 0`,
  'a fragment is none': `SELECT 1 FROM fragments WHERE n_lines < 1 OR train < 0 OR n_documents < 0 OR n_repositories < 0
    OR extract < 0 OR n_samples < 0 OR clipped NOT IN (0, 1) OR family < 0`,
  'fragments are missing': `SELECT 1 FROM (SELECT count(*) AS n, min(fragment_id) AS low, max(fragment_id) AS high
    FROM fragments) WHERE n > 0 AND (low <> 0 OR high <> n - 1)`,
  'a place in the training data is none': `SELECT 1 FROM train_occurrences o LEFT JOIN documents d USING (document_id)
    LEFT JOIN fragments f ON f.fragment_id = o.fragment_id WHERE d.document_id IS NULL OR f.fragment_id IS NULL
    OR o.ordinal < 0 OR o.first_line < 1 OR o.last_line < o.first_line OR o.byte_offset < 0 OR o.n_bytes < 0`,
  'a place in the samples is none': `SELECT 1 FROM sample_occurrences o LEFT JOIN samples s USING (sample_id)
    LEFT JOIN fragments f USING (fragment_id) WHERE s.sample_id IS NULL OR f.fragment_id IS NULL
    OR o.ordinal < 0 OR o.first_line < 1 OR o.last_line < o.first_line OR o.byte_offset < 0 OR o.n_bytes < 0
    OR o.byte_offset + o.n_bytes > length(s.text)`,
  'a memorised part is none': `SELECT 1 FROM memorised_ranges r LEFT JOIN samples s USING (sample_id)
    WHERE s.sample_id IS NULL OR r.ordinal < 0 OR r.n_lines < 0 OR r.first_line < 1 OR r.last_line < r.first_line
    OR r.byte_offset < 0 OR r.n_bytes < 0 OR r.byte_offset + r.n_bytes > length(s.text)
    OR r.n_windows NOT BETWEEN 0 AND r.n_lines`,
  'a measure is of no sample': `SELECT 1 FROM sample_metrics m LEFT JOIN samples s USING (sample_id)
    WHERE s.sample_id IS NULL OR m.n_lines < 0 OR m.n_memorised_lines NOT BETWEEN 0 AND m.n_lines
    OR m.n_windows < 0 OR m.n_memorised_windows NOT BETWEEN 0 AND m.n_windows OR m.is_loop NOT IN (0, 1)`,
  'a score is of no sample': `SELECT 1 FROM sample_scores c LEFT JOIN samples s USING (sample_id)
    WHERE s.sample_id IS NULL OR c.scorer NOT IN ('second-model', 'lowercase')`,
  'a shard of the map is none': `SELECT 1 FROM map_shards m LEFT JOIN shards s USING (shard_id)
    WHERE s.shard_id IS NULL OR m.is_control NOT IN (0, 1) OR m.n_short < 0 OR m.n_unfaithful < 0 OR m.n_tokens < 0
    OR m.n_windows < 0`,
  'a document of the map is none': `SELECT 1 FROM map_documents m LEFT JOIN documents d USING (document_id)
    WHERE d.document_id IS NULL OR m.n_windows < 1 OR m.n_tokens < 2 OR m.best_logp > 1e-3
    OR length(m.logp) <> 4 * m.n_windows OR length(m.logp_plain) <> 4 * m.n_windows
    OR length(m.n_argmax) <> 4 * m.n_windows OR length(m.places) <> 8 * m.n_windows
    OR length(m.copies) <> 4 * m.n_windows`,
  'a window of the map is none': `SELECT 1 FROM map_windows w LEFT JOIN map_documents m USING (document_id)
    WHERE m.document_id IS NULL OR w.start < 0 OR w.n_argmax < 0 OR length(w.tokens) % 4 <> 0 OR w.first_line < 1
    OR w.last_line < w.first_line OR w.byte_offset < 0 OR w.n_bytes < 0`,
  'a region of the map is none': `SELECT 1 FROM map_regions r LEFT JOIN map_documents m USING (document_id)
    WHERE m.document_id IS NULL OR r.n_windows < 1 OR r.first_line < 1 OR r.last_line < r.first_line
    OR r.byte_offset < 0 OR r.n_bytes <> length(r.text)`,
  'a group of fragments is of nothing': `SELECT 1 FROM fragment_groups g
    WHERE grouping NOT IN ('category', 'licence', 'repository', 'sample') OR n_fragments < 1
      OR (grouping = 'repository' AND g.name NOT IN (SELECT repository FROM documents))
      OR (grouping = 'licence' AND g.name NOT IN (SELECT license FROM documents))`,
  'what it says of its fragments is of others': `SELECT 1 FROM fragment_facts c LEFT JOIN fragments f USING (fragment_id)
    WHERE f.fragment_id IS NULL
    UNION ALL SELECT 1 FROM families c LEFT JOIN fragments f USING (fragment_id) WHERE f.fragment_id IS NULL
    UNION ALL SELECT 1 FROM fragment_order c LEFT JOIN fragments f USING (fragment_id) WHERE f.fragment_id IS NULL
    UNION ALL SELECT 1 FROM group_members c LEFT JOIN fragments f USING (fragment_id)
      LEFT JOIN fragment_groups g USING (group_id) WHERE f.fragment_id IS NULL OR g.group_id IS NULL
    UNION ALL SELECT 1 FROM fragments f WHERE EXISTS (SELECT 1 FROM fragment_facts)
      AND NOT EXISTS (SELECT 1 FROM fragment_facts c WHERE c.fragment_id = f.fragment_id)`,
};
