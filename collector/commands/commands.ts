// The commands of `niswatch` but for `serve`. They work on the data folder itself, whether or not the collector runs: SQLite
// keeps their transactions apart.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { NamedError } from '../../shared/errors.ts';
import { openAccess } from '../access/access.ts';
import type { CollectorConfig } from '../config.ts';
import { CODE_TTL_MS, openEnrolment } from '../enrolment/enrolment.ts';
import { drawId } from '../access/secrets.ts';
import type { Role } from '../state/schema.ts';
import { openState, type State } from '../state/state.ts';
import type { CommandSpec, Invocation } from './options.ts';
import { MIGRATE_SPECS } from './migrate-store.ts';
import { RECOVER_SPECS } from './recover.ts';
import { openRenderer } from '../reports/renderer.ts';
import { REPORT_SPECS, runReport } from './report.ts';

export const SPECS: readonly CommandSpec[] = [
  {
    words: 'serve',
    help: 'Runs the collector.',
    options: { port: { type: 'string', value: 'N', help: 'port to listen on, over the configuration' } },
  },
  {
    words: 'enrol',
    help: 'Prints a one-time code that enrols one agent; makes the hospital when it is new.',
    options: {
      hospital: { type: 'string', value: 'NAME', help: 'the hospital (required)' },
      host: { type: 'string', value: 'NAME', help: 'name of the host; default: the machine’s own' },
      replace: { type: 'string', value: 'ID', help: 'give a rebuilt machine the identity of this host' },
    },
  },
  {
    words: 'user add',
    help: 'Adds a person; the password is read from standard input.',
    positional: { name: 'NAME', help: 'login name' },
    options: {
      role: { type: 'string', value: 'WORD', help: 'admin, engineer or viewer (default engineer)' },
      hospital: { type: 'string', value: 'NAME', help: 'a viewer sees this hospital only' },
    },
  },
  {
    words: 'token add',
    help: 'Makes a token for a program and prints it once.',
    positional: { name: 'NAME', help: 'what it is for' },
    options: {
      role: { type: 'string', value: 'WORD', help: 'admin, engineer or viewer (default viewer)' },
      hospital: { type: 'string', value: 'NAME', help: 'confine it to this hospital' },
    },
  },
  { words: 'login-link', help: 'Prints a one-time link that logs an administrator in.', options: {} },
  ...REPORT_SPECS,
  ...RECOVER_SPECS,
  ...MIGRATE_SPECS,
  { words: 'check-config', help: 'Checks the configuration and says what is wrong.', options: {} },
  { words: 'version', help: 'Prints the version.', options: {} },
];

export interface CommandContext {
  config: CollectorConfig;
  folder: string;
  clock: Clock;
  random: (bytes: number) => Uint8Array;
  /** Standard input, read to its end. */
  readInput: () => Promise<string>;
}

export interface Printed {
  text: string;
  json: object;
}

/** Opens the state of a data folder, making the folder when it is new. */
export async function openFolderState(folder: string): Promise<State> {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new NamedError('STATE_UNAVAILABLE', `cannot make ${folder}: ${(cause as Error).message}`, {
      cause,
    });
  }
  return openState(join(folder, 'state.db'));
}

/** Runs one command; what it prints. Throws NamedError. */
export async function runCommand(call: Invocation, context: CommandContext): Promise<Printed> {
  const state = await openFolderState(context.folder);
  try {
    switch (call.command) {
      case 'enrol':
        return await enrol(call, context, state);
      case 'user add':
        return await addUser(call, context, state);
      case 'token add':
        return await addToken(call, context, state);
      case 'login-link':
        return await loginLink(context, state);
      case 'report':
        return await report(call, context, state);
      default:
        throw new NamedError('BAD_REQUEST', `niswatch ${call.command} is not a command of this kind`);
    }
  } finally {
    await state.destroy();
  }
}

async function report(call: Invocation, { clock }: CommandContext, state: State): Promise<Printed> {
  const renderer = openRenderer();
  try {
    return await runReport(call, { clock, renderer }, state);
  } finally {
    await renderer.close();
  }
}

