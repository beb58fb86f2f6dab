// A small study made by the real stages: a licence, a test, a leaked token and some logic, in a corpus of
// three documents and in six samples. The same every time but for paths and times.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StudyPlan } from '../../protocol/study.ts';
import { runStudy } from '../../server/study/run-study.ts';
import { scanPlan } from './plans.ts';

/** Put together here, so that no scanner takes this file for a leak. */
export const leakedToken = `ghp_${'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'}`;
export const leakedAddress = 'jane.doe@mail.some-company.com';

const license = `# Permission is hereby granted, free of charge, to any person obtaining a copy
# of this software and associated documentation files (the "Software"), to deal
# in the Software without restriction, including without limitation the rights
# to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
# copies of the Software, and to permit persons to whom the Software is
# furnished to do so, subject to the following conditions:`;

const config = `def connect():
    # ask ${leakedAddress}
    token = "${leakedToken}"
    session = open_session(token)
    session.retries = 3
    if session.failed:
        raise ConnectionError(session.reason)
    return session`;

const logic = `    total = 0  # |a| <total>
    for item in items:
        if item.price > limit:
            continue
        total += item.price * item.amount
    if total < 0:
        raise ValueError("negative")
    return total`;

const testing = `    def test_total(self):
        self.assertEqual(total([]), 0)
    def test_one(self):
        self.assertEqual(total([one]), 1)
    def test_limit(self):
        self.assertRaises(ValueError, total, None)`;

const documents = [
  {
    repo_name: 'a/shop',
    path: 'shop/total.py',
    license: 'mit',
    content: `${license}\n\nimport os\n\ndef total(items, limit):\n${logic}\n`,
  },
  {
    repo_name: 'b/fork',
    path: 'total.py',
    license: 'mit',
    content: `${license}\n\ndef fork(items, limit):\n${logic}\n\nclass T:\n${testing}\n`,
  },
  { repo_name: 'c/ops', path: 'ops/connect.py', license: 'apache-2.0', content: `${config}\n` },
];

const samples = [
  `${license}\n\nimport sys\n`,
  `${license}\n\ndef other(items, limit):\n${logic}\n    # and more\n`,
  `def hello():\n    print("nothing of this was seen before")\n`,
  `class T(object):\n${testing}\n    x = 1\n`,
  `# mine\n${config}\nprint("x")\n`,
  `y = 2\n${logic.split('\n').slice(0, 6).join('\n')}\n    return None\n`,
];

export interface SmallStudy {
  readonly file: string;
  readonly corpus: string;
  readonly plan: StudyPlan;
}

export async function makeSmallStudy(folder: string, name = 'small'): Promise<SmallStudy> {
  const corpus = join(folder, 'corpus');
  mkdirSync(corpus, { recursive: true });
  const json = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  writeFileSync(join(corpus, 'shard-0.jsonl'), json(documents.slice(0, 2)));
  writeFileSync(join(corpus, 'shard-1.jsonl'), json(documents.slice(2)));
  const samplePath = join(folder, 'samples.jsonl');
  writeFileSync(samplePath, json(samples));
  const plan = scanPlan(samplePath, [corpus]);
  const file = join(folder, `${name}.sqlite`);
  await runStudy({
    file,
    plan,
    execution: { provider: 'cpu', batch: 'auto', workers: 1 },
    upTo: 'analyse',
    signal: new AbortController().signal,
    report: () => {},
  });
  return { file, corpus, plan };
}
