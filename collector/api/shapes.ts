// The shapes of /api/v1: each declared once in TypeBox, which gives the type, the check and the OpenAPI text.

import Type, { type Static, type TSchema } from 'typebox';
import { CHECK_STATUSES } from '../../shared/catalogue.ts';
import { VERDICT_WORDS } from '../liveness/verdict.ts';

const word = <W extends string>(words: readonly W[]) => Type.Unsafe<W>({ type: 'string', enum: [...words] });
/** `anyOf` would cost the serialiser a validation per value: plain types say null by a list of types. */
const nullable = <T extends TSchema>(of: T) => {
  const { type } = of as { type?: string };
  return Type.Unsafe<Static<T> | null>(
    type === 'number' || type === 'string' ? { type: [type, 'null'] } : { anyOf: [of, { type: 'null' }] },
  );
};
const list = <T extends TSchema>(of: T) => Type.Object({ items: Type.Array(of) });
const strict = { additionalProperties: false } as const;

export const Id = Type.String({ minLength: 1, maxLength: 200 });
/** UTC milliseconds. */
export const Instant = Type.Number();
export const RoleWord = word(['admin', 'engineer', 'viewer']);
export const SeverityWord = word(['critical', 'warning', 'info']);
export const AlertStateWord = word(['pending', 'firing', 'acknowledged', 'resolved']);
export const TextShape = Type.Object({ zh: Type.String(), en: Type.String() });
export const Named = Type.Object({ id: Type.String(), name: Type.String() });
const Values = Type.Record(Type.String(), Type.Number());
const Facts = Type.Record(Type.String(), Type.Unsafe<number | string>({ type: ['number', 'string'] }));

export const FailureShape = Type.Object({
  error: Type.Object({ code: Type.String(), message: Type.String(), mend: Type.String() }),
});
export const Done = Type.Object({ done: Type.Literal(true) });
export const IdParams = Type.Object({ id: Id });

export const EvidenceShape = Type.Object({ at: Instant, kind: Type.String(), text: TextShape });
export const VerdictShape = Type.Object({
  word: word(VERDICT_WORDS),
  since: Instant,
  evidence: Type.Array(EvidenceShape),
});

export const HospitalItem = Type.Object({
  id: Type.String(),
  name: Type.String(),
  timeZone: Type.String(),
  hosts: Type.Number(),
  createdAt: Instant,
});
export const HospitalList = list(HospitalItem);
export const NewHospital = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' }),
    timeZone: Type.Optional(Type.String({ maxLength: 60 })),
  },
  strict,
);

export const HostItem = Type.Object({
  id: Type.String(),
  name: Type.String(),
  hospital: Named,
  timeZone: Type.String(),
  verdict: VerdictShape,
  lastHeardAt: nullable(Instant),
  agentVersion: Type.String(),
  hostname: Type.String(),
  os: Type.String(),
  bootAt: nullable(Instant),
  offsetMs: nullable(Type.Number()),
  alerts: Type.Object({ critical: Type.Number(), warning: Type.Number() }),
  /** When the newest value was read. */
  at: nullable(Instant),
  cpu: nullable(Type.Number()),
  mem: nullable(Type.Number()),
  disks: Type.Array(Type.Object({ path: Type.String(), usedPercent: Type.Number() })),
  services: Type.Object({ up: Type.Number(), total: Type.Number() }),
  backups: Type.Object({ ok: Type.Number(), total: Type.Number() }),
});
export type HostItem = Static<typeof HostItem>;
export const HostList = list(HostItem);
export const HostsQuery = Type.Object(
  {
    hospital: Type.Optional(Id),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 5000 })),
    offset: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  strict,
);
export const HostDetail = Type.Intersect([
  HostItem,
  Type.Object({ arch: Type.String(), enrolledAt: Instant }),
]);
export const LatestShape = Type.Object({ at: nullable(Instant), values: Values });
export type LatestValues = Static<typeof LatestShape>;

