// `niswatch report KIND`: makes a report from the data folder, keeps what it rests on, and writes it to a file.

import { writeFileSync } from 'node:fs';
import type { Clock } from '../../shared/clock.ts';
import { NamedError } from '../../shared/errors.ts';
import type { Language } from '../../shared/text.ts';
import { DEFAULT_ZONE, parseMoment } from '../backups/moment.ts';
import type { DocumentFormat } from '../document/document.ts';
import { KINDS } from '../reports/index.ts';
import { findReport, makeReport } from '../reports/made.ts';
import type { Renderer } from '../reports/renderer.ts';
import type { State } from '../state/state.ts';
import type { CommandSpec, Invocation } from './options.ts';

export const REPORT_SPECS: readonly CommandSpec[] = [
  {
    words: 'report',
    help: 'Makes a report of one hospital and writes it to a file.',
    positional: { name: 'KIND', help: `one of: ${KINDS.join(', ')}` },
    options: {
      hospital: { type: 'string', value: 'NAME', help: 'the hospital (required)' },
      from: {
        type: 'string',
        value: 'TIME',
        help: 'begin of the period, such as 2026-11-01 (default: 30 days before its end)',
      },
      to: { type: 'string', value: 'TIME', help: 'end of the period, not in it (default: now)' },
      format: { type: 'string', value: 'WORD', help: 'pdf, docx or html (default: as --out ends, else pdf)' },
      out: { type: 'string', value: 'FILE', help: 'where to write it (required)' },
      lang: { type: 'string', value: 'zh|en', help: 'language (default zh)' },
      by: { type: 'string', value: 'NAME', help: 'who prepared it, for the cover' },
    },
  },
];

export interface ReportContext {
  clock: Clock;
  renderer: Renderer;
}

const PERIOD_MS = 30 * 86_400_000;
const FORMATS: readonly DocumentFormat[] = ['pdf', 'docx', 'html'];

export async function runReport(call: Invocation, { clock, renderer }: ReportContext, state: State) {
  const [kind, ...more] = call.positional;
  if (!kind || more.length > 0) throw wrong('exactly one KIND is needed', `One of: ${KINDS.join(', ')}.`);
  const out = optionOf(call, 'out');
  if (!out) throw wrong('--out is missing', 'Name the file: --out FILE.');
  const format = formatOf(call, out);
  const now = clock.now();
  const hospital = await hospitalOf(call, state);
  const made = await makeReport(
    state,
    {
      kind,
      hospitalId: hospital.id,
      period: periodOf(call, hospital.timeZone, now),
      language: languageOf(call),
      preparedBy: optionOf(call, 'by') ?? 'niswatch',
    },
    { who: 'command line', now },
  );
  const { data } = await findReport(state, made.id, undefined);
  const bytes = await renderer.render(kind, data, format);
  write(out, bytes);
  return {
    json: { id: made.id, number: made.number, file: out, format, bytes: bytes.length },
    text: `${made.number}: ${out} (${format}, ${bytes.length} bytes)\n`,
  };
}

function write(out: string, bytes: Buffer): void {
  try {
    writeFileSync(out, bytes);
  } catch (cause) {
    throw new NamedError('BAD_REQUEST', `--out ${out}: ${(cause as Error).message}`, {
      cause,
      mend: 'Name a file in a folder that is there and may be written.',
    });
  }
}

async function hospitalOf(call: Invocation, state: State) {
  const name = optionOf(call, 'hospital');
  if (!name) throw wrong('--hospital is missing', 'Name the hospital: --hospital NAME.');
  const row = await state.selectFrom('hospitals').selectAll().where('name', '=', name).executeTakeFirst();
  if (row) return row;
  const known = await state.selectFrom('hospitals').select('name').orderBy('name').limit(20).execute();
  throw new NamedError('NOT_FOUND', `there is no hospital ${name}`, {
    mend: `Check the name; there are: ${known.map((h) => h.name).join(', ') || 'none yet'}.`,
  });
}

function periodOf(call: Invocation, zone: string, now: number): { from: number; to: number } {
  const to = instantOf(call, 'to', zone) ?? now;
  return { from: instantOf(call, 'from', zone) ?? to - PERIOD_MS, to };
}

function instantOf(call: Invocation, name: string, zone: string): number | undefined {
  const text = optionOf(call, name);
  if (text === undefined) return undefined;
  const moment = parseMoment(text, zone || DEFAULT_ZONE);
  if (!moment)
    throw wrong(`--${name} ${text} is not a moment`, 'Such as 2026-11-01 or 2026-11-01T08:00:00+08:00.');
  return Math.floor(moment.us / 1000);
}

function formatOf(call: Invocation, out: string): DocumentFormat {
  const given = optionOf(call, 'format');
  const ending = /\.([a-z]+)$/i.exec(out)?.[1]?.toLowerCase();
  const format = FORMATS.find((f) => f === (given ?? ending));
  if (format) return format;
  if (given === undefined) return 'pdf';
  throw wrong(`--format ${given} is not a format`, `One of: ${FORMATS.join(', ')}.`);
}

function languageOf(call: Invocation): Language {
  const given = optionOf(call, 'lang') ?? 'zh';
  if (given === 'zh' || given === 'en') return given;
  throw wrong(`--lang ${given} is not a language of reports`, 'One of: zh, en.');
}

function optionOf(call: Invocation, name: string): string | undefined {
  const value = call.options[name];
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

const wrong = (what: string, mend: string): NamedError =>
  new NamedError('BAD_REQUEST', `niswatch report: ${what}`, { mend });
