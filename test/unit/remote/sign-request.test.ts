// Signatures are those of Amazon's documentation ("Authenticating requests: examples", Signature Version 4 for S3), and who asks is read from where
// Amazon's tools read it.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  isRemoteLocation,
  parseRemoteLocation,
  remoteLocation,
} from '../../../server/remote/remote-location.ts';
import { s3Settings } from '../../../server/remote/s3-settings.ts';
import { signRequest } from '../../../server/remote/sign-request.ts';
import { scratchFolder } from '../../support/scratch.ts';

const credentials = {
  accessKeyId: ['AKIA', 'IOSFODNN7EXAMPLE'].join(''),
  secretAccessKey: ['wJalrXUtnFEMI', 'K7MDENG', 'bPxRfiCYEXAMPLEKEY'].join('/'),
  sessionToken: null,
};
const now = new Date('2013-05-24T00:00:00Z');

test('requests are signed as in the documentation', () => {
  const examples = [
    {
      address: 'https://examplebucket.s3.amazonaws.com/test.txt',
      headers: { range: 'bytes=0-9' },
      signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    },
    {
      address: 'https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J',
      headers: {},
      signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    },
  ];
  for (const { address, headers, signature } of examples) {
    const signed = signRequest(
      { method: 'GET', url: new URL(address), headers },
      credentials,
      'us-east-1',
      now,
    );
    assert.equal(/Signature=(\w+)/.exec(signed.authorization!)![1], signature);
  }
});

test('who asks is in the environment, or in the files of Amazon’s tools', () => {
  const folder = scratchFolder();
  const files = {
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    AWS_CONFIG_FILE: join(folder, 'config'),
  };
  assert.deepEqual(s3Settings(files), { endpoint: null, region: 'us-east-1', credentials: null });
  writeFileSync(
    files.AWS_SHARED_CREDENTIALS_FILE,
    '[default]\naws_access_key_id = A\naws_secret_access_key=B=\n# comment\n[lab]\naws_access_key_id=C\naws_secret_access_key=D\naws_session_token=E\n',
  );
  writeFileSync(
    files.AWS_CONFIG_FILE,
    '[profile lab]\nregion = eu-west-1\nendpoint_url = http://store:9000/\n',
  );
  assert.deepEqual(s3Settings(files).credentials, {
    accessKeyId: 'A',
    secretAccessKey: 'B=',
    sessionToken: null,
  });
  assert.deepEqual(s3Settings({ ...files, AWS_PROFILE: 'lab' }), {
    endpoint: 'http://store:9000',
    region: 'eu-west-1',
    credentials: { accessKeyId: 'C', secretAccessKey: 'D', sessionToken: 'E' },
  });
  const own = { ...files, AWS_ACCESS_KEY_ID: 'X', AWS_SECRET_ACCESS_KEY: 'Y', AWS_REGION: 'us-west-2' };
  assert.equal(s3Settings(own).credentials?.accessKeyId, 'X');
  assert.equal(s3Settings(own).region, 'us-west-2');
  assert.equal(s3Settings({ ...own, VERBATIM_S3_ANONYMOUS: '1' }).credentials, null);
});

test('places are told from paths and names, and what cannot be one is refused without its password', () => {
  for (const place of [
    's3://bucket',
    's3://bucket/a/*.jsonl',
    'https://host/a.parquet',
    'http://localhost:1/x',
  ])
    assert(isRemoteLocation(place), place);
  for (const other of ['/a/b', 'a/b', 'hf://datasets/a/b', 'https://huggingface.co/datasets/a/b', 's3:/x'])
    assert(!isRemoteLocation(other), other);
  assert.equal(remoteLocation('S3://bucket'), 's3://bucket/');
  assert.deepEqual(parseRemoteLocation('s3://b.u-c/a b/ü'), { kind: 's3', bucket: 'b.u-c', key: 'a b/ü' });
  for (const bad of [
    's3://',
    's3://a',
    's3://a..b/c',
    's3://ev/il',
    'https://',
    'https://u:secret@h/a',
    'https://h/a#b',
    's3://bucket/\n',
    's3://bucket/a/../b',
  ])
    assert.throws(
      () => parseRemoteLocation(bad),
      (error: Error) => !error.message.includes('secret'),
      bad,
    );
});
