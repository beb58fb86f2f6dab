// What the workspace that is not trusted holds, and every command and message with whatever of it they can be given.

import { join } from 'node:path';
import { Uri, workspace } from 'vscode';
import { foreign } from '../../../guard/text/foreign.ts';
import type { CommandMap } from '../../../src/command-map.ts';

export const outside = process.env.VERBATIM_UNTRUSTED_OUTSIDE!;
export const root = workspace.workspaceFolders![0]!.uri.fsPath;
export const within = (...names: readonly string[]) => join(root, ...names);

/** The study, named in every way that leads to it. */
export const STUDIES = [
  within('.verbatim', 'theirs.sqlite'),
  `${outside}/../${root.split('/').at(-1)}/.verbatim/theirs.sqlite`,
  `${root}/../${root.split('/').at(-1)}/.verbatim/theirs.sqlite`,
  join(outside, 'link.sqlite'),
  join(outside, 'folder', 'theirs.sqlite'),
];
export const [study] = STUDIES as [string];
export const fingerprint = process.env.VERBATIM_UNTRUSTED_FINGERPRINT!;
const place = { study, fingerprint };

const summary = { id: study, name: 'theirs', state: 'cancelled' };
const studyNode = { kind: 'study', study, summary };
const fragmentNode = { kind: 'fragment', study, parent: studyNode, fragment: { fingerprint, nFamily: 1 } };
export const provenance = {
  shard: foreign('shard-0.jsonl'),
  row: 0,
  repository: foreign('r'),
  path: foreign('p.js'),
  license: foreign(''),
};
const trainNode = {
  ...fragmentNode,
  kind: 'train',
  occurrence: { documentId: 0, firstLine: 1, lastLine: 6, provenance },
};
const sampleNode = {
  ...fragmentNode,
  kind: 'sample',
  occurrence: { sampleId: 0, firstLine: 1, lastLine: 6 },
};
const regionNode = { kind: 'region', study, region: { documentId: 0, firstLine: 1, lastLine: 6 } };
const plan = {
  model: within('model'),
  corpus: within('corpus'),
  strategy: 'pcg',
  prompts: within('prompts.jsonl'),
};
const promptsElsewhere = { ...plan, prompts: join(outside, 'closed', 'prompts.jsonl') } as const;

const textPlace = { uri: Uri.file(within('pasted.js')).toString(), firstLine: 1 };
const elsewhereFile = Uri.file(join(outside, 'saved.html'));

/** What each is called with: nothing, and whatever names something of the workspace. */
export const COMMANDS: Readonly<Record<keyof CommandMap, readonly (readonly unknown[])[]>> = {
  'verbatim.runStudy': [
    [],
    ...[plan, promptsElsewhere].map((plan) => [{ kind: 'plan', plan, folder: root }]),
  ],
  'verbatim.runDemo': [],
  'verbatim.resumeStudy': [[], [studyNode], ...STUDIES.map((study) => [study])],
  'verbatim.showSoFar': [[studyNode], ...STUDIES.map((study) => [study])],
  'verbatim.showClosest': [[studyNode], ...STUDIES.map((study) => [study])],
  'verbatim.pauseStudy': [[], [studyNode]],
  'verbatim.cancelStudy': [[studyNode], ...STUDIES.map((study) => [study])],
  'verbatim.showRunningStudy': [[]],
  'verbatim.runPlan': [[], [Uri.file(within('plan.verbatim.json'))]],
  'verbatim.newPlan': [[]],
  'verbatim.openStudy': [[], ...STUDIES.map((study) => [Uri.file(study)])],
  'verbatim.forgetStudy': [[studyNode]],
  'verbatim.deleteStudy': [[studyNode]],
  'verbatim.openDashboard': [[], [studyNode], ...STUDIES.map((study) => [study])],
  'verbatim.refreshStudies': [[]],
  'verbatim.sortFragments': [[]],
  'verbatim.groupFragments': [[]],
  'verbatim.filterFragments': [[], [{ text: 'x' }]],
  'verbatim.clearFilter': [[]],
  'verbatim.showMore': [[{ kind: 'more', study, parent: studyNode, shown: [], total: 9 }]],
  'verbatim.compareFragment': [
    [fragmentNode],
    [trainNode],
    [sampleNode],
    ...STUDIES.map((study) => [{ ...place, study }]),
  ],
  'verbatim.compareAllOccurrences': [[fragmentNode], [place]],
  'verbatim.nextOccurrence': [[]],
  'verbatim.previousOccurrence': [[]],
  'verbatim.showDifferences': [[]],
  'verbatim.saveReport': STUDIES.map((study) => [study, elsewhereFile]),
  'verbatim.saveTrainingRows': STUDIES.map((study) => [study, [], elsewhereFile]),
  'verbatim.saveAttribution': [[elsewhereFile]],
  'verbatim.compareStudies': [[STUDIES]],
  'verbatim.openSample': [[sampleNode], ...STUDIES.map((study) => [{ study, sampleId: 0 }])],
  'verbatim.editSample': [[]],
  'verbatim.findMemorised': [[], [Uri.file(within('pasted.js'))]],
  'verbatim.openDocument': [[trainNode]],
  'verbatim.chooseIndex': [
    [],
    [{ kind: 'use', index: within('corpus-index') }],
    [{ kind: 'build', corpus: [within('corpus')] }],
    [{ kind: 'off' }],
  ],
  'verbatim.lookUp': [[], [Uri.file(within('pasted.js'))]],
  'verbatim.insertNotice': [[], [textPlace]],
  'verbatim.openSource': [[], [textPlace]],
  'verbatim.acceptMatch': [[], [textPlace, 'why']],
  'verbatim.copyFingerprint': [[fragmentNode]],
  'verbatim.acceptFragment': [[fragmentNode], [fragmentNode, 'why']],
  'verbatim.unacceptFragment': [[fragmentNode]],
  'verbatim.labelFragment': [[fragmentNode], [fragmentNode, 'logic']],
  'verbatim.showTrainingRows': [[fragmentNode], [place]],
  'verbatim.openRegion': [[regionNode], ...STUDIES.map((study) => [{ study, documentId: 0 }])],
  'verbatim.nextRegion': [[]],
  'verbatim.previousRegion': [[]],
  'verbatim.measureTokens': [[]],
  'verbatim.showHeatLegend': [[]],
  'verbatim.toggleDecorations': [[], []],
  'verbatim.restartServer': [[]],
  'verbatim.installCuda': [[]],
  'verbatim.checkSystem': [[]],
  'verbatim.showLog': [[]],
};

