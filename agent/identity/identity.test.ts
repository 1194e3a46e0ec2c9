import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { test, type TestContext } from 'node:test';
import { isNamedError } from '../../shared/errors.ts';
import { identityPath, makeKeyPair, readIdentity, signer, writeIdentity } from './identity.ts';
import { fingerprint, type MachineFacts, machineName, readBoot } from './machine.ts';

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(`${tmpdir()}/niswatch-identity-`);
  t.after(() => rm(path, { recursive: true, force: true }));
  return identityPath(path);
}

const identity = {
  host: { id: 'h', name: 'n' },
  hospital: { id: 'i', name: 'm' },
  collector: 'c',
  urls: ['https://c'],
  ...makeKeyPair(),
  machine: 'm',
  enrolledAt: 1,
};

test('is read as it was written, and only its owner may read it', async (t) => {
  const path = await folder(t);
  assert.equal(readIdentity(path, 'linux'), undefined);
  writeIdentity(path, identity);
  assert.deepEqual(readIdentity(path, 'linux'), identity);
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('a file that others may read is refused, but on Windows, where the mode says nothing', async (t) => {
  const path = await folder(t);
  writeIdentity(path, identity);
  for (const mode of [0o640, 0o604, 0o644]) {
    chmodSync(path, mode);
    assert.throws(
      () => readIdentity(path, 'linux'),
      (e) => isNamedError(e, 'IDENTITY_INSECURE'),
    );
  }
  assert.deepEqual(readIdentity(path, 'win32'), identity);
});

test('a damaged file is an error with its mend, not a new identity', async (t) => {
  const path = await folder(t);
  for (const text of ['', '{', 'null', '{"host":{}}', '[]']) {
    writeFileSync(path, text, { mode: 0o600 });
    assert.throws(
      () => readIdentity(path, 'linux'),
      (e) => isNamedError(e, 'CONFIG_SYNTAX'),
    );
  }
});

test('a file that is whole but for one field, or whose key does not sign, is damaged too', async (t) => {
  const path = await folder(t);
  const named = { id: 'h', name: 'n' };
  const whole = { host: named, hospital: named, collector: 'c', urls: [], ...makeKeyPair() };
  for (const odd of [{}, { host: { id: 'h' } }, { urls: [1] }, { machine: 1 }, { privateKey: 'AAAA' }]) {
    writeFileSync(path, JSON.stringify({ ...whole, ...odd }), { mode: 0o600 });
    const read = () => readIdentity(path, 'linux');
    if (Object.keys(odd).length === 0) assert.equal(read()?.host.name, 'n');
    else assert.throws(read, (e) => isNamedError(e, 'CONFIG_SYNTAX'), JSON.stringify(odd));
  }
});

test('signs so that the raw public key verifies', () => {
  const keys = makeKeyPair();
  const x = keys.publicKey;
  assert.equal(Buffer.from(x, 'base64url').length, 32);
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const signature = Buffer.from(signer(keys)('text'), 'base64url');
  assert.ok(verify(null, Buffer.from('text'), key, signature));
});

function machine(files: Record<string, string>, cards: { name: string; mac: string }[] = []): MachineFacts {
  return {
    platform: 'linux',
    readText: (path) => files[path],
    interfaces: () => cards,
    exists: (path) => path in files,
    now: () => 1_000_000_000,
    uptimeSeconds: () => 1000,
  };
}

test('the fingerprint holds when containers come and go, and differs on other hardware', () => {
  const files = { '/etc/machine-id': 'abc\n', '/sys/class/net/eth0/device': '' };
  const card = { name: 'eth0', mac: '52:54:00:00:00:01' };
  const print = (cards: { name: string; mac: string }[]): string => {
    const facts = machine(files, cards);
    return fingerprint(machineName(facts), facts);
  };
  assert.equal(print([card]), print([card, { name: 'veth1', mac: '02:00:00:00:00:09' }]));
  assert.notEqual(print([card]), print([{ ...card, mac: '52:54:00:00:00:02' }]));
  assert.match(print([card]), /^[0-9a-f]{64}$/);
});

test('the boot is what the kernel calls it; without that the same boot time is the same boot', () => {
  const linux = machine({ '/proc/sys/kernel/random/boot_id': 'id\n', '/proc/stat': 'cpu 1\nbtime 5\n' });
  assert.deepEqual(readBoot(linux), { id: 'id', at: 5000 });
  const bare = machine({});
  const first = readBoot(bare);
  assert.deepEqual(readBoot({ ...bare, now: () => 1_000_020_000 }, first), first);
  assert.notEqual(readBoot({ ...bare, now: () => 1_000_200_000 }, first).id, first.id);
});
