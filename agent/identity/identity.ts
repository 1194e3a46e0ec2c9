// Who this agent is: an Ed25519 key pair made on this machine, and what the collector said at enrolment. Kept in
// `identity.json` apart from agent.yaml. Promise: the private key never leaves the machine, and a file that others may
// read is refused rather than used.

import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { NamedError } from '../../shared/errors.ts';

export interface NamedThing {
  id: string;
  name: string;
}

export interface Identity {
  host: NamedThing;
  hospital: NamedThing;
  /** The collector's name, which every challenge must repeat. */
  collector: string;
  /** Where it was enrolled; agent.yaml may name others. */
  urls: string[];
  /** base64url, raw 32 bytes. */
  publicKey: string;
  privateKey: string;
  /** What the system calls this installation (machine-id, MachineGuid), read once at enrolment where it costs a child process. */
  machine: string;
  enrolledAt: number;
}

export interface KeyPair {
  publicKey: string;
  privateKey: string;
}

const IDENTITY_FILE = 'identity.json';

export function identityPath(dataFolder: string): string {
  return join(dataFolder, IDENTITY_FILE);
}

export function makeKeyPair(): KeyPair {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  if (jwk.x === undefined || jwk.d === undefined) throw new Error('the runtime exports no Ed25519 key');
  return { publicKey: jwk.x, privateKey: jwk.d };
}

/** A signer of texts: base64url Ed25519 signatures. */
export function signer(keys: KeyPair): (text: string) => string {
  const key: KeyObject = createPrivateKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: keys.publicKey, d: keys.privateKey },
    format: 'jwk',
  });
  return (text) => sign(null, Buffer.from(text), key).toString('base64url');
}

/** What is signed at enrolment: it proves that the sender holds the key it registers. */
export function enrolText(code: string, publicKey: string): string {
  return `niswatch-enrol-v1\n${code}\n${publicKey}`;
}

/** undefined when this machine was never enrolled. Throws IDENTITY_INSECURE, or CONFIG_SYNTAX when the file is damaged. */
export function readIdentity(path: string, platform: NodeJS.Platform): Identity | undefined {
  let text: string;
  try {
    if (platform !== 'win32') refuseOpenFile(path);
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (cause instanceof NamedError) throw cause;
    throw new NamedError('CONFIG_UNREADABLE', `cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
  return parseIdentity(text, path);
}

function refuseOpenFile(path: string): void {
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) === 0) return;
  throw new NamedError(
    'IDENTITY_INSECURE',
    `${path} has mode 0${mode.toString(8)}: others may read the key`,
    {
      mend: `chmod 600 ${path}. If others could have read it, enrol again with a new code.`,
    },
  );
}

function parseIdentity(text: string, path: string): Identity {
  let value: Partial<Identity> | null = null;
  try {
    value = JSON.parse(text) as Partial<Identity> | null;
  } catch {
    // Falls to the check below, which says the same of a file that is JSON of another shape.
  }
  const found = { machine: '', enrolledAt: 0, ...value };
  if (!isIdentity(found)) {
    throw new NamedError('CONFIG_SYNTAX', `${path} is damaged`, {
      mend: 'Restore it from a backup, or enrol again: niswatch-agent enrol --again --collector URL --code CODE.',
    });
  }
  return found;
}

/** Whole, and with a key that signs: whoever starts with less fails later, at a place that says less. */
function isIdentity(found: Partial<Identity>): found is Identity {
  const { host, hospital, urls, collector, publicKey, privateKey, machine, enrolledAt } = found;
  const texts = [
    host?.id,
    host?.name,
    hospital?.id,
    hospital?.name,
    collector,
    publicKey,
    privateKey,
    machine,
  ];
  if (!Array.isArray(urls) || ![...texts, ...urls].every((text) => typeof text === 'string')) return false;
  return typeof enrolledAt === 'number' && canSign(found as Identity);
}

function canSign(keys: KeyPair): boolean {
  try {
    signer(keys)('');
    return true;
  } catch {
    return false;
  }
}

/** Durable and atomic: after a crash there is the old identity or the new one. */
export function writeIdentity(path: string, identity: Identity): void {
  const temporary = `${path}.new`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    // The mode above does not apply to a file that a crash left behind.
    if (process.platform !== 'win32') chmodSync(temporary, 0o600);
    writeSync(file, `${JSON.stringify(identity, null, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
