// Who asks S3, and where: from the environment and the files that Amazon's own tools read.

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

export interface S3Settings {
  /** Another store that speaks S3's protocol; null for Amazon's. */
  readonly endpoint: string | null;
  readonly region: string;
  /** Null asks without a name, which public buckets allow. */
  readonly credentials: S3Credentials | null;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Section = Readonly<Record<string, string>>;

export function s3Settings(environment: Environment = process.env): S3Settings {
  const get = (name: string) => environment[name]?.trim() || undefined;
  const profile = get('AWS_PROFILE') ?? get('AWS_DEFAULT_PROFILE') ?? 'default';
  const home = join(homedir(), '.aws');
  const config = readIni(get('AWS_CONFIG_FILE') ?? join(home, 'config'));
  const shared = readIni(get('AWS_SHARED_CREDENTIALS_FILE') ?? join(home, 'credentials'));
  const ofConfig = config.get(profile === 'default' ? profile : `profile ${profile}`) ?? {};
  const ofShared = shared.get(profile) ?? {};
  return {
    endpoint:
      (get('AWS_ENDPOINT_URL_S3') ?? get('AWS_ENDPOINT_URL') ?? ofConfig.endpoint_url)?.replace(/\/+$/, '') ??
      null,
    region: get('AWS_REGION') ?? get('AWS_DEFAULT_REGION') ?? ofConfig.region ?? 'us-east-1',
    credentials: isAnonymous(get('VERBATIM_S3_ANONYMOUS'))
      ? null
      : (ofEnvironment(get) ?? ofSection(ofShared) ?? ofSection(ofConfig)),
  };
}

const isAnonymous = (value: string | undefined) => /^(1|on|yes|true)$/i.test(value ?? '');

function ofEnvironment(get: (name: string) => string | undefined): S3Credentials | null {
  const accessKeyId = get('AWS_ACCESS_KEY_ID');
  const secretAccessKey = get('AWS_SECRET_ACCESS_KEY');
  if (accessKeyId === undefined || secretAccessKey === undefined) return null;
  return { accessKeyId, secretAccessKey, sessionToken: get('AWS_SESSION_TOKEN') ?? null };
}

function ofSection(section: Section): S3Credentials | null {
  const { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey } = section;
  if (!accessKeyId || !secretAccessKey) return null;
  return { accessKeyId, secretAccessKey, sessionToken: section.aws_session_token ?? null };
}

const MOST_CHARACTERS = 1 << 20;

/** Sections with their settings; empty where there is no such file. */
function readIni(path: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Record<string, string>>();
  let current: Record<string, string> | undefined;
  for (const line of readText(path).split(/\r?\n/)) {
    const name = /^\[([^\]]+)\]\s*$/.exec(line.trim())?.[1]?.trim();
    if (name !== undefined) {
      current = {};
      sections.set(name, current);
      continue;
    }
    const at = line.indexOf('=');
    if (current === undefined || at < 0 || /^\s*[#;]/.test(line)) continue;
    current[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return sections;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').slice(0, MOST_CHARACTERS);
  } catch {
    return '';
  }
}
