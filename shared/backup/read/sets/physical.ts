// Data files inside a physical backup of mariabackup or an unpacked base backup: no reader knows them, but they are no strangers there.
// Promise: they are called unconfirmed, not foreign; their pages are checked by the engine when the backup is prepared or started.

import { askedFor, type Folder, judgeBySet, type Member, parentOf, type SetRule, within } from './set.ts';

const MARKS = ['xtrabackup_checkpoints', 'mariadb_backup_checkpoints', 'backup_label'];

const TABLESPACE = /(?:\.ibd|(?:^|\/)ibdata\d+)$/;

export const PHYSICAL: SetRule = {
  name: 'physical backups',
  async apply(folder) {
    for (const member of askedFor(folder, (f) => ['unknown', 'text', 'empty'].includes(f.format))) {
      // An empty log of the server is normal; an empty tablespace is a loss.
      if (member.finding?.format === 'empty' && TABLESPACE.test(member.path)) continue;
      const mark = markAbove(folder, member);
      if (mark !== undefined)
        judgeBySet(member, {
          format: 'data-file',
          content: 'UNCONFIRMED',
          reason: `a data file of the physical backup that ${mark} describes; its pages are checked when it is prepared`,
        });
    }
  },
};

/** The description of a backup in this folder or one above. */
function markAbove(folder: Folder, member: Member): string | undefined {
  for (let parent = parentOf(member.path); ; parent = parentOf(parent)) {
    const found = MARKS.find((name) => {
      const mark = folder.members.get(within(parent, name));
      return mark !== undefined && mark.finding?.content === 'COMPLETE';
    });
    if (found !== undefined) return found;
    if (parent === '') return undefined;
  }
}
