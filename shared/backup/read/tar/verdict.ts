// How a tar archive ended, as a verdict.

import type { Finding } from '../format.ts';
import type { TarEnd } from './walk.ts';

const CONTENT = { whole: 'COMPLETE', cut: 'INCOMPLETE', corrupt: 'CORRUPT' } as const;

export function tarVerdictOf(end: TarEnd): Pick<Finding, 'content' | 'reason'> {
  const whole = `${end.members} members, closing blocks present; tar has no checksum over contents`;
  return { content: CONTENT[end.kind], reason: end.kind === 'whole' ? whole : end.reason };
}
