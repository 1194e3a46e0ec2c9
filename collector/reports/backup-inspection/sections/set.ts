// One backup set: what was agreed, how far it is proven, how it ran, what can be restored.

import type { RungState } from '../../../../shared/backup/reported.ts';
import type { Block, Rich, Run } from '../../../document/document.ts';
import type { InspectedSet } from '../input.ts';
import type { JudgedSet } from '../judge.ts';
import { momentsPicture, shownGaps } from '../pictures/moments.ts';
import { type PictureContext, runsPicture } from '../pictures/runs.ts';
import { sizesPicture } from '../pictures/sizes.ts';
import { listed } from '../sources.ts';
import type { Words } from '../words/words.ts';
import { type Context, loss, mark, nameOf } from './context.ts';

export function setSections(context: Context): Block[] {
  const { judged, words } = context;
  return judged.sets.flatMap((judgedSet, i) => [
    ...(i === 0 ? [{ block: 'heading', level: 1, text: words.headings.sets, onNewPage: true } as const] : []),
    ...setSection(judgedSet, i + 1, context),
  ]);
}

function setSection(judgedSet: JudgedSet, number: number, context: Context): Block[] {
  const { host, set, tone, reasons } = judgedSet;
  const { words, format, input } = context;
  const pictures: PictureContext = { input, host, format, words };
  const found =
    reasons.length === 0
      ? words.says.nothingFound
      : words.says.foundAs(listed(reasons.map(nameOf), format, 12));
  return [
    // A set fills about a page: from its own top it is not torn. The first follows the chapter's heading.
    {
      block: 'heading',
      level: 2,
      text: `3.${number} ${words.says.setTitle(set.name, host.name)}`,
      onNewPage: number > 1,
    },
    { block: 'paragraph', text: [...(mark(tone, words) as []), ' ', found] },
    { block: 'heading', level: 3, text: words.headings.policy },
    { block: 'fields', sideBySide: true, rows: policyRows(set, context) },
    { block: 'heading', level: 3, text: words.headings.ladder },
    ladderTable(judgedSet, context),
    { block: 'heading', level: 3, text: words.headings.runs },
    runsFigure(judgedSet, { words, pictures }),
    ...sizesFigure(set, pictures),
    { block: 'heading', level: 3, text: words.headings.moments },
    ...momentsBlocks(judgedSet, { context, pictures }),
    { block: 'heading', level: 3, text: words.headings.drills },
    ...drillBlocks(set, context),
  ];
}

function policyRows(set: InspectedSet, context: Context): [string, Rich][] {
  const { words, format } = context;
  const { policy } = words;
  const p = set.policy;
  const or = (given: boolean, text: string): string => (given ? text : words.notTold);
  const rows: [string, Rich][] = [
    [policy.engine, [words.engine[p.engine], p.database === '' ? '' : ` · ${p.database}`].join('')],
    [policy.folder, [{ text: set.folder, style: 'path' }, ` ${set.pattern}`]],
    [policy.kind, words.kind(p.kind)],
    [policy.schedule, or(p.schedule !== '', words.schedule(p.schedule))],
    [policy.maxAge, or(p.maxAgeMs > 0, policy.age(format.duration(p.maxAgeMs)))],
    [policy.rpo, or(p.rpoMs > 0, policy.age(format.duration(p.rpoMs)))],
    [policy.rto, or(p.rtoMs > 0, policy.age(format.duration(p.rtoMs)))],
    [policy.keep, or(p.keep > 0, policy.copies(p.keep))],
    [policy.secondCopy, p.secondCopy === '' ? words.notTold : [{ text: p.secondCopy, style: 'path' }]],
    [
      policy.volume,
      set.volume
        ? `${policy.free(format.bytes(set.volume.freeBytes), format.bytes(set.volume.totalBytes))}`
        : words.says.noVolume,
    ],
    [policy.current, loss(set.recovery.last, context)],
    [policy.rtoEstimate, estimate(set, context)],
  ];
  return rows;
}

function estimate({ recovery: { rto } }: InspectedSet, { words, format }: Context): string {
  if (!rto) return words.tone.unknown;
  const range = words.until(format.duration(rto.fromSeconds * 1000), format.duration(rto.toSeconds * 1000));
  const by = rto.by === 'drill' ? words.policy.byDrill : words.policy.byReading;
  return `${range} · ${by}`;
}

/** A second copy that nobody promised and a drill that nobody did are no failure of the backup. */
function rungState(set: InspectedSet, { rung, state }: RungState, { rungState: said }: Words): Run {
  if (state === 'yes') return { text: said.yes, tone: 'good' };
  if (state === 'unknown') return { text: said.unknown, tone: 'unknown' };
  if (rung === 5) return { text: set.policy.secondCopy === '' ? said.notAgreed : said.no, tone: 'attention' };
  if (rung === 6 && set.drills.length === 0) return { text: said.notDone, tone: 'attention' };
  return { text: said.no, tone: 'bad' };
}

