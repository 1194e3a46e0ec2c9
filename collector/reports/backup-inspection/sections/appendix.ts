// Every file, and where every figure comes from.

import type { Block, Rich, Table } from '../../../document/document.ts';
import { isDamaged, toneOfFile } from '../files.ts';
import type { InspectedFile, InspectedSet } from '../input.ts';
import type { JudgedSet } from '../judge.ts';
import { midnights } from '../format.ts';
import { filesInOrder, type SourceRecord } from '../sources.ts';
import type { Context } from './context.ts';

/** From here on sound log backups are shown by the day: thousands of rows are read by nobody and cost minutes to print. */
const MANY_FILES = 300;

export function filesAppendix(context: Context): Block[] {
  const { judged, words } = context;
  return [
    { block: 'heading', level: 1, text: words.headings.files, onNewPage: true },
    ...(judged.sets.length === 0 ? [{ block: 'paragraph', text: words.says.noFiles } as const] : []),
    ...judged.sets.flatMap((set) => filesOfSet(set, context)),
  ];
}

function filesOfSet({ host, set }: JudgedSet, context: Context): Block[] {
  const { words, format } = context;
  const { says, columns } = words;
  const there = set.files.filter((f) => f.goneAt === undefined);
  const total = there.reduce((sum, f) => sum + f.bytes, 0);
  const count = says.fileCount(there.length, set.files.length - there.length, format.bytes(total));
  const notes = [
    count,
    ...(set.known === 'some' ? [says.filesPartly] : []),
    ...(set.files.length > MANY_FILES ? [says.groupedNote] : []),
  ];
  const table: Table = {
    block: 'table',
    small: true,
    columns: [
      { title: columns.number, share: 0.75 },
      { title: `${columns.file} / ${words.says.digest}`, share: 6.7 },
      { title: columns.bytes, share: 0.95, align: 'end' },
      { title: columns.modified, share: 1.55 },
      { title: columns.content, share: 1.45 },
      { title: columns.proof, share: 0.6 },
    ],
    rows: fileRows(set, context),
    empty: says.noFiles,
  };
  return [
    { block: 'heading', level: 3, text: says.setTitle(set.name, host.name) },
    { block: 'paragraph', look: 'note', text: notes.join(' ') },
    table,
  ];
}

function fileRows(set: InspectedSet, context: Context): Rich[][] {
  const files = filesInOrder(set);
  if (files.length <= MANY_FILES) return files.map((file) => fileRow(file, { set, context }));
  const groupable = (f: InspectedFile): boolean =>
    f.facts?.kind === 'log' && toneOfFile(f) === 'good' && f.goneAt === undefined;
  const days = midnights(
    Math.min(...files.map((f) => f.modifiedAt)),
    Math.max(...files.map((f) => f.modifiedAt)),
    context.input.hospital.timeZone,
  );
  const dayOf = (f: InspectedFile): number => days.findLastIndex((start) => start <= f.modifiedAt);
  const single = files.filter((f) => !groupable(f));
  const grouped = [...Map.groupBy(files.filter(groupable), dayOf).values()];
  return [
    ...single.map((file) => fileRow(file, { set, context })),
    ...grouped.map((group) => groupRow(group, { set, context })),
  ];
}

interface RowContext {
  set: InspectedSet;
  context: Context;
}

function fileRow(file: InspectedFile, { set, context }: RowContext): Rich[] {
  const { words, format, sources } = context;
  const digest = file.facts?.sha256;
  const gone = file.goneAt === undefined ? [] : ['\n', words.says.gone(format.day(file.goneAt))];
  return [
    sources.file(set, file.path) ?? '',
    [
      { text: file.path, style: 'path' },
      ...(isDamaged(file) ? [{ text: ` ${file.reason ?? ''}`, style: 'faint' } as const] : []),
      ...(digest ? ['\n', { text: digest, style: 'faint' } as const] : []),
    ],
    format.bytes(file.bytes),
    format.time(file.modifiedAt),
    [{ text: file.content ? words.content[file.content] : words.unjudged, tone: toneOfFile(file) }, ...gone],
    file.layer ?? '',
  ];
}

function groupRow(group: readonly InspectedFile[], { set, context }: RowContext): Rich[] {
  const { words, format, sources } = context;
  const [first, last] = [group[0], group.at(-1)];
  if (!first || !last) return [];
  const mark = (file: InspectedFile): string => sources.file(set, file.path) ?? '';
  return [
    `${mark(first)}–${mark(last)}`,
    [
      {
        text: words.says.grouped(nameOfPath(first.path), nameOfPath(last.path), group.length),
        style: 'path',
      },
    ],
    format.bytes(group.reduce((sum, f) => sum + f.bytes, 0)),
    format.day(first.modifiedAt),
    [{ text: words.content[first.content ?? 'UNCONFIRMED'], tone: 'good' }],
    first.layer ?? '',
  ];
}

const nameOfPath = (path: string): string => path.split(/[\\/]/).at(-1) ?? path;

export function sourcesAppendix(context: Context): Block[] {
  const { words, sources } = context;
  const { columns, headings } = words;
  return [
    { block: 'heading', level: 1, text: headings.sources, onNewPage: true },
    {
      block: 'table',
      columns: [
        { title: columns.what, share: 1.6 },
        { title: columns.how, share: 5 },
      ],
      rows: words.figures.map(([figure, source]): Rich[] => [figure, source]),
    },
    {
      block: 'table',
      small: true,
      columns: [
        { title: columns.number, share: 0.7 },
        { title: columns.host, share: 1.4 },
        { title: columns.set, share: 1.4 },
        { title: columns.source, share: 5.5 },
      ],
      rows: sources.records().map((record) => recordRow(record, context)),
    },
  ];
}

function recordRow({ mark, host, set, evidence }: SourceRecord, context: Context): Rich[] {
  return [mark, host.name, set?.name ?? '', [{ text: describe(evidence, context), style: 'path' }]];
}

function describe(evidence: SourceRecord['evidence'], { words, format }: Context): string {
  const { record } = words.says;
  switch (evidence.of) {
    case 'file':
      return evidence.path;
    case 'set':
      return record('backup.set', format.time(evidence.at));
    case 'rung':
      return `${record(`backup.set, ${evidence.rung} ${words.rungs[evidence.rung] ?? ''}`, format.time(evidence.at))}: ${format.proved(evidence)}`;
    case 'run':
      return `${record('backup.run', format.time(evidence.startedAt))}: ${format.told(evidence.text)}`;
    case 'drill':
      return record('backup.drill', format.time(evidence.at));
    case 'finding':
      return `${record('backup.finding', format.time(evidence.at))}: ${format.proved(evidence)}`;
    case 'clock':
      return words.columns.clock;
  }
}
