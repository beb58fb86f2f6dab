import { dirname } from 'node:path';
import { openEncoder } from '../../../server/sampling/tokenizer/open-encoder.ts';
import { buildTokenBytes, decodeTokens } from '../../../server/sampling/tokenizer/token-bytes.ts';
import { readTokenizer } from '../../../server/sampling/tokenizer/tokenizer-file.ts';
import { byteTokenizer } from '../../support/sampling/random-checkpoint.ts';
import { type Harness, outcomeOf } from '../harness.ts';

const text = Buffer.from("def f(x):\n    return x + 12 # it's <|endoftext|> \xff\n", 'latin1');
const splitting = {
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: "'s| ?\\p{L}+|\\s+" }, behavior: 'Isolated', invert: false },
    { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
  ],
};

export const harness: Harness = {
  fileName: 'tokenizer.json',
  seeds: () => {
    const plain = byteTokenizer(300);
    return [plain, { ...plain, pre_tokenizer: splitting }].map((json) => Buffer.from(JSON.stringify(json)));
  },
  read: (_, file) =>
    outcomeOf(async () => {
      const tokenizer = await readTokenizer(dirname(file));
      const table = buildTokenBytes(tokenizer);
      using encoder = openEncoder(tokenizer, table, { limits: { stallMs: 2000, memoryBytes: 256 << 20 } });
      const [tokens = []] = await encoder.encode([text]);
      decodeTokens(table, tokens);
    }),
  isDamage: () => true,
};
