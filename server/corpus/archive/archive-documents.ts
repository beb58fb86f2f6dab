// The documents of an archive's members, in their order. Members of one name but for its ending that stand together belong
// together, as WebDataset has them: where one of them is JSON, it tells where the others come from.

import { throwIfAborted } from '../../errors.ts';
import { decodeText } from '../../text/decode-text.ts';
import { parseObject } from '../../text/parse-json.ts';
import { chooseColumns } from '../columns.ts';
import type { CorpusDocument } from '../corpus-document.ts';
import { statedLicense } from '../folder-provenance.ts';
import { type ArchiveContext, type HeldMember, holdSmall, type Member } from './member.ts';
import { type MemberDocument, memberDocuments } from './member-documents.ts';
import { Origins } from './origins.ts';

/** So much of a group is held until its next member. */
const MAX_GROUP_BYTES = 64 << 20;

/** `repository`: what holds where nothing in the archive says one. */
export async function* archiveDocuments(
  members: AsyncGenerator<Member>,
  context: ArchiveContext,
  repository: string,
  origins = new Origins(),
): AsyncGenerator<CorpusDocument & MemberDocument> {
  let row = 0;
  for await (const group of groupsOf(members, context)) {
    for (const member of group) if ('bytes' in member) origins.learn(member.path, member.bytes);
    const facts =
      group.length > 1 ? group.map((member) => factsOf(member, context)).find(Boolean) : undefined;
    for (const member of group) {
      if (facts?.member === member.path) continue;
      let nDocuments = 0;
      for await (const document of memberDocuments(member, context, archiveDocuments)) {
        throwIfAborted(context.options.signal);
        const isText = document.of === 'text';
        const license = isText && (statedLicense(document.text) || origins.licenseOf(member.path));
        yield {
          ...document,
          row: row++,
          byteOffset: placeOf(member, nDocuments++),
          repository: document.repository || facts?.repository || origins.package || repository,
          path: (isText && facts?.path) || document.path,
          license: document.license || facts?.license || license || '',
        };
      }
    }
  }
}

/**
 * A document's place: that of its member, and its number among the documents of that one. Members of very small rows
 * may hold more than they have bytes, and the last place stands for all of those.
 */
export const placeOf = ({ place, nBytes }: Pick<Member, 'place' | 'nBytes'>, nth: number): number =>
  place + Math.min(nth, Math.max(0, nBytes - 1));

async function* groupsOf(
  members: AsyncGenerator<Member>,
  context: ArchiveContext,
): AsyncGenerator<readonly (HeldMember | Member)[]> {
  let group: HeldMember[] = [];
  let key: string | undefined;
  let nBytes = 0;
  for await (const member of members) {
    const own = withoutEndings(member.path);
    if (group.length > 0 && (own !== key || nBytes > MAX_GROUP_BYTES)) {
      yield group;
      group = [];
      nBytes = 0;
    }
    key = own;
    const held = await holdSmall(member, context);
    if (held && 'bytes' in held) {
      group.push(held);
      nBytes += held.bytes.length;
    } else if (held) {
      if (group.length > 0) yield group;
      group = [];
      yield [held];
    }
  }
  if (group.length > 0) yield group;
}

/** Up to the first dot of the last part, but for one that it begins with. */
function withoutEndings(path: string): string {
  const dot = path.indexOf('.', path.lastIndexOf('/') + 2);
  return dot < 0 ? path : path.slice(0, dot);
}

interface Facts {
  /** The member that tells them. */
  readonly member: string;
  readonly repository: string;
  readonly path: string;
  readonly license: string;
}

/** What a JSON member beside others tells of them; undefined for one that is a document or holds some. */
function factsOf(member: HeldMember | Member, { shard }: ArchiveContext): Facts | undefined {
  const isJson = 'bytes' in member && /\.json$/i.test(member.path);
  const values = isJson ? parseObject(decodeText(member.bytes)) : 'not-json';
  if (values === 'not-json') return undefined;
  const names = chooseColumns(shard.columns, (name) => values.has(name));
  const tell = (name: string) => {
    const value = values.get(name);
    const parts = value === undefined ? [] : value.kind === 'string' ? [value.bytes] : value.items;
    return parts.map((part) => new TextDecoder().decode(part)).join(' OR ');
  };
  const facts = { repository: tell(names.repository), path: tell(names.path), license: tell(names.license) };
  const isTold = Object.values(facts).some((fact) => fact !== '');
  return isTold && !values.has(names.content) ? { member: member.path, ...facts } : undefined;
}
