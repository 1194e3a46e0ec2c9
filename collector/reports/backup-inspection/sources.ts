// Numbers for everything that findings rest on: F for files, R for records. Promise: the same input gives the same numbers; each number
// stands in an appendix with what it is.

import type { InspectedHost, InspectedSet, InspectionInput } from './input.ts';
import type { Evidence } from './rules.ts';
import type { Format } from './format.ts';

export interface SourceRecord {
  mark: string;
  host: InspectedHost;
  set: InspectedSet | undefined;
  evidence: Evidence;
}

export interface Sources {
  /** `F12`: files are numbered through the whole report, in the order of appendix A. */
  file(set: InspectedSet, path: string): string | undefined;
  mark(host: InspectedHost, set: InspectedSet | undefined, evidence: Evidence): string;
  /** What has been marked so far. */
  records(): readonly SourceRecord[];
}

export function sourcesOf(input: InspectionInput): Sources {
  const files = new Map<InspectedSet, Map<string, string>>();
  let count = 0;
  for (const set of input.hosts.flatMap((host) => host.sets)) {
    const marks = new Map<string, string>();
    for (const { path } of filesInOrder(set)) marks.set(path, `F${++count}`);
    files.set(set, marks);
  }
  const records: SourceRecord[] = [];
  const file = (set: InspectedSet, path: string): string | undefined => files.get(set)?.get(path);
  return {
    file,
    records: () => records,
    mark(host, set, evidence) {
      const known = evidence.of === 'file' && set ? file(set, evidence.path) : undefined;
      if (known) return known;
      const same = records.find(
        (r) => r.host === host && r.set === set && sameEvidence(r.evidence, evidence),
      );
      if (same) return same.mark;
      const mark = `R${records.length + 1}`;
      records.push({ mark, host, set, evidence });
      return mark;
    },
  };
}

const sameEvidence = (a: Evidence, b: Evidence): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Those that are there first; by time, then by name. */
export function filesInOrder(set: InspectedSet): InspectedSet['files'] {
  return [...set.files].sort(
    (a, b) =>
      Number(a.goneAt !== undefined) - Number(b.goneAt !== undefined) ||
      a.modifiedAt - b.modifiedAt ||
      (a.path < b.path ? -1 : 1),
  );
}

/** `F1、F2、F3 等 12 个`: long lists are cut, their number stays. */
export function listed(marks: readonly string[], { language }: Format, most = 6): string {
  const comma = language === 'zh' ? '、' : ', ';
  if (marks.length <= most) return marks.join(comma);
  const rest = language === 'zh' ? ` 等 ${marks.length} 项` : ` and ${marks.length - most} more`;
  return `${marks.slice(0, most).join(comma)}${rest}`;
}
