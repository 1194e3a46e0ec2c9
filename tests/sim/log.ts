// What happened, as one number: two runs of a seed are the same when their logs are. With `keep` the lines stay for people.

export interface EventLog {
  note(kind: string, a: number, b: number): void;
  text(line: string): void;
  /** For people only: no part of the hash. */
  detail(line: () => string): void;
  hash(): string;
  readonly lines: string[];
}

export function openLog(now: () => number, keep: boolean): EventLog {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  const mix = (value: number): void => {
    low = Math.imul(low ^ (value | 0), 0x01000193);
    high = Math.imul(high ^ (value | 0) ^ (low >>> 7), 0x85ebca6b);
  };
  const lines: string[] = [];
  const stamp = (): void => {
    mix(now() * 1000);
    mix(now() / 4_294_967);
  };
  return {
    lines,
    note(kind, a, b) {
      stamp();
      mix(kind.charCodeAt(0) + kind.length * 256);
      mix(a);
      mix(b);
      if (keep) lines.push(`${(now() / 1000).toFixed(3).padStart(10)} ${kind} ${a} ${b}`);
    },
    text(line) {
      stamp();
      for (let i = 0; i < line.length; i++) mix(line.charCodeAt(i));
      if (keep) lines.push(`${(now() / 1000).toFixed(3).padStart(10)} ${line}`);
    },
    detail(line) {
      if (keep) lines.push(`${(now() / 1000).toFixed(3).padStart(10)}   ${line()}`);
    },
    hash: () => (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0'),
  };
}
