// Personal and secret content in text: what it is, where e-mail and IP addresses stand, and how it is
// masked. Secrets are found by secretlint, outside of this pure layer.

export type SensitiveKind = 'secret' | 'private-key' | 'email' | 'ip-address';

export interface SensitiveRange {
  readonly kind: SensitiveKind;
  /** The rule that found it, such as `github` or `email`. */
  readonly rule: string;
  /** UTF-16 units of the text, end exclusive. */
  readonly start: number;
  readonly end: number;
}

/** E-mail and IP addresses, in order of place. Addresses that are made for examples are left out. */
export function findContacts(text: string): readonly SensitiveRange[] {
  const found: SensitiveRange[] = [];
  // An @ is rare, so the address is looked for around it: a pattern that begins with a word tries each word.
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const user = /[\w.+-]{1,64}$/.exec(text.slice(Math.max(0, at - 64), at))?.[0].replace(/^[.+-]+/, '');
    const host = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}(?![\w-])/i.exec(
      text.slice(at + 1, at + 254),
    )?.[0];
    if (!user || !host || exampleHost.test(host) || isPackageVersion(host)) continue;
    found.push({ kind: 'email', rule: 'email', start: at - user.length, end: at + 1 + host.length });
  }
  for (const match of text.matchAll(ipv4)) {
    if (isOrdinaryIpv4(match[0])) continue;
    found.push({ kind: 'ip-address', rule: 'ipv4', start: match.index, end: match.index + match[0].length });
  }
  for (const match of text.matchAll(ipv6)) {
    if (isExampleIpv6(match[0])) continue;
    found.push({ kind: 'ip-address', rule: 'ipv6', start: match.index, end: match.index + match[0].length });
  }
  return found.sort((a, b) => a.start - b.start);
}

/** Replaces each range by its kind and length, so that layout and meaning stay: `[email: 17 characters]`. */
export function maskRanges(text: string, ranges: readonly SensitiveRange[]): string {
  let masked = '';
  let at = 0;
  for (const { start, end, mask } of masksOf(text, ranges)) {
    masked += text.slice(at, start) + mask;
    at = end;
  }
  return masked + text.slice(at);
}

/** Gives the place in the masked text of any in the text. Inside of what is masked it is where that begins. */
export function placesInMasked(text: string, ranges: readonly SensitiveRange[]): (place: number) => number {
  const masks = [...masksOf(text, ranges)];
  // In order of place, with how far the text behind each has moved.
  let moved = 0;
  const shifts = masks.map(({ start, end, mask }) => {
    const before = moved;
    moved += mask.length - (end - start);
    return { start, end, before, behind: moved };
  });
  return (place) => {
    let [low, high] = [0, shifts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (shifts[middle]!.start < place) low = middle + 1;
      else high = middle;
    }
    const last = shifts[low - 1];
    if (last === undefined) return place;
    return place < last.end ? last.start + last.before : place + last.behind;
  };
}

/** What stands in the place of what, in order and apart. */
function* masksOf(
  text: string,
  ranges: readonly SensitiveRange[],
): Generator<{ readonly start: number; readonly end: number; readonly mask: string }> {
  let at = 0;
  for (const { kind, start, end } of [...ranges].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (end <= at) continue;
    // A range that begins inside one before it is masked with it.
    const from = Math.max(start, at);
    // Lines are kept, so that line numbers still hold.
    const nLineEnds = text.slice(from, end).split('\n').length - 1;
    yield { start: from, end, mask: `[${kind}: ${end - from} characters]${'\n'.repeat(nLineEnds)}` };
    at = end;
  }
}

/** RFC 2606 and RFC 6761 reserve these for examples. */
const exampleHost = /(?:^|\.)(?:example(?:\.(?:com|net|org))?|test|invalid|localhost|local)$/i;

/** `zod@3.25.76`-like names have digits only before the last dot: no mail goes there. */
const isPackageVersion = (host: string) => /^\d+\.\d+/.test(host);

const ipv4 =
  /(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?![\w]|\.\d)/g;
/** Global unicast alone, 2000::/3: a pattern that began with any group would be tried at every word. */
const ipv6 =
  /(?<![\w:.])[23][0-9a-f]{3}:(?:[0-9a-f]{1,4}:){1,6}(?::|[0-9a-f]{1,4}|(?::[0-9a-f]{1,4}){1,6})(?![\w:.])/gi;

/** Unspecified, loopback, private (RFC 1918), link-local, documentation (RFC 5737), masks and versions. */
function isOrdinaryIpv4(address: string): boolean {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  if (a === 0 || a === 127 || a === 10 || a >= 224) return true;
  if (a === 192 && (b === 168 || (b === 0 && c <= 2))) return true;
  if (a === 172 && b >= 16 && b < 32) return true;
  if (
    (a === 169 && b === 254) ||
    (a === 198 && b === 51 && c === 100) ||
    (a === 203 && b === 0 && c === 113)
  ) {
    return true;
  }
  // Four small numbers are far oftener a version than an address.
  return Math.max(a, b, c, d) < 20;
}

/** The documentation prefix 2001:db8::/32 (RFC 3849). */
const isExampleIpv6 = (address: string) => /^2001:0?db8:/i.test(address);
