// What is wrong with backups: in words, with what to do first.

import type { BackupSetDetail } from '../../../api/backup-shapes.ts';
import { State } from '../shapes.tsx';
import { useLanguage, useWords } from '../text/text.ts';

const GRAVE = new Set(['magic-lost', 'extension-changed', 'history-disagrees']);

export function Findings({ items }: { items: BackupSetDetail['findings'] }) {
  const words = useWords();
  const language = useLanguage();
  const open = items.filter((finding) => finding.goneAt === undefined);
  if (open.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="findings">
      <h2 id="findings">{words.backups.findings}</h2>
      <ul class="findings">
        {open.map((finding) => (
          <li key={`${finding.kind} ${finding.key}`}>
            <State status={GRAVE.has(finding.kind) ? 'critical' : 'warning'}>{finding.title[language]}</State>
            <p>{finding.told[language]}</p>
            <p class="muted">{finding.advice[language]}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}
