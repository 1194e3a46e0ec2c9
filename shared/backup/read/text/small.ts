// Small text files that belong to backups: read whole, at most so much of it. Promise: what is longer is no such file.

import type { Cursor } from '../cursor.ts';
import type { Finding, Format, Job } from '../format.ts';

const MAX_TEXT = 4 * 1024 * 1024;

export interface SmallText {
  name: string;
  matches(head: string, name: string): boolean;
  judge(text: string, job: Job): Omit<Finding, 'format'>;
}

export function smallText(kind: SmallText): Format {
  return {
    name: kind.name,
    matches: (head, job) => !head.includes(0) && kind.matches(head.toString('utf8'), job.name),
    async read(input, job) {
      const text = await readWhole(input);
      if (text !== undefined) return { format: kind.name, ...kind.judge(text, job) };
      await input.drain();
      return {
        format: kind.name,
        content: 'FOREIGN',
        reason: `too long to be a ${kind.name}`,
        layer: 'L1',
        facts: {},
      };
    },
  };
}

async function readWhole(input: Cursor): Promise<string | undefined> {
  if (await input.need(MAX_TEXT)) return undefined;
  return input.take(input.available).toString('utf8');
}
