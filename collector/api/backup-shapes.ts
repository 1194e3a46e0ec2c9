// The shapes of /api/v1/backups and of a host's backups.

import Type, { type Static, type TSchema } from 'typebox';
import { Id, Instant, Named, TextShape } from './shapes.ts';

const word = <W extends string>(words: readonly W[]) => Type.Unsafe<W>({ type: 'string', enum: [...words] });
const optional = <T extends TSchema>(of: T) => Type.Optional(of);
const strict = { additionalProperties: false } as const;
const StandingWord = word(['ok', 'warning', 'critical', 'unknown']);
const ToldWord = word(['fresh', 'old', 'never']);
const Rto = Type.Object({
  fromSeconds: Type.Number(),
  toSeconds: Type.Number(),
  by: word(['drill', 'read-speed']),
});
const Name = Type.String();

export const FindingShape = Type.Object({
  kind: Type.String(),
  key: Type.String(),
  title: TextShape,
  advice: TextShape,
  /** As its agent says it. */
  text: Type.String(),
  /** The same in both languages, as far as its agent told what it says. */
  told: TextShape,
  since: Instant,
  at: Instant,
  goneAt: optional(Instant),
});

export const RungShape = Type.Object({
  rung: Type.Number(),
  name: TextShape,
  state: word(['yes', 'no', 'unknown']),
  at: Instant,
  /** As its agent says it. */
  evidence: Type.String(),
  /** The same in both languages. */
  told: TextShape,
});

/** Will the next run fit? */
export const ForecastShape = Type.Object({
  startsAt: Instant,
  needBytes: Type.Number(),
  /** By which rule `needBytes` was made. */
  rule: Type.String(),
  runs: Type.Number(),
  freeBytes: Type.Number(),
  /** At `startsAt`, by the disk’s trend; the same as `freeBytes` where none is known. */
  freeThenBytes: Type.Number(),
  path: Type.String(),
  answer: word(['fits', 'tight', 'too-small']),
});

const SET_FIELDS = {
  set: Name,
  /** At a glance: ladder, RPO, gaps and findings together. */
  standing: StandingWord,
  told: ToldWord,
  at: Instant,
  engine: Type.String(),
  kind: Type.String(),
  databases: Type.Array(Type.String()),
  rung: Type.Number(),
  rungName: TextShape,
  /** Last moment that can be restored. */
  lastAt: optional(Instant),
  /** Now less that moment. */
  rpoMs: optional(Type.Number()),
  rpoPromisedMs: Type.Number(),
  rto: optional(Rto),
  rtoPromisedMs: Type.Number(),
  gaps: Type.Number(),
  copies: Type.Number(),
  bytes: Type.Number(),
  newest: optional(Type.Object({ path: Type.String(), bytes: Type.Number(), modifiedAt: Instant })),
  unjudged: Type.Number(),
  drill: optional(Type.Object({ at: Instant, ok: Type.Boolean() })),
  forecast: optional(ForecastShape),
  findings: Type.Array(FindingShape),
};
export const BackupSetItem = Type.Object(SET_FIELDS);
export type BackupSetItem = Static<typeof BackupSetItem>;

export const BackupItem = Type.Object({
  ...SET_FIELDS,
  host: Named,
  hospital: Named,
  timeZone: Type.String(),
});
export type BackupItem = Static<typeof BackupItem>;
export const BackupList = Type.Object({
  items: Type.Array(BackupItem),
  /** Of hosts, such as a database without a set. */
  findings: Type.Array(Type.Intersect([FindingShape, Type.Object({ host: Named, hospital: Named })])),
});
export type BackupList = Static<typeof BackupList>;
export const BackupsQuery = Type.Object({ hospital: optional(Id) }, strict);

export const HostBackupList = Type.Object({
  items: Type.Array(BackupSetItem),
  findings: Type.Array(FindingShape),
});
export type HostBackupList = Static<typeof HostBackupList>;

const Moment = Type.Object({ at: Instant, text: Type.String() });
const Database = optional(Type.String());
const LeftOut = Type.Object({ file: Type.String(), reason: Type.String(), words: TextShape });

export const FileShape = Type.Object({
  path: Type.String(),
  bytes: Type.Number(),
  modifiedAt: Instant,
  at: Instant,
  goneAt: optional(Instant),
  judgedAt: optional(Instant),
  content: optional(Type.String()),
  format: optional(Type.String()),
  layer: optional(Type.String()),
  reason: optional(Type.String()),
  kind: optional(Type.String()),
  database: optional(Type.String()),
  startedAt: optional(Type.String()),
  finishedAt: optional(Type.String()),
  sha256: optional(Type.String()),
  secondCopy: optional(word(['equal', 'differs', 'missing'])),
});

