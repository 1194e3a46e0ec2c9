import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { manualClock } from '../../shared/clock.ts';
import { isNamedError } from '../../shared/errors.ts';
import { openState } from '../state/state.ts';
import { parseCode, renderCode } from './code.ts';
import { enrolText, openEnrolment, type EnrolRequest } from './enrolment.ts';

async function world() {
  const state = await openState(':memory:');
  const clock = manualClock();
  await state
    .insertInto('hospitals')
    .values({ id: 'h1', name: '第一医院', timeZone: 'Asia/Shanghai', createdAt: clock.now() })
    .execute();
  const enrolment = openEnrolment({ state, clock, random: randomBytes, collectorName: 'centre' });
  const createCode = (more: { hostId?: string; hostName?: string } = {}) =>
    enrolment.createCode({ hospitalId: 'h1', who: 'user:ann', now: clock.now(), ...more });
  return { state, clock, enrolment, createCode };
}

function request(code: string, fingerprint = 'f1'): EnrolRequest {
  const pair = generateKeyPairSync('ed25519');
  const publicKey = pair.publicKey.export({ format: 'jwk' }).x ?? '';
  const proof = sign(null, Buffer.from(enrolText(code, publicKey)), pair.privateKey).toString('base64url');
  const facts = { hostname: 'nis-01', os: 'linux', arch: 'x64', version: '0.1.0' };
  return { code, publicKey, fingerprint, proof, facts };
}

const fails = (code: string) => (error: unknown) => isNamedError(error) && error.code === code;

test('a code enrols one host under its hospital, with audit rows, and is stored only as a hash', async () => {
  const { state, enrolment, createCode } = await world();
  const code = await createCode();
  const sent = request(code);
  const answer = await enrolment.enrol(sent);
  assert.deepEqual(
    { hospital: answer.hospital, collector: answer.collector, name: answer.host.name },
    { hospital: { id: 'h1', name: '第一医院' }, collector: 'centre', name: 'nis-01' },
  );
  const host = await state.selectFrom('hosts').selectAll().executeTakeFirstOrThrow();
  assert.equal(host.publicKey, sent.publicKey);
  const audit = await state.selectFrom('audit').select('what').execute();
  assert.deepEqual(
    audit.map((row) => row.what),
    ['enrolment.code', 'host.enrolled'],
  );
  const stored = JSON.stringify(await state.selectFrom('enrolmentCodes').selectAll().execute());
  assert.ok(!stored.includes(parseCode(code) ?? '?') && !stored.includes(code));
});

test('of many users of one code at once exactly one wins and the others learn that it was used', async () => {
  const { state, enrolment, createCode } = await world();
  const code = await createCode();
  const tries = await Promise.allSettled(
    Array.from({ length: 20 }, (_, i) => enrolment.enrol(request(code, `f${i}`))),
  );
  assert.equal(tries.filter((t) => t.status === 'fulfilled').length, 1);
  for (const t of tries) if (t.status === 'rejected') assert.ok(fails('CODE_USED')(t.reason));
  assert.equal((await state.selectFrom('hosts').selectAll().execute()).length, 1);
});

test('a code that has run out, was never given out or is mistyped is refused by name', async () => {
  const { clock, enrolment, createCode } = await world();
  const code = await createCode();
  await assert.rejects(enrolment.enrol(request(renderCode(randomBytes(16)))), fails('CODE_UNKNOWN'));
  const mistyped = code.replace(/^./, (c) => (c === '7' ? '6' : '7'));
  await assert.rejects(enrolment.enrol(request(mistyped)), fails('CODE_UNKNOWN'));
  clock.advance(30 * 60_000);
  await assert.rejects(enrolment.enrol(request(code)), fails('CODE_EXPIRED'));
});

test('a proof made with another key is refused and leaves the code usable', async () => {
  const { enrolment, createCode } = await world();
  const code = await createCode();
  const stolen = { ...request(code), publicKey: request(code).publicKey };
  await assert.rejects(enrolment.enrol(stolen), fails('BAD_SIGNATURE'));
  await assert.rejects(enrolment.enrol({ ...request(code), proof: 'x' }), fails('BAD_SIGNATURE'));
  await enrolment.enrol(request(code));
});

test('a code bound to a host replaces its key and fingerprint, keeps its name and lifts a revocation', async () => {
  const { state, clock, enrolment, createCode } = await world();
  const first = await enrolment.enrol(request(await createCode({ hostName: 'NIS 主库' })));
  await state.updateTable('hosts').set({ revokedAt: clock.now() }).execute();
  const again = request(await createCode({ hostId: first.host.id }), 'f2');
  assert.deepEqual((await enrolment.enrol(again)).host, { id: first.host.id, name: 'NIS 主库' });
  const host = await state.selectFrom('hosts').selectAll().executeTakeFirstOrThrow();
  assert.deepEqual([host.publicKey, host.fingerprint, host.revokedAt], [again.publicKey, 'f2', null]);
});

test('a code is not made for a hospital or host that does not exist', async () => {
  const { enrolment, createCode } = await world();
  const ask = { hospitalId: 'nowhere', who: 'user:ann', now: 0 };
  await assert.rejects(enrolment.createCode(ask), fails('NOT_FOUND'));
  await assert.rejects(createCode({ hostId: 'nobody' }), fails('NOT_FOUND'));
});

test('a request without its parts is refused by the name of the part', async () => {
  const { enrolment, createCode } = await world();
  const whole = request(await createCode());
  for (const part of ['code', 'publicKey', 'fingerprint', 'proof', 'facts'] as const) {
    await assert.rejects(
      enrolment.enrol({ ...whole, [part]: undefined } as never),
      fails('BAD_REQUEST'),
      part,
    );
  }
});

test('a code is read as people write it, and one wrong character never passes', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.nat(26),
      fc.integer({ min: 1, max: 31 }),
      (bytes, at, by) => {
        const code = renderCode(bytes);
        assert.match(code, /^([0-9A-Z]{5}-){5}[0-9A-Z]{2}$/);
        const bare = parseCode(code) ?? '';
        assert.equal(parseCode(code.toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l')), bare);
        const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
        const wrong = alphabet[(alphabet.indexOf(bare[at] ?? '0') + by) % 32] ?? '0';
        assert.equal(parseCode(bare.slice(0, at) + wrong + bare.slice(at + 1)), undefined);
      },
    ),
  );
});
