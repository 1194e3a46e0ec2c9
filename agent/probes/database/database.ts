// The databases' own word on their backups: each configured server or tool is asked by its own driver, its history is compared with the
// files on disk, and what is new is told as records. Promise: only what agent.yaml names is asked, by the queries that `inspect` lists; one
// connection each, closed after; a server that does not answer hides none of the others; drivers are loaded when first needed.

import { encodeRecord } from '../../../shared/backup/reported-event.ts';
import { EVENT_OF } from '../../../shared/backup/reported.ts';
import { NamedError } from '../../../shared/errors.ts';
import { CONNECTION, type ConnectionConfig } from '../../databases/config.ts';
import type { Complaint, OwnWord } from '../../databases/engine.ts';
import type { Told } from '../../databases/tell.ts';
import { requireDistinctNames } from '../named.ts';
import type { Host, Judgement, Probe, ProbeEvent, ProbeUnit } from '../probe.ts';
import { probeSection } from '../section.ts';

const CONFIG = probeSection(
  'Databases’ own word on their backups: history, archiver, binary logs.',
  600_000,
  {
    connections: { kind: 'list', help: 'Databases and backup tools that are asked.', of: CONNECTION },
  },
);

export const DATABASE: ProbeUnit<typeof CONFIG.fields> = {
  name: 'database',
  config: CONFIG,
  metrics: [],
  open(config, host): Probe {
    requireDistinctNames('database', 'connections', config.connections);
    const told = new Map<string, Told>();
    return {
      async read(signal) {
        const outcomes = await Promise.all(
          config.connections.map((one) => ask({ config: one, host, told, signal })),
        );
        return {
          samples: [],
          checks: outcomes.map((outcome) => outcome.check),
          events: outcomes.flatMap((outcome) => outcome.events),
          errors: outcomes.flatMap((outcome) => outcome.errors),
        };
      },
    };
  },
};

interface Asked {
  config: ConnectionConfig;
  host: Host;
  told: Map<string, Told>;
  signal: AbortSignal;
}

interface Outcome {
  check: Judgement;
  events: ProbeEvent[];
  errors: NamedError[];
}

async function ask({ config, host, told, signal }: Asked): Promise<Outcome> {
  const id = `history:${config.name}`;
  const now = host.clock.now();
  try {
    const { word, complaints, keys } = await ownWord({ config, host, now, signal });
    const { recordsToTell } = await import('../../databases/tell.ts');
    const reading = {
      connection: config.name,
      set: config.set || config.name,
      runs: word.runs,
      keys,
      complaints,
    };
    const next = recordsToTell(reading, told.get(config.name) ?? new Map());
    told.set(config.name, next.told);
    const events = next.records.flatMap((record) => {
      const data = encodeRecord(record);
      return data === undefined ? [] : [{ kind: EVENT_OF[record.of], subject: record.set, data }];
    });
    return { check: { id, ...judge(config.name, complaints) }, events, errors: [] };
  } catch (error) {
    const why = (error as Error).message;
    const named =
      error instanceof NamedError
        ? error
        : new NamedError('PROBE_FAILED', `database ${config.name}: ${why}`, { cause: error });
    return {
      check: { id, status: 'unknown', text: `数据库 ${config.name} 查询失败：${why.slice(0, 300)}` },
      events: [],
      errors: [named],
    };
  }
}

function judge(name: string, complaints: readonly Complaint[]): Pick<Judgement, 'status' | 'text'> {
  if (complaints.length === 0) return { status: 'ok', text: `数据库 ${name} 的备份记录与文件一致` };
  return {
    status: 'warning',
    text: `数据库 ${name}：${complaints.map((one) => one.zh).join('；')}`.slice(0, 1_500),
  };
}

async function ownWord({ config, host, now, signal }: Omit<Asked, 'told'> & { now: number }): Promise<{
  word: OwnWord;
  complaints: Complaint[];
  keys: readonly string[];
}> {
  const { ENGINES } = await import('../../databases/engines/index.ts');
  const { compareHistory, FILE_KEYS } = await import('../../databases/compare.ts');
  const { lookAtFiles } = await import('../../databases/files.ts');
  const engine = ENGINES[config.engine];
  const connection = await engine.connect(config, signal);
  let word: OwnWord;
  try {
    word = await engine.read({ config, connection, now });
  } finally {
    await connection.close().catch(() => {});
  }
  const files = compareHistory(await lookAtFiles(host, word, config.folder), now);
  return { word, complaints: [...word.complaints, ...files], keys: [...word.keys, ...FILE_KEYS] };
}