export const CheckItem = Type.Object({
  id: Type.String(),
  status: word(CHECK_STATUSES),
  text: nullable(Type.String()),
  since: Instant,
  updatedAt: Instant,
});
export type CheckItem = Static<typeof CheckItem>;
export const CheckList = list(CheckItem);

export const VerdictItem = Type.Object({
  id: Type.Number(),
  word: word(VERDICT_WORDS),
  since: Instant,
  until: nullable(Instant),
  evidence: Type.Array(EvidenceShape),
  recordedAt: Instant,
  /** The row that this one corrects. */
  revises: nullable(Type.Number()),
});
export type VerdictItem = Static<typeof VerdictItem>;
export const VerdictList = list(VerdictItem);

const PeriodWish = {
  from: Type.Optional(Type.String({ maxLength: 40 })),
  to: Type.Optional(Type.String({ maxLength: 40 })),
};
/** Times as for series; default: the last 30 days. */
export const AvailabilityQuery = Type.Object(PeriodWish, strict);
const StandingWord = word(['up', 'down', 'stopped', 'unknown']);
export const AvailabilityReply = Type.Object({
  host: Type.String(),
  from: Instant,
  to: Instant,
  /** stopped: the agent did not run. unknown: nobody can tell, by the trail as it is corrected so far. */
  hours: Type.Object({
    up: Type.Number(),
    down: Type.Number(),
    stopped: Type.Number(),
    unknown: Type.Number(),
  }),
  /** up / (up + down), 0 to 1; null when neither is known. */
  availability: nullable(Type.Number()),
  /** (up + down) / all, 0 to 1. */
  known: Type.Number(),
  spans: Type.Array(
    Type.Object({
      from: Instant,
      to: Instant,
      word: word(VERDICT_WORDS),
      standing: StandingWord,
      /** The row of the trail (`/hosts/{id}/verdicts`) that it rests on; null before the first. */
      verdict: nullable(Type.Number()),
      /** By what the host told on its return. */
      corrected: Type.Boolean(),
    }),
  ),
});
export type AvailabilityReply = Static<typeof AvailabilityReply>;

export const EventItem = Type.Object({
  id: Type.Number(),
  at: Instant,
  arrivedAt: Instant,
  kind: Type.String(),
  subject: nullable(Type.String()),
  data: nullable(Facts),
});
export type EventItem = Static<typeof EventItem>;
export const EventList = list(EventItem);

const Limit = Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 }));
export const TrailQuery = Type.Object({ limit: Limit, before: Type.Optional(Type.Integer()) }, strict);

export const SeriesQuery = Type.Object(
  {
    host: Id,
    metric: Type.Array(Type.String({ minLength: 1, maxLength: 300 }), { minItems: 1, maxItems: 50 }),
    from: Type.Optional(Type.String({ maxLength: 40 })),
    to: Type.Optional(Type.String({ maxLength: 40 })),
    step: Type.Optional(Type.String({ maxLength: 20 })),
    rate: Type.Optional(Type.Boolean()),
  },
  strict,
);
export const SeriesReply = Type.Object({
  from: Instant,
  to: Instant,
  step: Type.Number(),
  series: Type.Array(
    Type.Object({
      key: Type.String(),
      name: Type.String(),
      labels: Type.Record(Type.String(), Type.String()),
      /** [at, min, mean, max] for each bucket that has data. */
      points: Type.Array(Type.Array(Type.Number())),
    }),
  ),
  /** Why there is no data: declared losses and times when the host was not up. */
  gaps: Type.Array(Type.Object({ from: Instant, to: Instant, reason: Type.String() })),
});
export type SeriesReply = Static<typeof SeriesReply>;

