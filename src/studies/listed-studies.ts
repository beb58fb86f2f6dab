// All studies that the view lists from its folders, asked anew.

import { listStudies } from '../../protocol/requests.ts';
import type { StudySummary } from '../../protocol/study.ts';
import type { StudyServer } from '../study-server.ts';
import type { StudyLocation } from './study-location.ts';

export async function listedStudies(
  server: StudyServer,
  location: StudyLocation,
): Promise<readonly StudySummary[]> {
  const lists = location.folders().map((folder) => server.request(listStudies, { folder }));
  return (await Promise.all(lists)).flat();
}
