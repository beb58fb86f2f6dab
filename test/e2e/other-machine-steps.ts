// Models on other machines in the real workbench: a plan that names one is run only after the user agreed, once for each, and the wizard,
// whose user names the machine himself, asks for no more.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { openForReading } from '../../server/store/study-file.ts';
import { readStudy } from '../../server/store/study-table.ts';
import { startServedServer } from '../support/served-server.ts';
import { WAIT_LIMIT_MS } from '../support/wait-limit.ts';
import type { Workbench } from './workbench.ts';

/** An address of this machine that is another's to whoever asks; undefined where it has none. */
export const otherAddress = (): string | undefined =>
  Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

export async function useOtherMachine(workbench: Workbench, folder: string, host: string): Promise<void> {
  const { page } = workbench;
  const [planned, typed] = [await startServedServer({ host }), await startServedServer({ host })];
  const dialog = page.locator('.monaco-dialog-box', { hasText: 'This study uses other machines' });
  try {
    const corpus = join(folder, 'read-elsewhere');
    mkdirSync(corpus);
    writeFileSync(join(corpus, 'corpus.jsonl'), `${JSON.stringify({ content: 'a\n'.repeat(9) })}\n`);
    const plan = {
      model: planned.address,
      servedName: 'tiny',
      start: 'a',
      corpus: 'read-elsewhere',
      samples: 5,
      topK: 5,
    };
    writeFileSync(join(folder, 'elsewhere.verbatim.json'), JSON.stringify({ ...plan, maxTokens: 20 }));
    const completes = async (name: string) => {
      const file = join(folder, '.verbatim', `${name}.sqlite`);
      const giveUpAt = Date.now() + WAIT_LIMIT_MS;
      while (!existsSync(file) || stateOf(file) !== 'complete') {
        assert.ok(Date.now() < giveUpAt, `${name} is not complete`);
        await page.waitForTimeout(100);
      }
      await workbench
        .treeRows(new RegExp(`^${name}`))
        .first()
        .waitFor();
    };
    const runPlan = () => workbench.choose('Verbatim: Run Plan File', 'elsewhere.verbatim.json');
    await runPlan();
    await dialog.getByText(new URL(planned.address).host).first().waitFor();
    await workbench.takeShot('other-machine');
    await dialog.locator('.monaco-button', { hasText: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.equal(planned.requests.length, 0, 'nothing is sent before the user agrees');
    await runPlan();
    await dialog.locator('.monaco-button', { hasText: 'Use Them' }).click();
    await completes('tiny');
    await runPlan();
    await completes('tiny-2');

    await workbench.runCommand('Verbatim: Run Memorization Study');
    await workbench.quickPickRow('Choose a model and').click();
    await workbench.quickPickRow('Name a server of models').click();
    await workbench.type('Address of the server', typed.address);
    await workbench.type('What does the server call the model?', 'tiny');
    await workbench.quickPickRow('A folder…').click();
    await workbench.acceptFolder(corpus);
    await workbench.quickPickRow('Another number').click();
    await workbench.type('Number of samples', '3');
    await workbench.quickPickRow('Without a prompt').click();
    await workbench.quickPickRow('What samples without a prompt begin from').click();
    await workbench.type('begin from', 'a');
    await workbench.quickPickRow('Start the study').click();
    await completes('tiny-3');
    assert.ok(typed.requests.some(({ body }) => body.prompt === 'a'));
  } finally {
    await planned.close();
    await typed.close();
  }
}

/** Undefined for a file that has just been created. */
function stateOf(file: string): string | undefined {
  try {
    using db = openForReading(file);
    return readStudy(db)?.state;
  } catch {
    return undefined;
  }
}
