// The input as a document. Promise: pure; the same input gives the same tree.

import type { ReportDocument } from '../../document/document.ts';
import { drawable } from '../../document/fonts.ts';
import { legible } from '../../document/glyphs.ts';
import { formatFor } from './format.ts';
import type { InspectionInput } from './input.ts';
import { judge } from './judge.ts';
import { filesAppendix, sourcesAppendix } from './sections/appendix.ts';
import { silencesSection, signatureSection } from './sections/closing.ts';
import { conclusionSection } from './sections/conclusion.ts';
import type { Context } from './sections/context.ts';
import { coverSection } from './sections/cover.ts';
import { comparisonSection, findingsSection } from './sections/findings.ts';
import { scopeSection } from './sections/scope.ts';
import { setSections } from './sections/set.ts';
import { sourcesOf } from './sources.ts';
import { WORDS } from './words/index.ts';

export function inspectionDocument(gathered: InspectionInput): ReportDocument {
  const input = { ...gathered, hosts: legible(gathered.hosts, drawable()) };
  const words = WORDS[input.language];
  const context: Context = {
    input,
    words,
    judged: judge(input),
    format: formatFor(input.language, input.hospital.timeZone),
    sources: sourcesOf(input),
  };
  return {
    language: input.language,
    title: `${input.hospital.name} ${words.title}`,
    author: input.preparedBy,
    subject: words.subject,
    footer: `${input.hospital.name} · ${words.title} · ${input.number}`,
    madeAt: input.madeAt,
    blocks: [
      ...coverSection(context),
      ...conclusionSection(context),
      ...scopeSection(context),
      ...setSections(context),
      ...findingsSection(context),
      ...comparisonSection(context),
      ...silencesSection(context),
      ...signatureSection(context),
      ...filesAppendix(context),
      // Last, for it lists what all sections before it refer to.
      ...sourcesAppendix(context),
    ],
  };
}
