// Barman's backup.info: one `key=value` per line, `None` for nothing. Promise: only a backup whose status is DONE is whole.

import type { RepositoryChain } from '../../facts.ts';
import { type SmallText, smallText } from '../text/small.ts';

const INFO: SmallText = {
  name: 'barman-backup.info',
  matches: (head) => /^backup_label=/m.test(head) && /^begin_wal=/m.test(head),
  judge(text) {
    const values = new Map(
      text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    const value = (key: string): string | undefined => {
      const found = values.get(key);
      return found === undefined || found === 'None' ? undefined : found;
    };
    const status = value('status') ?? 'unknown';
    const label = value('backup_id') ?? value('begin_time') ?? '';
    const backup: RepositoryChain['backups'][number] = {
      label,
      kind: value('parent_backup_id') === undefined ? 'full' : 'incremental',
      startedAt: isoOf(value('begin_time')),
      finishedAt: isoOf(value('end_time')),
      defects: status === 'DONE' ? [] : [value('error') ?? `status ${status}`],
    };
    const fields = {
      prior: value('parent_backup_id'),
      startLsn: value('begin_xlog'),
      stopLsn: value('end_xlog'),
      walStart: value('begin_wal'),
      walStop: value('end_wal'),
    };
    for (const [key, field] of Object.entries(fields))
      if (field !== undefined) Object.assign(backup, { [key]: field });
    if (value('timeline') !== undefined) backup.timeline = Number(value('timeline'));
    if (value('size') !== undefined) backup.bytes = Number(value('size'));
    const systemId = value('systemid')?.replaceAll("'", '');
    const chain: RepositoryChain = {
      of: 'repository',
      tool: 'barman',
      ...(systemId !== undefined && { systemId }),
      backups: [backup],
    };
    const facts = { engine: 'postgresql' as const, kind: 'metadata' as const, chain };
    if (status !== 'DONE')
      return { content: 'INCOMPLETE', reason: `the backup's status is ${status}`, layer: 'L1', facts };
    return { content: 'COMPLETE', reason: 'metadata of a backup whose status is DONE', layer: 'L1', facts };
  },
};

/** `2026-03-01 02:30:00.123456+08:00`. */
function isoOf(text: string | undefined): string {
  return (text ?? '').replace(' ', 'T').replace(/\+00:00$/, 'Z');
}

export const BARMAN_INFO = smallText(INFO);
