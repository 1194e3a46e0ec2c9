// Hospitals, hosts, and who may look: as enrolment and the commands would have written them.

import { openAccess } from '../../../collector/access/access.ts';
import { drawSecret } from '../../../collector/access/secrets.ts';
import type { State } from '../../../collector/state/state.ts';
import { VERSION } from '../../../collector/version.ts';
import { bootOf } from '../world/episodes.ts';
import { bootText } from '../world/scenes.ts';
import { clockOffset } from '../world/values.ts';
import type { World } from '../world/shape.ts';
import { fingerprintOf, keyOf, publicText } from './keys.ts';

export async function writeNames(state: State, world: World, secret: string): Promise<void> {
  const since = world.startAt;
  await state.transaction().execute(async (tx) => {
    for (const { id, name, timeZone } of world.list)
      await tx.insertInto('hospitals').values({ id, name, timeZone, createdAt: since }).execute();
    for (const host of world.hosts) {
      await tx
        .insertInto('hosts')
        .values({
          id: host.id,
          hospitalId: host.hospital.id,
          name: host.name,
          publicKey: publicText(keyOf(secret, host.id)),
          fingerprint: fingerprintOf(host.id),
          enrolledAt: since,
          revokedAt: null,
          hostname: host.hostname,
          os: host.os,
          arch: 'x64',
          agentVersion: VERSION,
          boot: bootText(bootOf(host, world.endAt)),
          bootAt: bootOf(host, world.endAt),
          offsetMs: Math.round(clockOffset(host, world.endAt)),
        })
        .execute();
    }
  });
}

export interface Logins {
  user: string;
  password: string;
  viewer: string;
  /** For Grafana: reads all hospitals. */
  token: string;
}

/** People and a program: one who may do all but manage, one who sees the first hospital only, and a reader of `/prom`. */
export async function writeLogins(state: State, world: World): Promise<Logins> {
  const access = openAccess({ state, sessions: { idleMs: 0, lifetimeMs: 0 } });
  const act = { who: 'demo', now: world.endAt };
  const password = drawSecret().slice(0, 14);
  const hospitalId = world.list[0]?.id ?? '';
  await access.users.add({ name: 'demo', password, role: 'engineer' }, act);
  await access.users.add({ name: 'viewer', password, role: 'viewer', hospitalId }, act);
  const token = await access.tokens.add({ name: 'grafana', role: 'engineer' }, act);
  return { user: 'demo', password, viewer: 'viewer', token };
}