export const AlertItem = Type.Object({
  id: Type.String(),
  rule: Type.String(),
  severity: SeverityWord,
  state: AlertStateWord,
  subject: Type.String(),
  host: nullable(Named),
  hospital: Named,
  timeZone: Type.String(),
  value: nullable(Type.Number()),
  summary: TextShape,
  advice: TextShape,
  evidence: Facts,
  pendingAt: Instant,
  firingAt: nullable(Instant),
  acknowledgedAt: nullable(Instant),
  acknowledgedBy: nullable(Type.String()),
  note: nullable(Type.String()),
  resolvedAt: nullable(Instant),
  updatedAt: Instant,
});
export type AlertItem = Static<typeof AlertItem>;
export const AlertList = list(AlertItem);
export const AlertsQuery = Type.Object(
  {
    /** A state, several with commas, or `all`; default: firing,acknowledged. */
    state: Type.Optional(Type.String({ maxLength: 60 })),
    host: Type.Optional(Id),
    hospital: Type.Optional(Id),
    limit: Limit,
  },
  strict,
);
export const AlertLogItem = Type.Object({
  at: Instant,
  what: Type.String(),
  who: Type.String(),
  note: nullable(Type.String()),
});
export const AlertDetail = Type.Intersect([AlertItem, Type.Object({ log: Type.Array(AlertLogItem) })]);
export type AlertDetail = Static<typeof AlertDetail>;
export const AckBody = Type.Object({ note: Type.Optional(Type.String({ maxLength: 2000 })) }, strict);

export const EnrolmentBody = Type.Object(
  {
    /** Id of a hospital, or `hospitalName` for one to be found or made. */
    hospital: Type.Optional(Id),
    hospitalName: Type.Optional(Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' })),
    hostName: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    /** Gives a rebuilt machine the identity of this host. */
    host: Type.Optional(Id),
  },
  strict,
);
export const EnrolmentReply = Type.Object({
  code: Type.String(),
  expiresAt: Instant,
  collector: Type.String(),
  command: Type.String(),
  hospital: Named,
});

const AccountName = Type.String({ minLength: 1, maxLength: 60, pattern: '^\\S(.*\\S)?$' });
const Password = Type.String({ maxLength: 256 });
export const UserItem = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: RoleWord,
  hospitalId: nullable(Type.String()),
  createdAt: Instant,
  disabledAt: nullable(Instant),
});
export const UserList = list(UserItem);
export const NewUserBody = Type.Object(
  { name: AccountName, password: Password, role: RoleWord, hospitalId: Type.Optional(Id) },
  strict,
);
export const UserChangeBody = Type.Object(
  {
    password: Type.Optional(Password),
    role: Type.Optional(RoleWord),
    hospitalId: Type.Optional(Id),
    disabled: Type.Optional(Type.Boolean()),
  },
  strict,
);

export const TokenItem = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: RoleWord,
  hospitalId: nullable(Type.String()),
  createdAt: Instant,
  lastUsedAt: nullable(Instant),
  revokedAt: nullable(Instant),
});
export const TokenList = list(TokenItem);
export const NewTokenBody = Type.Object(
  { name: AccountName, role: RoleWord, hospitalId: Type.Optional(Id) },
  strict,
);
export const NewTokenReply = Type.Object({ token: Type.String() });

export const AuditItem = Type.Object({
  id: Type.Number(),
  at: Instant,
  who: Type.String(),
  what: Type.String(),
  subject: Type.String(),
  detail: nullable(Type.String()),
});
export const AuditList = list(AuditItem);

export const SessionReply = Type.Object({
  user: Type.Object({
    id: Type.String(),
    name: Type.String(),
    role: RoleWord,
    hospitalId: nullable(Type.String()),
    kind: word(['session', 'token']),
    passwordSet: Type.Boolean(),
  }),
  csrf: nullable(Type.String()),
  version: Type.String(),
  at: Instant,
});
export type SessionReply = Static<typeof SessionReply>;
export const LoginBody = Type.Object({ name: AccountName, password: Password }, strict);
export const FirstBody = Type.Object(
  { link: Type.String({ maxLength: 100 }), name: AccountName, password: Password },
  strict,
);
export const PasswordBody = Type.Object(
  { name: Type.Optional(AccountName), current: Type.Optional(Password), password: Password },
  strict,
);
export const ReadyReply = Type.Object({ ready: Type.Boolean(), reasons: Type.Array(Type.String()) });
