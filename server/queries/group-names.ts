// The names of groups as a view is given them: repositories and licences whose names hold a secret are masked there, and
// found again by the masked name when the view asks for what is in one.

import { type Foreign, foreign, rawText } from '../../guard/text/foreign.ts';
import type { Page } from '../../protocol/fragments.ts';
import type { StudyId } from '../../protocol/study.ts';
import type { FragmentGroup, Grouping } from '../../protocol/views.ts';
import { maskNames } from '../sensitive/mask-names.ts';
import { readGroupNames } from '../store/fragment-groups.ts';
import { openForReading } from '../store/study-file.ts';

export async function maskGroups(
  study: StudyId,
  grouping: Grouping,
  page: Page<FragmentGroup>,
): Promise<Page<FragmentGroup>> {
  const held = await maskNames(page.items.map(({ name }) => rawText(name)));
  if (held.size === 0) return page;
  const shown = await shownNames(study, grouping);
  const mask = (name: Foreign) => foreign(shown.get(rawText(name)) ?? rawText(name));
  return { ...page, items: page.items.map((group) => ({ ...group, name: mask(group.name) })) };
}

/** The group that is meant by a name as the view was given it. */
export async function openGroupName(study: StudyId, grouping: Grouping, name: Foreign): Promise<Foreign> {
  if (!MASKED.test(rawText(name))) return name;
  for (const [known, shown] of await shownNames(study, grouping))
    if (shown === rawText(name)) return foreign(known);
  return name;
}

const MASKED = /\[[a-z-]+: \d+ characters\]/;

/** Each name that is masked, by what it is. Names of which the same is shown are numbered. */
async function shownNames(study: StudyId, grouping: Grouping): Promise<ReadonlyMap<string, string>> {
  using db = openForReading(study);
  const shown = new Map<string, string>();
  const counts = new Map<string, number>();
  const masked = await maskNames(readGroupNames(db, grouping));
  for (const [known, mask] of [...masked].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const n = (counts.get(mask) ?? 0) + 1;
    counts.set(mask, n);
    shown.set(known, n === 1 ? mask : `${mask} (${n})`);
  }
  return shown;
}
