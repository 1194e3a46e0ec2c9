// Records as they come from the wire, checked: an agent may be wrong or hostile. Promise: what passes has the fields of its type with
// finite numbers and bounded texts; what an engine makes of the facts of a file is checked where it is judged.

import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { BackupRecord } from '../../../shared/backup/reported.ts';
import { decodeRecord } from '../../../shared/backup/reported-event.ts';
import type { AgentEvent } from '../../../shared/frame.ts';

const text = (maxLength = 2_000) => Type.String({ maxLength });
const words = (list: readonly string[]) => Type.Unsafe<string>({ type: 'string', enum: [...list] });
const optional = Type.Optional;
/** Up to the year 9999: a date beyond it cannot be written. */
const Instant = Type.Number({ minimum: 0, maximum: 253_402_300_799_999 });
const Amount = Type.Number({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Name = text(200);
const Path = text(4_096);
const KINDS = ['full', 'differential', 'incremental', 'log', 'dump', 'metadata', 'copy'];
const CONTENTS = [
  'VERIFIED',
  'COMPLETE',
  'UNCONFIRMED',
  'INCOMPLETE',
  'CORRUPT',
  'EMPTY',
  'NO_DATA',
  'FOREIGN',
];

const Policy = Type.Object({
  engine: words(['', 'sqlserver', 'oracle', 'mariadb', 'postgresql', 'files']),
  kind: words(['', ...KINDS]),
  schedule: text(200),
  maxAgeMs: Amount,
  rpoMs: Amount,
  rtoMs: Amount,
  keep: Amount,
  minBytes: Amount,
  secondCopy: Path,
  database: Name,
});

const ProofShape = Type.Object({
  kind: text(40),
  data: Type.Record(Type.String(), Type.Union([Type.Number(), text(4_000)])),
});

const SHAPES = {
  set: Type.Object({
    set: Name,
    folder: Path,
    pattern: text(500),
    policy: Policy,
    rungs: Type.Array(
      Type.Object({
        rung: Type.Integer({ minimum: 0, maximum: 6 }),
        state: words(['yes', 'no', 'unknown']),
        at: Instant,
        evidence: text(4_000),
        proof: optional(ProofShape),
      }),
      { maxItems: 7 },
    ),
    files: Type.Object({ count: Amount, bytes: Amount, fingerprint: text(64) }),
    volume: optional(Type.Object({ path: Path, freeBytes: Amount, totalBytes: Amount })),
    sameVolumeAsData: optional(Type.Boolean()),
    history: Type.Array(Type.Object({ at: Instant, bytes: Amount, seconds: optional(Amount) }), {
      maxItems: 60,
    }),
    readBytesPerSecond: optional(Amount),
  }),
  file: Type.Object({
    set: Name,
    path: Type.String({ minLength: 1, maxLength: 4_096 }),
    gone: optional(Type.Boolean()),
    bytes: Amount,
    modifiedAt: Type.Number({ minimum: -253_402_300_799_999, maximum: 253_402_300_799_999 }),
    judgedAt: optional(Instant),
    content: optional(words(CONTENTS)),
    format: optional(text(200)),
    layer: optional(words(['L0', 'L1', 'L2', 'L3', 'L4', 'L5', 'L6'])),
    reason: optional(text(4_000)),
    facts: optional(Type.Object({})),
    secondCopy: optional(words(['equal', 'differs', 'missing'])),
  }),
  run: Type.Object({
    set: Name,
    source: words(['msdb', 'v$', 'pg_stat_archiver', 'pgbackrest', 'barman', 'binlog']),
    kind: words(KINDS),
    database: Name,
    startedAt: Instant,
    finishedAt: Instant,
    ok: Type.Boolean(),
    bytes: optional(Amount),
    file: optional(Path),
    text: optional(text(4_000)),
  }),
  drill: Type.Object({
    set: Name,
    at: Instant,
    ok: Type.Boolean(),
    seconds: Amount,
    bytes: Amount,
    moment: text(100),
    rows: Type.Array(Type.Object({ table: Name, found: Amount, expected: optional(Amount) }), {
      maxItems: 2_000,
    }),
    text: text(4_000),
  }),
  finding: Type.Object({
    set: Name,
    kind: words([
      'database-without-set',
      'history-disagrees',
      'cleanup-stopped',
      'same-volume',
      'shrinking',
      'identical',
      'extension-changed',
      'magic-lost',
    ]),
    key: text(500),
    gone: optional(Type.Boolean()),
    text: text(4_000),
    proof: optional(ProofShape),
  }),
} as const;

const CHECKS = {
  set: Compile(SHAPES.set),
  file: Compile(SHAPES.file),
  run: Compile(SHAPES.run),
  drill: Compile(SHAPES.drill),
  finding: Compile(SHAPES.finding),
} as const;

/** `undefined`: it is no backup record, or not one that may be kept. */
export function recordOf(event: Pick<AgentEvent, 'kind' | 'data'>): BackupRecord | undefined {
  if (!event.kind.startsWith('backup.') || event.data?.n === undefined) return undefined;
  const record = decodeRecord(event.kind, event.data);
  return record && CHECKS[record.of].Check(record) ? record : undefined;
}
