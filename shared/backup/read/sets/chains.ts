// Chains whose files are good each by itself: binary logs that name their successor, increments that continue a base, files of a Data
// Pump set. Promise: contents keep their verdict; what is missing becomes a notice, because only the plan of a recovery needs it.

import {
  askedFor,
  type Folder,
  judgeBySet,
  type Member,
  nameOf,
  notice,
  parentOf,
  type SetRule,
  siblings,
  within,
} from './set.ts';

export const BINLOG_CHAIN: SetRule = {
  name: 'binary logs',
  async apply(folder) {
    for (const member of askedFor(folder, (f) => f.format === 'binlog' || f.format === 'binlog-index')) {
      const chain = member.finding?.facts.chain;
      const named =
        chain?.of === 'binlog' && chain.nextFile !== undefined
          ? [chain.nextFile]
          : chain?.of === 'binlog-index'
            ? chain.files
            : [];
      for (const name of named)
        if (!isHere(folder, member, name))
          notice(member, `${name}, which it names, is not here: the chain of logs has a gap`);
    }
  },
};

/** Also when it was compressed later. */
function isHere(folder: Folder, member: Member, name: string): boolean {
  return ['', '.gz', '.zst', '.xz', '.bz2', '.lz4'].some((suffix) =>
    folder.members.has(within(parentOf(member.path), name + suffix)),
  );
}

export const LSN_CHAIN: SetRule = {
  name: 'increments',
  async apply(folder) {
    const lsnOf = (member: Member): { from: string; to: string } | undefined => {
      const chain = member.finding?.facts.chain;
      return chain?.of === 'lsn' ? { from: chain.fromLsn, to: chain.toLsn } : undefined;
    };
    const all = [...folder.members.values()].flatMap((member) => {
      const lsn = lsnOf(member);
      return lsn ? [{ member, ...lsn }] : [];
    });
    for (const { member, from } of all) {
      if (from === '0' || !member.asked) continue;
      const base = all.some(
        (other) =>
          other.member !== member &&
          parentOf(other.member.path) !== parentOf(member.path) &&
          other.to === from,
      );
      if (!base) notice(member, `no backup here ends at LSN ${from}, on which this increment builds`);
    }
  },
};

export const DUMP_SETS: SetRule = {
  name: 'Data Pump sets',
  async apply(folder) {
    for (const member of askedFor(folder, (f) => f.format === 'oracle-expdp'))
      await judgeDumpFile(folder, member);
  },
};

async function judgeDumpFile(folder: Folder, member: Member): Promise<void> {
  const set = setOf(member);
  if (!set) return;
  const others: Member[] = [];
  for (const other of siblings(folder, member)) {
    if (!other.asked && !/\.dmp$/i.test(other.path)) continue;
    await folder.judge(other);
    const its = setOf(other);
    if (its?.guid === set.guid && its.job === set.job) others.push(other);
  }
  if (set.hasMaster) {
    const numbers = new Set([set.number, ...others.map((other) => setOf(other)?.number ?? 0)]);
    const missing = Array.from({ length: Math.max(...numbers) }, (_, i) => i + 1).filter(
      (n) => !numbers.has(n),
    );
    if (missing.length > 0) notice(member, `file ${missing.join(', ')} of its set is not here`);
    return;
  }
  if (member.finding?.content !== 'UNCONFIRMED') return;
  const masters = others.filter((other) => setOf(other)?.hasMaster && other.finding?.content === 'COMPLETE');
  const [master] = masters;
  const found =
    masters.length === 1 && master
      ? `the master table of its set is in ${nameOf(master.path)}`
      : 'the master table of its set is not here';
  judgeBySet(member, { reason: `file ${set.number} of a set: it has no end of its own; ${found}` });
}

function setOf(
  member: Member,
): { guid: string; number: number; job: string; hasMaster: boolean } | undefined {
  const chain = member.finding?.facts.chain;
  return chain?.of === 'dump' ? chain.dumpSet : undefined;
}
