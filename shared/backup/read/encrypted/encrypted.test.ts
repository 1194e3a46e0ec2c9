import assert from 'node:assert/strict';
import { createCipheriv, createHash, pbkdf2Sync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { judgeAll } from '../../folder.ts';
import { judge } from '../index.ts';
import { memorySource } from '../../source.ts';

/** As openssl enc -aes-256-cbc -pbkdf2 writes it, and pgBackRest. */
function salted(content: Buffer): Buffer {
  const salt = randomBytes(8);
  const key = pbkdf2Sync('demo', salt, 10, 48, 'sha256');
  const cipher = createCipheriv('aes-256-cbc', key.subarray(0, 32), key.subarray(32));
  return Buffer.concat([Buffer.from('Salted__'), salt, cipher.update(content), cipher.final()]);
}

const noise = randomBytes(3000);
const cases: [string, Buffer][] = [
  ['openssl enc', salted(noise)],
  ['age', Buffer.concat([Buffer.from('age-encryption.org/v1\n-> X25519 abc\n'), noise])],
  ['GnuPG', Buffer.from(`-----BEGIN PGP MESSAGE-----\n\n${noise.toString('base64')}\n`)],
  ['GnuPG', Buffer.concat([Buffer.from('8c0d04090302', 'hex'), noise])],
  ['GnuPG', Buffer.concat([Buffer.from('85010c03', 'hex'), randomBytes(8), Buffer.from([1]), noise])],
  ['AES Crypt', Buffer.concat([Buffer.from('AES\x02\0'), noise])],
];
for (const [tool, bytes] of cases)
  test(`a file that ${tool} encrypted cannot be confirmed, and is not called bad`, async () => {
    const found = await judge(memorySource(bytes), 'nis.sql.gz.enc');
    assert.deepEqual(
      [found.content, found.format, found.facts.encrypted],
      ['UNCONFIRMED', 'encrypted', true],
    );
    assert.match(found.reason, new RegExp(tool));
  });

test('an encrypted repository of pgBackRest is unconfirmed; a file of it that is cut is told', async () => {
  const segment = `archive/x/15-1/00000001/000000010000000000000001-${createHash('sha1').update(noise).digest('hex')}.gz`;
  const files: Record<string, Buffer> = {
    'backup/x/20261126-200801F/backup.manifest': salted(noise),
    'backup/x/20261126-200801F/pg_data/base/1/112.gz': salted(noise),
    'backup/x/20261126-200801F/pg_data/base/1/113.gz': salted(noise).subarray(0, -5),
    [segment]: salted(noise),
  };
  const verdicts = await judgeAll(
    Object.entries(files).map(([path, bytes]) => ({ path, size: bytes.length, mtimeMs: 0, asked: true })),
    { open: async (path) => ({ ...memorySource(files[path] ?? noise), close: async () => {} }) },
  );
  assert.deepEqual(
    verdicts.map(({ path, content }) => [path.slice(-7), content]),
    [
      ['anifest', 'UNCONFIRMED'],
      ['/112.gz', 'UNCONFIRMED'],
      ['/113.gz', 'INCOMPLETE'],
      [segment.slice(-7), 'UNCONFIRMED'],
    ],
  );
});
