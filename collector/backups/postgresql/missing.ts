// The WAL segments that are missing where later ones of the same line show that there was more.

import { later, type Moment } from '../moment.ts';
import type { Break, Missing } from '../set.ts';
import { type Archive, type Line, segmentName, timelineAt } from './wal.ts';

/** So many are named; more are only counted by the ends of the gap. */
const MOST_NAMED = 20;

export interface Ended {
  archive: Archive;
  line: Line;
  /** The first segment that is not there. */
  next: number;
  after: Moment;
}

export function missingSegments({ archive, line, next, after }: Ended): Break[] {
  const behind = [...archive.segments.values()].filter(
    (s) => s.number >= next && s.timeline === timelineAt(line, s.number),
  );
  const until = behind.flatMap((s) => s.lastCommit ?? []);
  if (until.length === 0) return [];
  const resumes = Math.min(...behind.map((s) => s.number));
  const numbers = Array.from({ length: Math.min(resumes - next, MOST_NAMED) }, (_, i) => next + i);
  const missing = numbers.map((number) => missingAt(archive, line, number));
  const damaged = missing.some((m) => m.file !== m.segment);
  return [
    {
      after,
      until: until.reduce(later),
      missing,
      cause: damaged
        ? { zh: 'WAL 段损坏', en: 'a WAL segment is damaged' }
        : { zh: '缺少 WAL 段', en: 'a WAL segment is missing' },
    },
  ];
}

function missingAt(archive: Archive, line: Line, number: number): Missing {
  const timeline = timelineAt(line, number);
  const segment = segmentName(timeline, number, archive.segmentBytes);
  const there = archive.unusable.find((u) => u.number === number && u.timeline === timeline);
  const words = there
    ? { zh: `${there.file} 不可用`, en: `${there.file} cannot be used` }
    : { zh: `WAL 段 ${segment}`, en: `WAL segment ${segment}` };
  return { segment, file: there?.file ?? segment, words };
}
