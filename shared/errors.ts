// One catalogue of named errors. Code branches on `code`, never on a message; docs/errors.md lists every code (a test checks it).

/** code → what it means and what to do, for a person. `keep` (wire refusals only): the agent keeps the frame and tries again later. */
export const ERRORS = {
  // configuration
  CONFIG_UNREADABLE: { mend: 'Check that the file exists and that this user may read it.' },
  CONFIG_SYNTAX: { mend: 'Mend the YAML at the named line.' },
  CONFIG_UNKNOWN_KEY: { mend: 'Remove the key or use the nearest known one, which the message names.' },
  CONFIG_BAD_VALUE: { mend: 'Give a value of the named kind and range.' },
  // wire: handshake
  PROTOCOL_UNSUPPORTED: {
    mend: 'Update the agent or the collector: they do not share a protocol version.',
    keep: true,
  },
  NOT_ENROLLED: { mend: 'Enrol this machine: niswatch-agent enrol --collector URL --code CODE.', keep: true },
  BAD_SIGNATURE: {
    mend: 'The key does not match the enrolled one. Enrol again if the machine was rebuilt.',
    keep: true,
  },
  REVOKED: { mend: 'This agent was revoked at the collector. Ask the vendor for a new code.', keep: true },
  CLONED_KEY: { mend: 'Two machines use one key. Enrol the copy anew.', keep: true },
  HANDSHAKE_TIMEOUT: { mend: 'The handshake took too long; check the link.', keep: true },
  WRONG_COLLECTOR: {
    mend: 'The address answers as another collector than the one enrolled with. Check the URL and any proxy.',
  },
  // wire: enrolment
  CODE_UNKNOWN: { mend: 'Check the code, or make a new one: niswatch enrol --hospital NAME.' },
  CODE_USED: { mend: 'Each code works once. Make a new one: niswatch enrol --hospital NAME.' },
  CODE_EXPIRED: { mend: 'The code has run out. Make a new one: niswatch enrol --hospital NAME.' },
  // wire: frames
  FRAME_MALFORMED: { mend: 'The frame is not JSON of a known shape.', keep: false },
  FRAME_TOO_LARGE: { mend: 'A frame holds at most 256 KiB.', keep: false },
  FRAME_UNEXPECTED: { mend: 'This frame does not belong at this point of the conversation.', keep: false },
  SERIES_UNKNOWN: {
    mend: 'Declare the columns in a series frame before the report that uses them.',
    keep: true,
  },
  SERIES_CHANGED: { mend: 'One series id stands for one list of columns.', keep: false },
  SERIES_LIMIT: {
    mend: 'Reduce what is read: the collector accepts a limited number of series per host.',
    keep: false,
  },
  SEQUENCE_JUMP: { mend: 'Send from the expected number, or declare the gap.', keep: true },
  FUTURE_DATED: {
    mend: "Set the machine's clock: the report lies in the future even after correction.",
    keep: false,
  },
  PAST_DATED: {
    mend: "Set the machine's clock: the report lies more than five years back even after correction.",
    keep: false,
  },
  RATE_LIMITED: { mend: 'Send less often; the refusal says when to try again.', keep: true },
  EVENT_TOO_LONG: { mend: 'An event text holds at most 2,000 characters.', keep: false },
  STORE_UNAVAILABLE: {
    mend: 'The collector cannot store now (see its log); the agent keeps its reports.',
    keep: true,
  },
  // agent
  SPOOL_FULL: {
    mend: 'The spool reached its limit or the free-space floor; oldest history is thinned, then dropped, and counted.',
  },
  SPOOL_CORRUPT: { mend: 'A record failed its checksum; it is skipped and counted. Check the disk.' },
  SPOOL_UNAVAILABLE: { mend: 'The spool folder cannot be written. Free space or repair the disk.' },
  IDENTITY_INSECURE: { mend: 'The key file must belong to the agent alone (mode 0600).' },
  PROBE_TIMEOUT: { mend: 'The subject did not answer in time; the probe is tried again at its next turn.' },
  PROBE_SUBJECT_MISSING: { mend: 'The configured subject is not there; correct agent.yaml or restore it.' },
  PROBE_FAILED: { mend: 'The probe could not read its subject; the message says why.' },
  DRILL_IMPOSSIBLE: {
    mend: 'The drill could not be carried out, which says nothing about the backup; the message says what is in the way.',
  },
  DRILL_FAILED: {
    mend: 'The backup cannot be restored as it is: take a new one now, and keep the older ones.',
  },
  // collector
  STORE_FULL: {
    mend: 'The disk under the collector is full. Free space; nothing stored is lost, agents keep their reports.',
  },
  STORE_IN_USE: {
    mend: 'Another collector runs on this data folder; stop it, or give this one its own (--data).',
  },
  STORE_CORRUPT: {
    mend: 'A stored block failed its checksum; it is left out and counted. Check the disk, restore from backup.',
  },
  STATE_UNAVAILABLE: { mend: 'The state database cannot be written. Free space or repair the disk.' },
  CHANNEL_REJECTED: { mend: 'The channel refused the message for good; check its settings.' },
  CHANNEL_UNREACHABLE: { mend: 'The channel cannot be reached now; the message is kept and tried again.' },
  LISTEN_FAILED: {
    mend: 'Choose another address or port (listen.host, listen.port, --port), or stop the other program.',
  },
  // HTTP
  NOT_FOUND: { mend: 'Check the address.' },
  BAD_REQUEST: { mend: 'Correct the named parameter.' },
  UNAUTHENTICATED: { mend: 'Log in, or send a token: Authorization: Bearer TOKEN.' },
  FORBIDDEN: { mend: 'This account may not do that.' },
  CSRF: { mend: 'Reload the page and try again.' },
  CONFLICT: { mend: 'The thing changed meanwhile; reload and try again.' },
  INTERNAL: { mend: 'This is a fault of the collector; its log says more under the named request.' },
  TOO_LARGE: { mend: 'Send less at once; the limit is 256 KiB.' },
  PAGE_NOT_BUILT: {
    mend: 'Install the dependencies (npm start does) so that tsc is there, then start again.',
  },
  LOGIN_FAILED: { mend: 'Check the name and the password.' },
  LINK_INVALID: { mend: 'Start the collector again for a fresh link, or log in with name and password.' },
  REPORT_GLYPH_MISSING: {
    mend: 'Write the named text without the named character; file names may be renamed, names of sets and hospitals edited.',
  },
  PASSWORD_WEAK: { mend: 'Choose a password of at least 12 characters that is not the account name.' },
} as const satisfies Record<string, { mend: string; keep?: boolean }>;

export type ErrorCode = keyof typeof ERRORS;

/** An error with a code from the catalogue. `message` names the key, file, host or frame; `mend` says what to do. */
export class NamedError extends Error {
  readonly code: ErrorCode;
  readonly mend: string;
  constructor(code: ErrorCode, message: string, options: { cause?: unknown; mend?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'NamedError';
    this.code = code;
    this.mend = options.mend ?? ERRORS[code].mend;
  }
}

/** Whether the agent keeps a frame that was refused with this code. */
export function keepsOnRefusal(code: ErrorCode): boolean {
  // A newer collector may refuse with a code that this agent has not heard of: nothing is given up for that.
  const entry: { mend: string; keep?: boolean } | undefined = Object.hasOwn(ERRORS, code)
    ? ERRORS[code]
    : undefined;
  return entry?.keep ?? true;
}

export function isNamedError(error: unknown, code?: ErrorCode): error is NamedError {
  return error instanceof NamedError && (code === undefined || error.code === code);
}

/** One line for a person: message, code and mend. */
export function describeError(error: unknown): string {
  if (error instanceof NamedError) return `${error.message} [${error.code}] ${error.mend}`;
  return error instanceof Error ? error.message : String(error);
}
