// A store of S3's protocol that this project did not write: moto's server, a Python package, with a bucket, objects in it and a user whose signatures it
// checks. Installed through pip where it is not there.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { oneAtATime } from './one-at-a-time.ts';

const FOLDER = join(import.meta.dirname, '..', '..', '.cache', 'moto');
const PACKAGE = 'moto[server]==5.2.1';

/** The first line that it prints is where it is and who may ask; each line that it reads puts a file under a key. */
const PROGRAM = `
import json, sys
sys.path.append(sys.argv[1])
import boto3
from moto import settings
from moto.iam import access_control
from moto.core.responses import ActionAuthenticatorMixin
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
url = f'http://{host}:{port}'
def client(kind, key='testing', secret='testing'):
    return boto3.client(kind, endpoint_url=url, region_name='us-east-1', aws_access_key_id=key, aws_secret_access_key=secret)
client('s3').create_bucket(Bucket='corpora')
iam = client('iam')
iam.create_user(UserName='reader')
policy = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 's3:*', 'Resource': '*'}]}
iam.put_user_policy(UserName='reader', PolicyName='all', PolicyDocument=json.dumps(policy))
key = iam.create_access_key(UserName='reader')['AccessKey']
settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
# moto 5.2.1 forgets that a slash in a query was encoded, and refuses boto3 itself.
begin = access_control.IAMRequestBase.__init__
def begin_encoded(self, *args, path, **more):
    base, mark, query = path.partition('?')
    begin(self, *args, path=base + mark + query.replace('/', '%2F'), **more)
access_control.IAMRequestBase.__init__ = begin_encoded
ActionAuthenticatorMixin.request_count = 0
s3 = client('s3', key['AccessKeyId'], key['SecretAccessKey'])
print(json.dumps({'port': port, 'key': key['AccessKeyId'], 'secret': key['SecretAccessKey']}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    s3.upload_file(asked['file'], 'corpora', asked['key'])
    print('done', flush=True)
`;

export interface S3Store {
  readonly port: number;
  /** What the environment says for the user of the store. */
  readonly environment: Readonly<Record<string, string>>;
  put(key: string, file: string): Promise<void>;
  close(): void;
}

/** Null where the package cannot be had. */
export async function startS3Store(): Promise<S3Store | null> {
  if (!(await oneAtATime('moto', () => isThere() || install()))) return null;
  const child: ChildProcess = spawn('python3', ['-c', PROGRAM, FOLDER], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done) return null;
  const { port, key, secret } = JSON.parse(first.value);
  return {
    port,
    environment: { AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: secret, AWS_REGION: 'us-east-1' },
    async put(name, file) {
      child.stdin!.write(`${JSON.stringify({ key: name, file })}\n`);
      if ((await lines.next()).value !== 'done') throw new Error(`${name} was not stored`);
    },
    close: () => void child.kill(),
  };
}

const isThere = (): boolean =>
  spawnSync(
    'python3',
    ['-c', `import sys; sys.path.append(${JSON.stringify(FOLDER)}); import boto3, moto.server`],
    {
      stdio: 'ignore',
    },
  ).status === 0;

function install(): boolean {
  mkdirSync(FOLDER, { recursive: true });
  const options = ['-m', 'pip', 'install', '--quiet', '--target', FOLDER, PACKAGE];
  return spawnSync('python3', options, { stdio: 'ignore' }).status === 0;
}
