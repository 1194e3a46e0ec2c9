// pgBackRest's own word: `pgbackrest info --output=json`. It says `ok` on a damaged repository, so its labels are looked for on disk too.

import { openTool } from '../drivers/tool.ts';
import type { Complaint, Engine, OwnWord, Run } from '../engine.ts';

const QUERIES = { info: 'pgbackrest info --output=json' } as const;

export const PGBACKREST_INFO: Engine = {
  queries: QUERIES,
  connect: (config, signal) =>
    openTool(config, { program: 'pgbackrest', args: ['info', '--output=json'], signal }),
  async read({ connection, config }) {
    const stanzas = await connection.query('info');
    return readInfo(stanzas as unknown as Stanza[], config.folder !== '');
  },
};

export interface Stanza {
  name?: string;
  status?: { code?: number; message?: string };
  db?: { id?: number; version?: string }[];
  backup?: {
    label?: string;
    type?: string;
    timestamp?: { start?: number; stop?: number };
    error?: boolean | null;
    info?: { size?: number; repository?: { size?: number; delta?: number } };
    archive?: { start?: string | null; stop?: string | null };
  }[];
  archive?: { id?: string; min?: string | null; max?: string | null }[];
}

const KINDS: Readonly<Record<string, Run['kind']>> = {
  full: 'full',
  diff: 'differential',
  incr: 'incremental',
};

export function readInfo(stanzas: readonly Stanza[], looks: boolean): OwnWord {
  const runs = stanzas.flatMap((stanza) => (stanza.backup ?? []).map((backup) => runOf(stanza, backup)));
  const complaints: Complaint[] = [];
  for (const { name = '', status } of stanzas) {
    if ((status?.code ?? 0) === 0) continue;
    const text = `${name}: ${status?.message ?? ''} (${status?.code})`;
    complaints.push({ key: 'status', zh: `pgBackRest 报告异常：${text}`, en: `pgBackRest reports ${text}` });
  }
  const faulty = runs.filter((run) => !run.ok).map((run) => run.file);
  if (faulty.length > 0) {
    const names = faulty.join(', ');
    complaints.push({
      key: 'pages',
      zh: `备份时发现数据页校验错误：${names}`,
      en: `page checksum errors were met while backing up: ${names}`,
    });
  }
  return {
    runs,
    complaints: complaints.slice(0, 2),
    keys: ['status', 'pages'],
    files: looks
      ? runs.map((run) => ({
          file: `backup/${run.database}/${run.file}`,
          at: run.finishedAt,
          kind: run.kind,
        }))
      : [],
  };
}

function runOf(stanza: Stanza, backup: NonNullable<Stanza['backup']>[number]): Run {
  const { archive, info, timestamp } = backup;
  return {
    source: 'pgbackrest',
    kind: KINDS[backup.type ?? ''] ?? 'full',
    database: stanza.name ?? '',
    startedAt: (timestamp?.start ?? 0) * 1000,
    finishedAt: (timestamp?.stop ?? 0) * 1000,
    ok: backup.error !== true,
    ...(info?.repository?.delta !== undefined && { bytes: info.repository.delta }),
    file: backup.label ?? '',
    text: `WAL ${archive?.start ?? '?'} to ${archive?.stop ?? '?'}, database ${info?.size ?? '?'} bytes`,
  };
}
