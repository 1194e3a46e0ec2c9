// Makes reports, keeps what they rest on, and finds them again. Promise: a number is given once; what is kept is confined to its hospital;
// a report that is had again is the same to the byte.

import { NamedError } from '../../shared/errors.ts';
import type { Language } from '../../shared/text.ts';
import { recordAudit } from '../access/audit.ts';
import type { Confinement } from '../access/principal.ts';
import { drawId } from '../access/secrets.ts';
import type { ReportTable } from '../state/schema.ts';
import type { State } from '../state/state.ts';
import { unitOf } from './index.ts';
import type { Period, ReportUnit } from './report.ts';

export type MadeReport = Omit<ReportTable, 'data' | 'summary'> & { summary: object };

export interface WantedReport {
  kind: string;
  hospitalId: string;
  period: Period;
  language: Language;
  /** Stands on the cover. */
  preparedBy: string;
}

/** More days than these are no report any more. */
const MOST_MS = 400 * 86_400_000;

/** Throws NamedError BAD_REQUEST or NOT_FOUND. */
export async function makeReport(
  state: State,
  wanted: WantedReport,
  act: { who: string; now: number },
): Promise<MadeReport> {
  const unit = unitOf(wanted.kind);
  const { from, to } = wanted.period;
  if (!(from < to) || to - from > MOST_MS)
    throw new NamedError('BAD_REQUEST', 'from and to: a period of up to 400 days, from before to');
  const hospital = await state
    .selectFrom('hospitals')
    .selectAll()
    .where('id', '=', wanted.hospitalId)
    .executeTakeFirst();
  if (!hospital) throw new NamedError('NOT_FOUND', `no hospital ${wanted.hospitalId}`);
  const number = await nextNumber(state, unit, act.now);
  const previous = await previousOf(state, wanted);
  const request = { ...wanted, hospital, number, previous };
  const data = await unit.gather(state, request, act.now);
  const row: ReportTable = {
    id: drawId(),
    kind: wanted.kind,
    hospitalId: hospital.id,
    number,
    language: wanted.language,
    fromAt: from,
    toAt: to,
    madeAt: act.now,
    madeBy: act.who,
    summary: JSON.stringify(unit.summary(data)),
    data: JSON.stringify(data),
  };
  await state.transaction().execute(async (tx) => {
    await tx.insertInto('reports').values(row).execute();
    await recordAudit(tx, { at: act.now, who: act.who, what: 'report.make', subject: number });
  });
  return listed(row);
}

async function nextNumber(state: State, { prefix }: ReportUnit, now: number): Promise<string> {
  const day = `${prefix}-${new Date(now).toISOString().slice(0, 10).replaceAll('-', '')}-`;
  const last = await state
    .selectFrom('reports')
    .select('number')
    .where('number', 'like', `${day}%`)
    .orderBy('number', 'desc')
    .executeTakeFirst();
  const count = last ? Number(last.number.slice(day.length)) + 1 : 1;
  return `${day}${String(count).padStart(4, '0')}`;
}

async function previousOf(state: State, { kind, hospitalId, period }: WantedReport): Promise<unknown> {
  const row = await state
    .selectFrom('reports')
    .select('summary')
    .where('kind', '=', kind)
    .where('hospitalId', '=', hospitalId)
    .where('toAt', '<', period.to)
    .orderBy('toAt', 'desc')
    .orderBy('madeAt', 'desc')
    .executeTakeFirst();
  return row && (JSON.parse(row.summary) as unknown);
}

const listed = ({ data: _data, summary, ...row }: ReportTable): MadeReport => ({
  ...row,
  summary: JSON.parse(summary) as object,
});

/** Newest first. */
export async function listReports(
  state: State,
  { confinement, hospital }: { confinement: Confinement; hospital?: string | undefined },
): Promise<MadeReport[]> {
  const columns = [
    'id',
    'kind',
    'hospitalId',
    'number',
    'language',
    'fromAt',
    'toAt',
    'madeAt',
    'madeBy',
    'summary',
  ] as const;
  let query = state
    .selectFrom('reports')
    .select(columns)
    .orderBy('madeAt', 'desc')
    .orderBy('number', 'desc')
    .limit(500);
  if (confinement !== undefined) query = query.where('hospitalId', '=', confinement);
  if (hospital !== undefined) query = query.where('hospitalId', '=', hospital);
  const rows = await query.execute();
  return rows.map((row) => listed({ ...row, data: '' }));
}

/** Throws NamedError NOT_FOUND. */
export async function findReport(state: State, id: string, confinement: Confinement): Promise<ReportTable> {
  let query = state.selectFrom('reports').selectAll().where('id', '=', id);
  if (confinement !== undefined) query = query.where('hospitalId', '=', confinement);
  const row = await query.executeTakeFirst();
  if (!row) throw new NamedError('NOT_FOUND', `no report ${id}`);
  return row;
}