function ladderTable({ host, set }: JudgedSet, { words, format, sources }: Context): Block {
  return {
    block: 'table',
    small: true,
    columns: [
      { title: words.columns.rung, share: 1.4 },
      { title: words.columns.state, share: 0.9 },
      { title: words.columns.since, share: 1.2 },
      { title: words.columns.evidence, share: 4.9 },
    ],
    rows: set.rungs.map((r): Rich[] => [
      `${r.rung} ${words.rungs[r.rung] ?? ''}`,
      [rungState(set, r, words)],
      format.time(r.at),
      [
        `${format.proved({ text: r.evidence, proof: r.proof })} `,
        {
          text: sources.mark(host, set, {
            of: 'rung',
            rung: r.rung,
            at: r.at,
            text: r.evidence,
            proof: r.proof,
          }),
          style: 'faint',
        },
      ],
    ]),
    empty: words.tone.unknown,
  };
}

function runsFigure(
  { set, runs: seen }: JudgedSet,
  { words, pictures }: { words: Words; pictures: PictureContext },
): Block {
  const [planned, missed, done] = [seen.planned.length, seen.missed.length, seen.runs.length];
  const bad = seen.runs.filter((r) => r.tone === 'bad').length;
  return {
    block: 'figure',
    picture: runsPicture(set, seen, pictures),
    caption: planned > 0 ? words.says.runsCaption(planned, missed, done) : words.says.runsCaptionFree(done),
    alt: words.says.runsAlt(set.name, done, missed, bad),
  };
}

function sizesFigure(set: InspectedSet, pictures: PictureContext): Block[] {
  const { words, format } = pictures;
  const picture = sizesPicture(set, pictures);
  const [first] = set.history;
  const last = set.history.at(-1);
  if (!picture || !first || !last) return [];
  const sizes = set.history.map((h) => h.bytes);
  return [
    {
      block: 'figure',
      picture,
      caption: words.says.sizesCaption(set.history.length, format.day(first.at), format.day(last.at)),
      alt: words.says.sizesAlt(set.name, format.bytes(Math.min(...sizes)), format.bytes(Math.max(...sizes))),
    },
  ];
}

function momentsBlocks(
  { host, set }: JudgedSet,
  { context, pictures }: { context: Context; pictures: PictureContext },
): Block[] {
  const { words, format, input } = context;
  const { recovery } = set;
  if (recovery.trouble) return [{ block: 'paragraph', text: words.says.stopped(recovery.trouble) }];
  const { from, to } = input.period;
  const windows = recovery.windows.filter((w) => w.to > from && w.from < to).length;
  const points = recovery.points.filter((p) => p.at >= from && p.at < to).length;
  const gaps = shownGaps(recovery, input.period);
  const last = recovery.last === undefined ? words.noMoment : format.time(recovery.last);
  return [
    ...(windows + points === 0 ? [{ block: 'paragraph', text: words.says.nothingRestorable } as const] : []),
    {
      block: 'figure',
      picture: momentsPicture(set, pictures),
      caption: words.says.momentsCaption(windows, points, gaps.length),
      alt: words.says.momentsAlt(`${host.name} ${set.name}`, last, gaps.length),
    },
    ...gapsTable({ host, set }, { context, gaps }),
  ];
}

function gapsTable(
  { set }: Pick<JudgedSet, 'host' | 'set'>,
  { context, gaps }: { context: Context; gaps: InspectedSet['recovery']['gaps'] },
): Block[] {
  const { words, format, input, sources } = context;
  const { columns } = words;
  const file = (path: string): Run[] => [
    { text: path, style: 'path' },
    { text: ` ${sources.file(set, path) ?? ''} `, style: 'faint' },
  ];
  if (gaps.length === 0) return [];
  return [
    {
      block: 'table',
      caption: words.says.gapsTable,
      columns: [
        { title: columns.number, share: 0.6 },
        { title: columns.from, share: 1.3 },
        { title: columns.to, share: 1.3 },
        { title: columns.length, share: 1.1 },
        { title: columns.missing, share: 2.6 },
        { title: columns.reason, share: 2.6 },
      ],
      rows: gaps.map((gap, i): Rich[] => [
        String(i + 1),
        format.time(gap.from),
        format.time(gap.to),
        format.duration(gap.to - gap.from),
        gap.missing.length === 0 ? words.tone.unknown : gap.missing.flatMap(file),
        gap.cause[input.language],
      ]),
    },
  ];
}

function drillBlocks(set: InspectedSet, { words, format }: Context): Block[] {
  const { says, columns } = words;
  const [newest] = [...set.drills].sort((a, b) => b.at - a.at);
  if (!newest) return [{ block: 'paragraph', text: says.noDrill }];
  const at = format.time(newest.at);
  const text = newest.ok
    ? says.drill(at, newest.moment, format.duration(newest.seconds * 1000))
    : says.drillFailed(at, format.told(newest.text));
  return [
    { block: 'paragraph', text },
    {
      block: 'table',
      small: true,
      caption: says.drillRows,
      columns: [
        { title: columns.table, share: 3 },
        { title: columns.expected, share: 1, align: 'end' },
        { title: columns.found, share: 1, align: 'end' },
      ],
      rows: newest.rows.map((row): Rich[] => [
        row.table,
        row.expected === undefined ? '—' : format.count(row.expected),
        row.expected === undefined || row.expected === row.found
          ? format.count(row.found)
          : [{ text: format.count(row.found), tone: 'bad' }],
      ]),
    },
  ];
}
