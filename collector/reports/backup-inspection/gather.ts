// Reads what the report rests on from the collector's state. Promise: nothing is judged here; the state of backups is as of now, the
// silences are those of the period, with their corrections.

import { readBackups } from '../../backups/state/read.ts';
import type { KeptFile, SetBackups } from '../../backups/kept.ts';
import { readTrail } from '../../api/trail.ts';
import type { Moment } from '../../backups/moment.ts';
import type { State } from '../../state/state.ts';
import type { Period, ReportRequest } from '../report.ts';
import type {
  InspectedFile,
  InspectedHost,
  InspectedSet,
  InspectionInput,
  InspectionSummary,
} from './input.ts';

export async function gather(state: State, request: ReportRequest, now: number): Promise<InspectionInput> {
  const { hospital, period, language, number, preparedBy, previous } = request;
  const rows = await state
    .selectFrom('hosts')
    .selectAll()
    .where('hospitalId', '=', hospital.id)
    .where('revokedAt', 'is', null)
    .orderBy('name')
    .orderBy('id')
    .execute();
  const hosts: InspectedHost[] = [];
  for (const row of rows) hosts.push(await gatherHost(state, row, { period, now }));
  return {
    language,
    number,
    hospital: { name: hospital.name, timeZone: hospital.timeZone },
    period,
    madeAt: now,
    preparedBy,
    hosts,
    ...(previous ? { previous: previous as InspectionSummary } : {}),
  };
}

interface HostRow {
  id: string;
  name: string;
  os: string;
  agentVersion: string;
  offsetMs: number | null;
}

async function gatherHost(
  state: State,
  row: HostRow,
  { period, now }: { period: Period; now: number },
): Promise<InspectedHost> {
  const backups = await readBackups(state, row.id, now);
  return {
    id: row.id,
    name: row.name,
    os: row.os,
    agentVersion: row.agentVersion,
    ...(row.offsetMs === null ? {} : { offsetMs: row.offsetMs }),
    silences: await silencesOf(state, row.id, { period, now }),
    sets: backups.sets.map((set) => inspected(set, period)),
    findings: backups.findings,
  };
}

/** All that was not known to be up, neighbours of one word as one. */
async function silencesOf(
  state: State,
  host: string,
  { period, now }: { period: Period; now: number },
): Promise<InspectedHost['silences']> {
  const until = { from: period.from, to: Math.min(period.to, now) };
  const { spans } = await readTrail(state, host, until, now);
  const silences: InspectedHost['silences'] = [];
  for (const { from, to, word, standing } of spans) {
    if (standing === 'up' || to <= from) continue;
    const last = silences.at(-1);
    if (last?.to === from && last.word === word) last.to = to;
    else silences.push({ from, to, word });
  }
  return silences;
}

function inspected({ recovery, files, trail: _trail, ...set }: SetBackups, period: Period): InspectedSet {
  return {
    ...set,
    files: files.filter((file) => concerns(file, period)).map(withoutChain),
    recovery: {
      windows: recovery.windows.map((w) => ({ ...w, from: floorMs(w.from), to: floorMs(w.to) })),
      points: recovery.points.map(({ at, kind, database }) => ({
        at: floorMs(at),
        kind,
        ...(database === undefined ? {} : { database }),
      })),
      gaps: recovery.gaps.map((gap) => ({
        from: floorMs(gap.from),
        to: floorMs(gap.to),
        missing: gap.missing.map((m) => m.file ?? m.segment ?? m.words.en),
        cause: gap.cause,
        ...(gap.database === undefined ? {} : { database: gap.database }),
      })),
      excluded: recovery.excluded.map(({ file, words }) => ({ file, words })),
      unjudged: recovery.unjudged,
      ...(recovery.last ? { last: floorMs(recovery.last) } : {}),
      ...(recovery.rto ? { rto: recovery.rto } : {}),
      ...(recovery.trouble === undefined ? {} : { trouble: recovery.trouble }),
    },
  };
}

const floorMs = (moment: Moment): number => Math.floor(moment.us / 1000);

/** What is there, and what was there in the period. */
const concerns = (file: KeptFile, { from }: Period): boolean =>
  file.goneAt === undefined || file.goneAt >= from;

/** How files continue each other is judged already, and long: the report does not need it. */
function withoutChain({ facts, ...file }: KeptFile): InspectedFile {
  if (!facts) return file;
  const { chain: _chain, sets: _sets, ...rest } = facts;
  return { ...file, facts: rest };
}