export const BackupSetDetail = Type.Intersect([
  BackupItem,
  Type.Object({
    folder: Type.String(),
    pattern: Type.String(),
    policy: Type.Object({
      schedule: Type.String(),
      maxAgeMs: Type.Number(),
      keep: Type.Number(),
      minBytes: Type.Number(),
      secondCopy: Type.String(),
      database: Type.String(),
    }),
    /** `some`: records of files are still under way, or were lost. */
    known: word(['all', 'some']),
    volume: optional(
      Type.Object({ path: Type.String(), freeBytes: Type.Number(), totalBytes: Type.Number() }),
    ),
    sameVolumeAsData: optional(Type.Boolean()),
    rungs: Type.Array(RungShape),
    trail: Type.Array(Type.Object({ at: Instant, rung: Type.Number() })),
    windows: Type.Array(Type.Object({ from: Moment, to: Moment, database: Database })),
    points: Type.Array(
      Type.Object({ at: Moment, kind: Type.String(), files: Type.Array(Type.String()), database: Database }),
    ),
    gapList: Type.Array(
      Type.Object({
        from: Moment,
        to: Moment,
        cause: TextShape,
        missing: Type.Array(TextShape),
        database: Database,
      }),
    ),
    /** Files of this set that no plan uses. */
    excluded: Type.Array(LeftOut),
    /** Why nothing could be judged. */
    trouble: optional(Type.String()),
    /** The newest, at most 2,000. */
    files: Type.Array(FileShape),
    filesTotal: Type.Number(),
    history: Type.Array(Type.Object({ at: Instant, bytes: Type.Number(), seconds: optional(Type.Number()) })),
    runs: Type.Array(
      Type.Object({
        source: Type.String(),
        kind: Type.String(),
        database: Type.String(),
        startedAt: Instant,
        finishedAt: Instant,
        ok: Type.Boolean(),
        bytes: optional(Type.Number()),
        file: optional(Type.String()),
        text: optional(Type.String()),
      }),
    ),
    drills: Type.Array(
      Type.Object({
        at: Instant,
        ok: Type.Boolean(),
        seconds: Type.Number(),
        bytes: Type.Number(),
        moment: Type.String(),
        rows: Type.Array(
          Type.Object({ table: Type.String(), found: Type.Number(), expected: optional(Type.Number()) }),
        ),
        text: Type.String(),
      }),
    ),
  }),
]);
export type BackupSetDetail = Static<typeof BackupSetDetail>;
export const SetParams = Type.Object({ id: Id, set: Type.String({ minLength: 1, maxLength: 200 }) });

export const PlanQuery = Type.Object(
  {
    /** The moment, with its zone; without one the hospital’s is taken. */
    at: Type.String({ minLength: 1, maxLength: 60 }),
    database: optional(Type.String({ maxLength: 200 })),
    /** Name to restore under. */
    as: optional(Type.String({ maxLength: 200 })),
    targetDir: optional(Type.String({ maxLength: 1_000 })),
    dataDir: optional(Type.String({ maxLength: 1_000 })),
    logDir: optional(Type.String({ maxLength: 1_000 })),
  },
  strict,
);
const CheckStep = Type.Object({ words: TextShape, command: optional(Type.String()) });
export const PlanShape = Type.Object({
  possible: Type.Boolean(),
  database: Type.Union([Type.String(), Type.Null()]),
  engine: Type.String(),
  method: Type.String(),
  at: Type.String(),
  steps: Type.Array(
    Type.Object({
      number: Type.Number(),
      kind: Type.String(),
      file: Type.String(),
      bytes: optional(Type.Number()),
      files: Type.Array(
        Type.Object({
          path: Type.String(),
          format: Type.String(),
          bytes: optional(Type.Number()),
          sha256: optional(Type.String()),
        }),
      ),
      command: Type.String(),
      words: TextShape,
      expect: TextShape,
      stopIf: TextShape,
    }),
  ),
  before: optional(Type.Array(CheckStep)),
  after: optional(Type.Array(CheckStep)),
  cautions: optional(Type.Array(TextShape)),
  loses: optional(Type.Object({ from: Type.String(), to: Type.String(), latest: Type.String() })),
  readBytes: optional(Type.Number()),
  spaceBytes: optional(Type.Number()),
  rto: optional(
    Type.Object({ fromSeconds: Type.Number(), toSeconds: Type.Number(), measured: Type.Boolean() }),
  ),
  why: Type.Union([Type.String(), Type.Null()]),
  whyZh: optional(Type.String()),
  reason: optional(Type.String()),
  nearest: Type.Object({
    before: Type.Union([Type.String(), Type.Null()]),
    after: Type.Union([Type.String(), Type.Null()]),
  }),
  /** The whole as text for people. */
  text: TextShape,
});
export const PlansReply = Type.Object({ host: Named, set: Type.String(), plans: Type.Array(PlanShape) });
export type PlansReply = Static<typeof PlansReply>;
