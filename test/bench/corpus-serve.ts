// A server of one large file in a process of its own, so that it does not share the client's core.

import { hashOf, startHubServer } from '../support/hub-server.ts';

const bytes = Buffer.alloc(Number(process.argv[2]));
for (let i = 0; i < bytes.length; i += 4096) bytes.writeUInt32LE(i, i);
const path = 'model.safetensors';
const { endpoint, commit } = await startHubServer({
  repositories: { 'models/owner/name': { [path]: bytes } },
});
process.send!({ endpoint, commit, file: { path, nBytes: bytes.length, hash: hashOf(bytes) } });
