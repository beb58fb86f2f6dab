// Every test of the suite in the real VS Code, as a test of this run.

import { test } from 'node:test';
import { reportSuite } from './report-suite.ts';

test('the extension in the real VS Code', (t) => reportSuite(t));
