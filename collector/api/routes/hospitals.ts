// Hospitals and the enrolment of their hosts.

import type { Kysely } from 'kysely';
import { NamedError } from '../../../shared/errors.ts';
import { recordAudit } from '../../access/audit.ts';
import { type Confinement, whoIs } from '../../access/principal.ts';
import { drawId } from '../../access/secrets.ts';
import type { Tables } from '../../state/schema.ts';
import type { Act } from '../../access/users.ts';
import type { App, Context } from '../context.ts';
import { confinement, principalOf } from '../guard.ts';
import { findHost } from '../hosts.ts';
import * as shapes from '../shapes.ts';

const DEFAULT_ZONE = 'Asia/Shanghai';
const CODE_TTL_MS = 30 * 60_000;

export function hospitalRoutes(app: App, context: Context): void {
  const { state, clock } = context;
  app.get('/hospitals', { schema: { response: { 200: shapes.HospitalList } } }, async (request) => ({
    items: await listHospitals(state, confinement(request)),
  }));
  app.post(
    '/hospitals',
    {
      config: { access: 'engineer' },
      schema: { body: shapes.NewHospital, response: { 201: shapes.HospitalItem } },
    },
    async (request, reply) => {
      const act = { who: whoIs(principalOf(request)), now: clock.now() };
      const hospital = await addHospital(state, request.body.name, request.body.timeZone, act);
      return await reply.code(201).send({ ...hospital, hosts: 0 });
    },
  );
  enrolmentRoute(app, context);
}

function enrolmentRoute(app: App, context: Context): void {
  const { state, clock, services, config } = context;
  app.post(
    '/enrolments',
    {
      config: { access: 'engineer' },
      schema: { body: shapes.EnrolmentBody, response: { 201: shapes.EnrolmentReply } },
    },
    async (request, reply) => {
      const act = { who: whoIs(principalOf(request)), now: clock.now() };
      const { hostName, host } = request.body;
      const known = host === undefined ? undefined : await findHost(context, host, confinement(request));
      const hospital = known
        ? { id: known.hospitalId, name: known.hospitalName }
        : await wantedHospital(state, request.body, act);
      const code = await services.enrolment.createCode({
        hospitalId: hospital.id,
        ttlMs: CODE_TTL_MS,
        ...act,
        ...(hostName === undefined ? {} : { hostName }),
        ...(host === undefined ? {} : { hostId: host }),
      });
      const expiresAt = act.now + CODE_TTL_MS;
      const collector = config.publicUrl || `${request.protocol}://${request.host}`;
      const command = `niswatch-agent enrol --collector ${collector} --code ${code}`;
      return await reply
        .code(201)
        .send({ code, expiresAt, collector, command, hospital: { id: hospital.id, name: hospital.name } });
    },
  );
}

async function wantedHospital(
  state: Kysely<Tables>,
  body: { hospital?: string; hospitalName?: string },
  act: Act,
): Promise<{ id: string; name: string }> {
  if (body.hospital !== undefined) return await findHospital(state, body.hospital, undefined);
  const name = body.hospitalName?.trim();
  if (!name) throw new NamedError('BAD_REQUEST', 'hospital: give its id, or hospitalName');
  const known = await state
    .selectFrom('hospitals')
    .select(['id', 'name'])
    .where('name', '=', name)
    .executeTakeFirst();
  return known ?? (await addHospital(state, name, undefined, act));
}

/** Throws NamedError NOT_FOUND. */
export async function findHospital(state: Kysely<Tables>, id: string, confinement: Confinement) {
  const row =
    confinement !== undefined && confinement !== id
      ? undefined
      : await state.selectFrom('hospitals').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) throw new NamedError('NOT_FOUND', `no hospital ${id}`);
  return row;
}

async function listHospitals(state: Kysely<Tables>, confinement: Confinement) {
  let query = state
    .selectFrom('hospitals')
    .leftJoin('hosts', (join) =>
      join.onRef('hosts.hospitalId', '=', 'hospitals.id').on('hosts.revokedAt', 'is', null),
    )
    .select(['hospitals.id', 'hospitals.name', 'hospitals.timeZone', 'hospitals.createdAt'])
    .select((e) => e.fn.count<number>('hosts.id').as('hosts'))
    .groupBy(['hospitals.id', 'hospitals.name', 'hospitals.timeZone', 'hospitals.createdAt'])
    .orderBy('hospitals.name')
    .limit(5000);
  if (confinement !== undefined) query = query.where('hospitals.id', '=', confinement);
  return await query.execute();
}

/** Throws NamedError CONFLICT or BAD_REQUEST. */
export async function addHospital(
  state: Kysely<Tables>,
  wanted: string,
  timeZone: string = DEFAULT_ZONE,
  act: Act,
) {
  const name = wanted.trim();
  checkZone(timeZone);
  const hospital = { id: drawId(), name, timeZone, createdAt: act.now };
  await state.transaction().execute(async (tx) => {
    const taken = await tx.selectFrom('hospitals').select('id').where('name', '=', name).executeTakeFirst();
    if (taken) throw new NamedError('CONFLICT', `there is already a hospital ${name}`);
    await tx.insertInto('hospitals').values(hospital).execute();
    await recordAudit(tx, { at: act.now, who: act.who, what: 'hospital.add', subject: name });
  });
  return hospital;
}

function checkZone(timeZone: string): void {
  try {
    Intl.DateTimeFormat('en', { timeZone }).resolvedOptions();
  } catch {
    throw new NamedError('BAD_REQUEST', `timeZone: ${timeZone} is not a time zone such as Asia/Shanghai`);
  }
}