const page = { offset: 0, limit: 10 };
const view = { ...page, filter: {}, baseline: within('.verbatim-baseline.json') };
export const ownStudy = join(outside, 'own.sqlite');
const fullPlan = (model: string, corpus: string) => ({
  version: 2,
  source: { kind: 'model', model },
  corpus: [corpus],
  sampling: {},
  rule: { minLines: 6, profile: 'exact-1' },
});
const execution = { provider: 'cpu', batch: 'auto', workers: 1 } as const;

/** Every message, with parameters of which each names something of the workspace. */
export const MESSAGES: Readonly<Record<string, readonly object[]>> = {
  getComparison: STUDIES.map((study) => ({ study, fingerprint })),
  getComparisons: [{ ...place, limit: 50 }],
  checkWithIndex: [
    { index: within('corpus-index'), text: 'x' },
    { index: join(outside, 'corpus-index'), text: 'x' },
  ],
  describeIndex: [{ index: within('corpus-index') }, { index: join(outside, 'corpus-index') }],
  getIndexedDocument: [
    { index: within('corpus-index'), shard: '', row: 0 },
    { index: join(outside, 'corpus-index'), shard: '', row: 0 },
  ],
  buildIndex: [
    { index: join(outside, 'x'), corpus: [within('corpus')], rule: { minLines: 6, profile: 'exact-1' } },
  ],
  callTool: [
    { name: 'list_studies', given: {}, place: null, studies: within('.verbatim') },
    { name: 'check_code', given: { code: 'x' }, place: { index: within('corpus-index') }, studies: outside },
  ],
  compareStudies: [{ studies: [study, ownStudy] }, { studies: [ownStudy, ownStudy] }],
  saveReport: STUDIES.map((one) => ({
    study: one,
    format: 'md',
    file: join(outside, 'r.md'),
    baseline: null,
  })),
  saveTrainingRows: STUDIES.map((one) => ({
    study: one,
    file: join(outside, 'rows.jsonl'),
    chosen: { kind: 'named', fingerprints: [fingerprint] },
  })),
  getDashboard: [{ study }],
  measureDashboard: [{ study }],
  listDashboardFragments: [{ study, ...page, order: 'train', selection: { kind: 'all' } }],
  findMemorised: [
    { studies: [study], text: 'x' },
    { studies: [ownStudy], text: 'x' },
  ],
  makePlan: [
    { plan, folder: root },
    { plan: promptsElsewhere, folder: outside },
  ],
  readPlan: [{ file: within('plan.verbatim.json') }],
  askContentColumn: [{ plan: fullPlan(within('model'), within('corpus')) }],
  estimateMap: [{ plan: fullPlan(within('model'), within('corpus')), execution }],
  estimateStudy: [{ plan: fullPlan(within('model'), within('corpus')), sizes: [1], speeds: [] }],
  runStudy: [
    { study, plan: null, execution },
    { study: join(outside, 'new.sqlite'), plan: fullPlan(within('model'), join(outside, 'x')), execution },
    { study: join(outside, 'new.sqlite'), plan: fullPlan(join(outside, 'x'), within('corpus')), execution },
  ],
  listStudies: [{ folder: within('.verbatim') }],
  getStudy: STUDIES.map((study) => ({ study })),
  deleteStudy: STUDIES.map((study) => ({ study })),
  getFragment: [place],
  listTrainOccurrences: [{ ...place, ...page }],
  listSampleOccurrences: [{ ...place, ...page }],
  getSample: [{ study, sampleId: 0 }],
  getDocument: [{ study, documentId: 0 }],
  listGroups: [
    { study, ...view, grouping: 'category' },
    { ...view, study: ownStudy, grouping: 'category' },
  ],
  viewFragments: [
    { study, ...view, grouping: 'flat', group: null, order: 'train' },
    { ...view, study: ownStudy, grouping: 'flat', group: null, order: 'train' },
  ],
  describeStudy: [{ study }],
  acceptFragments: [{ baseline: view.baseline, fingerprints: [fingerprint], reason: 'x' }],
  labelFragment: [{ ...place, annotator: 'a', label: 'logic' }],
  listTrainingRows: [place],
  listRegionGroups: STUDIES.map((study) => ({ study, by: 'document', ...view })),
  listRegions: STUDIES.map((study) => ({ study, by: 'document', key: 0, ...view })),
  getHeatMap: STUDIES.map((study) => ({ study, documentId: 0 })),
  measureTokens: STUDIES.map((study) => ({ study, documentId: 0, isAsked: true })),
  compareMaps: [{ studies: STUDIES.slice(0, 2) }],
  measureMapDashboard: STUDIES.map((study) => ({ study })),
};
