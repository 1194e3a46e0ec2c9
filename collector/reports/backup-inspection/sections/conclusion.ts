// The one page that a director reads.

import type { Block, Rich, Tone } from '../../../document/document.ts';
import type { JudgedSet } from '../judge.ts';
import { type Context, loss, mark, nameOf, says } from './context.ts';

/** More of them would not fit the page; all are in chapter 4. */
const FIRST = 5;

const TONES: readonly Tone[] = ['good', 'attention', 'bad', 'unknown'];

export function conclusionSection(context: Context): Block[] {
  const { input, judged, words } = context;
  const { counts, sets, findings } = judged;
  const facts = {
    sets: sets.length,
    hosts: input.hosts.length,
    counts,
    findings: findings.length,
    high: findings.filter((f) => f.priority === 'high').length,
  };
  return [
    { block: 'heading', level: 1, text: words.headings.conclusion, onNewPage: true },
    {
      block: 'paragraph',
      look: 'lead',
      text: sets.length === 0 ? words.says.noSets : words.says.conclusion(facts),
    },
    {
      block: 'ratings',
      tiles: TONES.map((tone) => ({
        tone,
        title: words.tone[tone],
        word: String(counts[tone]),
        note: namesOf(sets.filter((s) => s.tone === tone)),
      })),
    },
    {
      block: 'table',
      columns: [
        { title: words.columns.set, share: 1.75 },
        { title: words.columns.rating, share: 1.3 },
        { title: words.columns.rung, share: 1.55 },
        { title: words.columns.last, share: 1.75 },
        { title: words.columns.loss, share: 1.6 },
        { title: words.columns.main, share: 2.2 },
      ],
      rows: sets.map((judgedSet) => overviewRow(judgedSet, context)),
      empty: words.says.noSets,
    },
    ...firstToDo(context),
    { block: 'paragraph', text: comparedWith(context) },
  ];
}

/** As many as a tile has room for. */
function namesOf(sets: readonly JudgedSet[]): string {
  const names = sets.slice(0, 4).map((s) => s.set.name);
  return sets.length > names.length ? `${names.join(', ')} …` : names.join(', ');
}

function overviewRow({ host, set, tone, reasons }: JudgedSet, context: Context): Rich[] {
  const { words, format } = context;
  const { last } = set.recovery;
  const [first] = reasons.filter((r) => r.tone === tone);
  return [
    [
      { text: set.name, style: 'strong' },
      { text: ` ${host.name}`, style: 'faint' },
    ],
    mark(tone, words),
    `${set.rung} ${words.rungs[set.rung] ?? ''}`,
    last === undefined ? words.noMoment : format.time(last),
    loss(last, context),
    first ? `${nameOf(first)} ${words.rules[first.rule].title}` : words.none,
  ];
}

function firstToDo(context: Context): Block[] {
  const { judged, words } = context;
  const high = judged.findings.filter((f) => f.priority === 'high');
  if (high.length === 0) return [];
  const items = high
    .slice(0, FIRST)
    .map((f): Rich => [
      { text: `${nameOf(f)} ${f.set?.name ?? f.host.name}: `, style: 'strong' },
      `${says(f, context)} `,
      { text: `[${words.owner[words.rules[f.rule].owner]}]`, style: 'faint' },
    ]);
  return [
    { block: 'paragraph', text: [{ text: words.says.first, style: 'strong' }] },
    { block: 'list', items },
  ];
}

function comparedWith({ input, judged, words }: Context): string {
  const { fresh, staying, settled } = judged.comparison;
  if (!input.previous) return words.says.noPrevious;
  return words.says.compared(input.previous.number, fresh.length, staying.length, settled.length);
}
