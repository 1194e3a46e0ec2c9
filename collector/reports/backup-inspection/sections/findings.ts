// What was found, what to do about it, who, until when; and how that stands against the report before.

import type { Block, Rich } from '../../../document/document.ts';
import type { SetSummary } from '../input.ts';
import type { Comparison, Finding } from '../judge.ts';
import { type Context, evidenceOf, mark, nameOf, says } from './context.ts';

export function findingsSection(context: Context): Block[] {
  const { judged, words } = context;
  const { columns } = words;
  return [
    { block: 'heading', level: 1, text: words.headings.findings, onNewPage: true },
    {
      block: 'table',
      columns: [
        { title: columns.number, share: 0.75 },
        { title: columns.level, share: 1.35 },
        { title: columns.set, share: 1.4 },
        { title: columns.finding, share: 3.4 },
        { title: columns.advice, share: 3 },
        { title: `${columns.owner} · ${columns.due}`, share: 1.6 },
      ],
      rows: judged.findings.map((finding) => findingRow(finding, context)),
      empty: words.says.noFindings,
    },
  ];
}

function findingRow(finding: Finding, context: Context): Rich[] {
  const { words, format } = context;
  const { title, advice, owner } = words.rules[finding.rule];
  const rest = finding.evidence.flatMap((e) => ('text' in e && e.text !== '' ? [e] : []));
  const marks = evidenceOf(finding, context);
  return [
    nameOf(finding),
    [{ text: words.tone[finding.tone], tone: finding.tone }, '\n', words.priority[finding.priority]],
    finding.set?.name ?? finding.host.name,
    [
      { text: title, style: 'strong' },
      '\n',
      `${says(finding, context)} `,
      ...rest.slice(0, 2).map((each) => ({ text: `${format.proved(each)} `, style: 'faint' }) as const),
      { text: marks === '' ? '' : `[${marks}]`, style: 'faint' },
    ],
    advice,
    [words.owner[owner], '\n', words.due[finding.priority]],
  ];
}

export function comparisonSection(context: Context): Block[] {
  const { input, judged, words } = context;
  const { says, columns, headings } = words;
  const heading = { block: 'heading', level: 1, text: headings.comparison } as const;
  if (!input.previous) return [heading, { block: 'paragraph', text: says.noPrevious }];
  const { fresh, staying, settled } = judged.comparison;
  const names = (findings: readonly Finding[]): string =>
    findings.map((f) => `${nameOf(f)} ${words.rules[f.rule].title}`).join(words.comma) || words.none;
  return [
    heading,
    {
      block: 'paragraph',
      text: says.compared(input.previous.number, fresh.length, staying.length, settled.length),
    },
    {
      block: 'table',
      columns: [
        { title: columns.set, share: 2.4 },
        { title: `${columns.rating} · ${columns.before}`, share: 1.4 },
        { title: `${columns.rating} · ${columns.now}`, share: 1.4 },
        { title: columns.rung, share: 1 },
        { title: columns.bytes, share: 2 },
      ],
      rows: judged.comparison.sets.map((row) => comparisonRow(row, context)),
    },
    {
      block: 'fields',
      rows: [
        [says.foundNew, names(fresh)],
        [says.foundStaying, names(staying)],
        [says.foundSettled, settledNames(settled, context)],
      ],
    },
  ];
}

function comparisonRow({ host, set, now, before }: Comparison['sets'][number], context: Context): Rich[] {
  const { words, format } = context;
  const rating = (s: SetSummary | undefined): Rich => (s ? mark(s.tone, words) : words.none);
  const change = (a: string | undefined, b: string | undefined): string =>
    `${a ?? words.none} → ${b ?? words.none}`;
  const size = (s: SetSummary | undefined) => (s?.bytes === undefined ? undefined : format.bytes(s.bytes));
  return [
    [
      { text: set, style: 'strong' },
      { text: ` ${host}`, style: 'faint' },
    ],
    rating(before),
    rating(now),
    change(before && String(before.rung), now && String(now.rung)),
    change(size(before), size(now)),
  ];
}

/** `host/set/rule` back into words; a rule of an older version keeps its name. */
function settledNames(keys: readonly string[], { words }: Context): string {
  const rules: Readonly<Record<string, { title: string }>> = words.rules;
  const names = keys.map((key) => {
    const parts = key.split('/');
    const rule = parts.at(-1) ?? '';
    const where =
      parts
        .slice(0, -1)
        .filter((p) => p !== '')
        .at(-1) ?? '';
    return `${where} ${rules[rule]?.title ?? rule}`;
  });
  return names.join(words.comma) || words.none;
}
