// Cover and contents.

import type { Block } from '../../../document/document.ts';
import type { Context } from './context.ts';

export function coverSection({ input, judged, words, format }: Context): Block[] {
  const { cover } = words;
  const { period, hospital } = input;
  // The period's end is not in it: a month ends on its last day.
  const until = words.until(format.time(period.from), format.time(period.to));
  return [
    {
      block: 'cover',
      over: hospital.name,
      title: words.title,
      tone: judged.tone,
      verdict: `${cover.verdict}${words.tone[judged.tone]}`,
      rows: [
        [cover.hospital, hospital.name],
        [cover.period, `${until} (${hospital.timeZone})`],
        [cover.number, input.number],
        [cover.madeAt, format.time(input.madeAt)],
        [cover.preparedBy, input.preparedBy],
        [cover.reviewedBy, ''],
        [cover.secrecy, cover.secret],
      ],
      note: cover.note,
    },
    { block: 'contents', title: words.headings.contents },
  ];
}
