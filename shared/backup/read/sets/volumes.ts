// Volumes of a split archive: `.001`, `.002` … are one file in pieces. Promise: the first volume carries the verdict of the whole; the others
// point to it.

import { joined } from '../../source.ts';
import { judge } from '../index.ts';
import { askedFor, type Folder, judgeBySet, type Member, nameOf, type SetRule } from './set.ts';

const VOLUME = /^(.+)\.(\d{3})$/;

export const VOLUMES: SetRule = {
  name: 'volumes',
  async apply(folder) {
    for (const member of askedFor(folder, (_f, m) => isVolume(m))) {
      const [, base = '', number = ''] = VOLUME.exec(member.path) ?? [];
      if (Number(number) === 1) await judgeWhole(folder, member, base);
      else pointToFirst(folder, member, base, Number(number));
    }
  },
};

/** By its name, and because its own content is no file of its own. */
function isVolume(member: Member): boolean {
  const { finding } = member;
  if (!VOLUME.test(nameOf(member.path)) || !finding) return false;
  return finding.format !== 'binlog' && finding.format !== 'empty';
}

function pointToFirst(folder: Folder, member: Member, base: string, number: number): void {
  if (!['unknown', 'text'].includes(member.finding?.format ?? '')) return;
  const first = folder.members.get(`${base}.001`);
  const isArchive = /\.(?:7z|zip|rar|gz|bz2|xz|zst|tar|bak|dmp|sql)$/i.test(base);
  if (!first && !isArchive) return;
  const reason = first
    ? `volume ${number}, judged through ${nameOf(first.path)}`
    : `volume ${number} without its first volume`;
  judgeBySet(member, { format: 'volume', content: 'UNCONFIRMED', reason });
}

async function judgeWhole(folder: Folder, first: Member, base: string): Promise<void> {
  const parts: Member[] = [first];
  for (let n = 2; ; n++) {
    const next = folder.members.get(`${base}.${String(n).padStart(3, '0')}`);
    if (!next) break;
    parts.push(next);
  }
  const missing = laterVolume(folder, base, parts.length);
  if (parts.length === 1 && !missing) return;
  const sources = [];
  try {
    for (const part of parts) sources.push(await folder.open(part.path));
    const whole = await judge(joined(sources), nameOf(base), folder.options);
    const { bytes: _bytes, sha256: _sha256, ...facts } = whole.facts;
    const gap = missing ? `volume ${parts.length + 1} is missing; ` : '';
    judgeBySet(first, {
      ...whole,
      facts: { ...facts, bytes: first.size },
      layer: 'L5',
      reason: `${gap}${parts.length} volumes read as one: ${whole.reason}`,
    });
  } finally {
    for (const source of sources) await source.close();
  }
}

function laterVolume(folder: Folder, base: string, count: number): boolean {
  return [...folder.members.keys()].some((path) => {
    const [, other, number] = VOLUME.exec(path) ?? [];
    return other === base && Number(number) > count;
  });
}
