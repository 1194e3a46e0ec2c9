// Hours without data, and the signatures.

import type { Block, Rich } from '../../../document/document.ts';
import type { Context } from './context.ts';

export function silencesSection({ input, words, format }: Context): Block[] {
  const { columns } = words;
  const rows = input.hosts.flatMap((host) =>
    host.silences.map((s): Rich[] => [
      host.name,
      format.time(s.from),
      format.time(s.to),
      format.duration(s.to - s.from),
      words.silence(s.word),
    ]),
  );
  return [
    { block: 'heading', level: 1, text: words.headings.silences },
    {
      block: 'table',
      columns: [
        { title: columns.host, share: 2 },
        { title: columns.from, share: 1.6 },
        { title: columns.to, share: 1.6 },
        { title: columns.length, share: 1.4 },
        { title: columns.reason, share: 2.4 },
      ],
      rows,
      empty: words.says.noSilences,
    },
  ];
}

export function signatureSection({ words: { headings, signature } }: Context): Block[] {
  return [
    { block: 'heading', level: 1, text: headings.signature },
    {
      block: 'signature',
      parties: [signature.hospital, signature.vendor].map((title) => ({
        title,
        lines: [...signature.lines],
      })),
    },
  ];
}
