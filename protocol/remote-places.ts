// What a plan names on other machines, so that whoever runs it can be asked before anything is sent there: a plan may be a
// stranger's. The Hub is not among them, it has a setting of its own.

import type { StudyPlan } from './study.ts';

const REMOTE = /^(https?|s3):\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/:?#]*)(:\d+)?/i;
const LOOPBACK = /^(localhost|\[::1\]|127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/;

/** The machine that an address names, as `https://host:port` or `s3://bucket`; undefined for this one, and for a path. */
export function remotePlace(location: string): string | undefined {
  const [, scheme = '', host = '', port = ''] = REMOTE.exec(location) ?? [];
  const name = host.toLowerCase();
  if (scheme === '' || (scheme.toLowerCase() !== 's3' && LOOPBACK.test(name))) return undefined;
  return `${scheme.toLowerCase()}://${name}${port}`;
}

/** Each once, in the order of the plan. */
export function remotePlaces({
  source,
  corpus,
  contents,
  control,
  map,
}: Pick<StudyPlan, 'source' | 'corpus' | 'contents' | 'control' | 'map'>): readonly string[] {
  const locations = [source.model ?? '', ...corpus, contents ?? '', ...(control ?? map?.control ?? [])];
  return [...new Set(locations.flatMap((location) => remotePlace(location) ?? []))];
}
