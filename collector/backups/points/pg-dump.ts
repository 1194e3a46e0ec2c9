// Restoring a pg_dump into a new, empty database.

import type { Choice, Runbook, Target } from '../engine.ts';
import { decoder, feed, quote } from '../shell.ts';
import { partChosen, ROWS, singleStep, spaceOf } from './single.ts';

export function pgDumpRunbook(choice: Choice, target: Target): Runbook {
  const part = partChosen(choice);
  const [file] = part.files;
  const as = target.as ?? `${choice.set.database ?? 'database'}_check`;
  const client = [
    target.socket ? ` -h ${quote(target.socket)}` : '',
    target.port ? ` -p ${target.port}` : '',
    target.user ? ` -U ${quote(target.user)}` : '',
  ].join('');
  const plain = /plain|sql/.test(file?.format ?? '');
  const psql = `psql${client} -v ON_ERROR_STOP=1 -q -d ${quote(as)}`;
  const path = file?.path ?? '';
  const archive = path.endsWith('toc.dat') ? path.replace(/[\\/]?toc\.dat$/, '') || '.' : path;
  const restore = `pg_restore${client} --exit-on-error --no-owner -d ${quote(as)}`;
  const read = file && decoder(file) ? feed(file, restore) : `${restore} ${quote(archive)}`;
  return {
    before: [
      {
        words: {
          zh: `建空库 ${as}(编码与排序规则与原库一致)`,
          en: `create the empty database ${as}, with encoding and collation of the original`,
        },
        command: `createdb${client} -T template0 ${quote(as)}`,
      },
      {
        words: {
          zh: '角色不在单库导出里：先恢复 pg_dumpall --globals-only 的结果',
          en: 'roles are not in a dump of one database: restore the result of pg_dumpall --globals-only first',
        },
      },
    ],
    steps: [
      singleStep(part, 'dump', plain && file ? feed(file, psql) : read, {
        zh: `把导出恢复到 ${as}`,
        en: `restore the dump into ${as}`,
      }),
    ],
    after: [
      {
        words: { zh: '更新统计信息', en: 'refresh the statistics' },
        command: `psql${client} -d ${quote(as)} -c 'ANALYZE'`,
      },
      { words: ROWS },
    ],
    cautions: [
      {
        zh: '导出只是一个时刻：它开始之后写入的数据不在里面',
        en: 'a dump is one moment: what was written after it began is not in it',
      },
    ],
    ...spaceOf(part),
  };
}
