// Forward-only migrations of the state database, applied in order in one transaction each. A released one is never edited.

import { type Kysely, sql } from 'kysely';

export interface Migration {
  name: string;
  up(db: Kysely<unknown>): Promise<void>;
}

const statements = (text: string): string[] =>
  text
    .split(';')
    .map((s) => s.trim())
    .filter(Boolean);

const first = `
create table hospitals (id text primary key, name text not null unique, "timeZone" text not null, "createdAt" bigint not null);
create table hosts (id text primary key, "hospitalId" text not null references hospitals(id), name text not null,
  "publicKey" text not null, fingerprint text not null, "enrolledAt" bigint not null, "revokedAt" bigint,
  hostname text not null, os text not null, arch text not null, "agentVersion" text not null,
  boot text, "bootAt" bigint, "offsetMs" double precision);
create index "hostsByHospital" on hosts ("hospitalId");
create table "enrolmentCodes" (hash text primary key, "hospitalId" text not null references hospitals(id), "hostName" text, "hostId" text,
  "createdAt" bigint not null, "createdBy" text not null, "expiresAt" bigint not null, "usedAt" bigint, "usedByHost" text);
create table liveness ("hostId" text primary key references hosts(id), word text not null, since bigint not null, "lastHeardAt" bigint,
  state text not null, "updatedAt" bigint not null);
create table verdicts (id integer primary key autoincrement, "hostId" text not null, word text not null, since bigint not null, until bigint,
  evidence text not null, "recordedAt" bigint not null, revises bigint);
create index "verdictsByHost" on verdicts ("hostId", since);
create table checks ("hostId" text not null, "checkId" text not null, status text not null, text text, since bigint not null,
  "updatedAt" bigint not null, primary key ("hostId", "checkId"));
create table events (id integer primary key autoincrement, "hostId" text not null, at bigint not null, "arrivedAt" bigint not null,
  kind text not null, subject text, data text);
create index "eventsByHost" on events ("hostId", at);
create table alerts (id text primary key, rule text not null, "hospitalId" text not null, "hostId" text, subject text not null,
  severity text not null, state text not null, value double precision, summary text not null, advice text not null, evidence text not null,
  "pendingAt" bigint not null, "firingAt" bigint, "acknowledgedAt" bigint, "acknowledgedBy" text, note text, "resolvedAt" bigint,
  open integer not null, "updatedAt" bigint not null);
create unique index "alertsOpen" on alerts (rule, "hostId", subject) where open = 1;
create index "alertsByState" on alerts (state, "updatedAt");
create index "alertsByHost" on alerts ("hostId", "pendingAt");
create table "alertLog" (id integer primary key autoincrement, "alertId" text not null, at bigint not null, what text not null, who text not null, note text);
create index "alertLogByAlert" on "alertLog" ("alertId", at);
create table outbox (id integer primary key autoincrement, key text not null unique, "groupKey" text not null, channel text not null, kind text not null,
  "alertIds" text not null, state text not null, "createdAt" bigint not null, "notBefore" bigint not null, attempts integer not null,
  "lastError" text, "deliveredAt" bigint, receipt text, "dropReason" text);
create index "outboxWaiting" on outbox (state, "notBefore");
create table users (id text primary key, name text not null unique, password text not null, role text not null, "hospitalId" text,
  "createdAt" bigint not null, "disabledAt" bigint);
create table sessions (hash text primary key, "userId" text not null references users(id), csrf text not null, "createdAt" bigint not null,
  "lastSeenAt" bigint not null, "expiresAt" bigint not null);
create table tokens (hash text primary key, name text not null, role text not null, "hospitalId" text, "createdAt" bigint not null,
  "lastUsedAt" bigint, "revokedAt" bigint);
create table "loginLinks" (hash text primary key, "createdAt" bigint not null, "expiresAt" bigint not null, "usedAt" bigint);
create table audit (id integer primary key autoincrement, at bigint not null, who text not null, what text not null, subject text not null, detail text);
create table runs (id integer primary key autoincrement, "startedAt" bigint not null, "aliveAt" bigint not null, "endedAt" bigint);
create table meta (key text primary key, value text not null)
`;

const alertClearing = `
alter table alerts add column "clearingAt" bigint;
create index "outboxByGroup" on outbox ("groupKey", "createdAt")
`;

const backups = `
create table "backupSets" ("hostId" text not null, name text not null, at bigint not null, record text not null, primary key ("hostId", name));
create table "backupRungs" ("hostId" text not null, "set" text not null, at bigint not null, rung integer not null,
  primary key ("hostId", "set", at));
create table "backupFiles" ("hostId" text not null, "set" text not null, path text not null, at bigint not null, "goneAt" bigint,
  record text not null, primary key ("hostId", "set", path));
create index "backupFilesGone" on "backupFiles" ("goneAt");
create table "backupRuns" ("hostId" text not null, "set" text not null, source text not null, kind text not null, database text not null,
  "startedAt" bigint not null, at bigint not null, record text not null,
  primary key ("hostId", "set", source, kind, database, "startedAt"));
create table "backupDrills" ("hostId" text not null, "set" text not null, "drilledAt" bigint not null, at bigint not null,
  record text not null, primary key ("hostId", "set", "drilledAt"));
create table "backupFindings" ("hostId" text not null, "set" text not null, kind text not null, key text not null, text text not null,
  since bigint not null, at bigint not null, "goneAt" bigint, primary key ("hostId", "set", kind, key))
`;

const reports = `
create table reports (id text primary key, kind text not null, "hospitalId" text not null references hospitals(id), number text not null unique,
  language text not null, "fromAt" bigint not null, "toAt" bigint not null, "madeAt" bigint not null, "madeBy" text not null,
  summary text not null, data text not null);
create index "reportsByHospital" on reports ("hospitalId", kind, "madeAt")
`;

const findingProof = `alter table "backupFindings" add column proof text`;

export const MIGRATIONS: readonly Migration[] = [
  {
    name: '0001-first',
    async up(db) {
      for (const statement of statements(first)) await sql.raw(statement).execute(db);
    },
  },
  {
    name: '0002-alert-clearing',
    async up(db) {
      for (const statement of statements(alertClearing)) await sql.raw(statement).execute(db);
    },
  },
  {
    name: '0003-backups',
    async up(db) {
      for (const statement of statements(backups)) await sql.raw(statement).execute(db);
    },
  },
  {
    name: '0004-reports',
    async up(db) {
      for (const statement of statements(reports)) await sql.raw(statement).execute(db);
    },
  },
  {
    name: '0005-finding-proof',
    async up(db) {
      for (const statement of statements(findingProof)) await sql.raw(statement).execute(db);
    },
  },
];
