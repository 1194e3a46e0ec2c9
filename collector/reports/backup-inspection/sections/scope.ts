// What was looked at, what was not and why, how, and by which rules.

import type { Block, Rich } from '../../../document/document.ts';
import type { InspectedHost, InspectedSet } from '../input.ts';
import { type Context, mark } from './context.ts';

export function scopeSection(context: Context): Block[] {
  const { input, words } = context;
  return [
    { block: 'heading', level: 1, text: words.headings.scope, onNewPage: true },
    {
      block: 'table',
      columns: [
        { title: words.columns.host, share: 2 },
        { title: words.columns.system, share: 2 },
        { title: words.columns.agent, share: 1 },
        { title: words.columns.sets, share: 1, align: 'end' },
        { title: words.columns.covered, share: 2 },
        { title: words.columns.clock, share: 1.2 },
      ],
      rows: input.hosts.map((host) => hostRow(host, context)),
    },
    { block: 'heading', level: 2, text: words.headings.notLooked },
    ...notLookedAt(context),
    { block: 'heading', level: 2, text: words.headings.method },
    { block: 'list', items: [...words.method] },
    { block: 'heading', level: 2, text: words.headings.ratings },
    {
      block: 'table',
      columns: [
        { title: words.columns.rating, share: 1 },
        { title: words.columns.rule, share: 5 },
      ],
      rows: words.ratingRules.map(([tone, text]): Rich[] => [mark(tone, words), text]),
    },
  ];
}

function hostRow(host: InspectedHost, { input, words, format }: Context): Rich[] {
  const { from, to } = input.period;
  const silent = silentMs(host, input.period);
  const share = `${(Math.floor((1000 * (to - from - silent)) / Math.max(1, to - from)) / 10).toFixed(1)}%`;
  return [
    host.name,
    host.os,
    host.agentVersion,
    String(host.sets.length),
    silent > 0 ? words.says.covered(share, format.duration(silent)) : share,
    host.offsetMs === undefined
      ? words.tone.unknown
      : words.says.clockOff(Math.round(Math.abs(host.offsetMs) / 100) / 10),
  ];
}

export function silentMs(host: InspectedHost, { from, to }: { from: number; to: number }): number {
  return host.silences.reduce((sum, s) => sum + Math.max(0, Math.min(to, s.to) - Math.max(from, s.from)), 0);
}

function notLookedAt({ input, words, format }: Context): Block[] {
  const { says } = words;
  const items = input.hosts.flatMap((host) =>
    host.sets.flatMap((set) => [
      ...(set.told === 'fresh'
        ? []
        : [says.notFresh(set.name, set.at > 0 ? format.time(set.at) : words.none)]),
      ...(set.known === 'some' ? [says.partly(set.name)] : []),
      ...(set.recovery.unjudged > 0 ? [says.unjudged(set.name, set.recovery.unjudged)] : []),
      ...unknownRungs(set, { words, format }),
    ]),
  );
  return items.length === 0 ? [{ block: 'paragraph', text: says.allLooked }] : [{ block: 'list', items }];
}

/** Rungs that one obstacle keeps from being looked at stand together. */
function unknownRungs(set: InspectedSet, { words, format }: Pick<Context, 'words' | 'format'>): string[] {
  const open = set.rungs.filter((r) => r.state === 'unknown');
  return [...Map.groupBy(open, (r) => r.evidence)].map(([text, rungs]) => {
    const names = rungs.map((r) => words.rungs[r.rung] ?? '').join(words.comma);
    return `${set.name}: ${names}: ${format.proved({ text, proof: rungs[0]?.proof })}`;
  });
}
