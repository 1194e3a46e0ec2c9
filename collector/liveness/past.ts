// What a host that comes back tells about the time in which it was not heard. Pure.

import type { HelloFacts, HostLife } from './model.ts';

export type Past = 'host-crashed' | 'host-shut-down' | 'agent-crashed' | 'agent-stopped' | 'link-cut';

export function explainReturn(
  life: Pick<HostLife, 'boot' | 'processAt'>,
  { boot, journal }: HelloFacts,
): Past {
  const orderly = journal.previousEnd === 'orderly';
  // The boot of the process before this one counts first: the collector may have missed a whole life in between.
  const before = journal.previousBoot ?? life.boot;
  if (life.processAt === journal.startedAt && life.boot === boot) return 'link-cut';
  if (before !== undefined && before !== boot) return orderly ? 'host-shut-down' : 'host-crashed';
  if (life.boot !== undefined && life.boot !== boot) return orderly ? 'host-shut-down' : 'host-crashed';
  return orderly ? 'agent-stopped' : 'agent-crashed';
}
