// Restoring an Oracle export. A Data Pump file lies in a directory object of the target, under the name that it has.

import type { Choice, Runbook, Target } from '../engine.ts';
import { quote } from '../shell.ts';
import { partChosen, ROWS, singleStep, spaceOf } from './single.ts';

export function oracleRunbook(choice: Choice, target: Target): Runbook {
  const part = partChosen(choice);
  const pump = /expdp|datapump/.test(part.files[0]?.format ?? '');
  const as = target.as ?? 'CHECK_USER';
  const names = part.files.map((f) =>
    f.path.slice(Math.max(f.path.lastIndexOf('/'), f.path.lastIndexOf('\\')) + 1),
  );
  const folder = (part.files[0]?.path ?? '').replace(/[\\/][^\\/]*$/, '');
  const command = pump
    ? `impdp system DIRECTORY=NIS_CHECK_DIR DUMPFILE=${names.map(quote).join(',')} REMAP_SCHEMA=${choice.set.database ?? 'SOURCE'}:${as} LOGFILE=nis_check_imp.log`
    : `imp system FILE=${part.files.map((f) => quote(f.path)).join(',')} FROMUSER=${choice.set.database ?? 'SOURCE'} TOUSER=${as} LOG=nis_check_imp.log`;
  return {
    before: [
      {
        words: {
          zh: '建新的用户和目录对象，不要导入原用户',
          en: 'create a new user and a directory object; never import into the original user',
        },
        command: pump
          ? `sqlplus / as sysdba <<'END'\nCREATE DIRECTORY NIS_CHECK_DIR AS '${folder.replaceAll("'", "''")}';\nEND`
          : 'sqlplus / as sysdba',
      },
    ],
    steps: [singleStep(part, 'dump', command, { zh: `导入到 ${as}`, en: `import as ${as}` })],
    after: [{ words: ROWS }],
    cautions: [
      {
        zh: '看不出导出时用了 FLASHBACK_TIME 或 CONSISTENT=Y:若没有，各表是各自的时刻',
        en: 'nothing shows that FLASHBACK_TIME or CONSISTENT=Y was used: without it each table is of its own moment',
      },
      {
        zh: '导出字符集与目标不同（如 ZHS16GBK 到 AL32UTF8，每个汉字 2 字节变 3 字节）会使字段放不下',
        en: 'where the character set differs (ZHS16GBK to AL32UTF8: 2 bytes become 3 per Chinese character) columns may overflow',
      },
    ],
    ...spaceOf(part),
  };
}