async function enrol(call: Invocation, context: CommandContext, state: State): Promise<Printed> {
  const now = context.clock.now();
  const hospital = textOption(call, 'hospital');
  if (!hospital)
    throw new NamedError('BAD_REQUEST', 'niswatch enrol: --hospital is missing', {
      mend: 'Name the hospital: --hospital NAME.',
    });
  const host = textOption(call, 'host');
  const replaced = textOption(call, 'replace');
  const enrolment = openEnrolment({ ...context, state, collectorName: context.config.name });
  const code = await enrolment.createCode({
    hospitalId: await findOrMakeHospital(state, hospital, context),
    ...(host ? { hostName: host } : {}),
    ...(replaced ? { hostId: replaced } : {}),
    who: 'command line',
    now,
  });
  const expiresAt = now + CODE_TTL_MS;
  const url = context.config.http.publicUrl || 'URL';
  return {
    json: { code, hospital, expiresAt },
    text: `${code}\n\nOn the hospital's server, within 30 minutes:\n  niswatch-agent enrol --collector ${url} --code ${code}\n`,
  };
}

/** Two commands at the same moment may name the same new hospital: the first one makes it. */
async function findOrMakeHospital(state: State, name: string, { clock }: CommandContext): Promise<string> {
  await state
    .insertInto('hospitals')
    .values({ id: drawId(), name, timeZone: 'Asia/Shanghai', createdAt: clock.now() })
    .onConflict((c) => c.column('name').doNothing())
    .execute();
  const row = await state
    .selectFrom('hospitals')
    .select('id')
    .where('name', '=', name)
    .executeTakeFirstOrThrow();
  return row.id;
}

async function addUser(call: Invocation, context: CommandContext, state: State): Promise<Printed> {
  const name = onlyPositional(call);
  const access = openAccess({ state, sessions: sessionLimits(context.config) });
  const password = (await context.readInput()).split('\n')[0] ?? '';
  const id = await access.users.add(
    { name, password, role: roleOption(call, 'engineer'), hospitalId: await hospitalOption(call, state) },
    { who: 'command line', now: context.clock.now() },
  );
  return { json: { id, name }, text: `added ${name}\n` };
}

async function addToken(call: Invocation, context: CommandContext, state: State): Promise<Printed> {
  const access = openAccess({ state, sessions: sessionLimits(context.config) });
  const name = onlyPositional(call);
  const hospitalId = await hospitalOption(call, state);
  const token = await access.tokens.add(
    { name, role: roleOption(call, 'viewer'), hospitalId },
    { who: 'command line', now: context.clock.now() },
  );
  return { json: { name, token }, text: `${token}\n` };
}

async function loginLink(context: CommandContext, state: State): Promise<Printed> {
  const access = openAccess({ state, sessions: sessionLimits(context.config) });
  const path = await access.links.create(context.clock.now());
  const { host, port } = context.config.listen;
  const base = context.config.http.publicUrl || `http://${host}:${port}`;
  return { json: { path }, text: `${base}${path}\n` };
}

export function sessionLimits(config: CollectorConfig): { idleMs: number; lifetimeMs: number } {
  return { idleMs: config.http.sessionIdle, lifetimeMs: config.http.sessionLifetime };
}

function textOption(call: Invocation, name: string): string | undefined {
  const value = call.options[name];
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function onlyPositional(call: Invocation): string {
  const [name, ...more] = call.positional;
  if (name && more.length === 0) return name;
  throw new NamedError('BAD_REQUEST', `niswatch ${call.command}: exactly one NAME is needed`, {
    mend: `niswatch ${call.command} NAME`,
  });
}

function roleOption(call: Invocation, fallback: Role): Role {
  const role = textOption(call, 'role') ?? fallback;
  if (role === 'admin' || role === 'engineer' || role === 'viewer') return role;
  throw new NamedError('BAD_REQUEST', `--role ${role} is not a role`, {
    mend: 'One of: admin, engineer, viewer.',
  });
}

async function hospitalOption(call: Invocation, state: State): Promise<string | undefined> {
  const name = textOption(call, 'hospital');
  if (!name) return undefined;
  const row = await state.selectFrom('hospitals').select('id').where('name', '=', name).executeTakeFirst();
  if (row) return row.id;
  throw new NamedError('NOT_FOUND', `there is no hospital ${name}`, {
    mend: 'Check the name: niswatch enrol makes hospitals.',
  });
}
