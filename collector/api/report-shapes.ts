// The shapes of reports in /api/v1.

import Type, { type Static } from 'typebox';
import { Id, Instant } from './shapes.ts';

const word = <W extends string>(words: readonly W[]) => Type.Unsafe<W>({ type: 'string', enum: [...words] });

export const LanguageWord = word(['zh', 'en']);
export const FormatWord = word(['pdf', 'docx', 'html']);

export const ReportsQuery = Type.Object({ hospital: Type.Optional(Id) }, { additionalProperties: false });

export const NewReport = Type.Object(
  {
    kind: Type.String({ minLength: 1, maxLength: 60 }),
    hospital: Id,
    from: Instant,
    /** Not in the period. */
    to: Instant,
    language: Type.Optional(LanguageWord),
    /** For the cover; default: who asks. */
    preparedBy: Type.Optional(Type.String({ minLength: 1, maxLength: 60 })),
  },
  { additionalProperties: false },
);

export const ReportItem = Type.Object({
  id: Type.String(),
  kind: Type.String(),
  number: Type.String(),
  hospital: Type.Object({ id: Type.String(), name: Type.String(), timeZone: Type.String() }),
  language: LanguageWord,
  from: Instant,
  to: Instant,
  madeAt: Instant,
  madeBy: Type.String(),
  /** The overall rating, where the report has one. */
  tone: Type.Optional(word(['good', 'attention', 'bad', 'unknown'])),
});
export type ReportItemShape = Static<typeof ReportItem>;

export const ReportList = Type.Object({ items: Type.Array(ReportItem) });
export const FileQuery = Type.Object({ format: Type.Optional(FormatWord) }, { additionalProperties: false });
