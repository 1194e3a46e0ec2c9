// The audit trail, newest first.

import { Heads } from '../table.tsx';
import type { Static } from 'typebox';
import type { AuditItem } from '../../../api/shapes.ts';
import { dateTime } from '../format.ts';
import { get } from '../request.ts';
import { useLanguage, useWords } from '../text/text.ts';
import { useReading } from '../use.ts';

export function Audit() {
  const words = useWords();
  const w = words.settings;
  const language = useLanguage();
  const audit = useReading('audit', () => get<{ items: Static<typeof AuditItem>[] }>('/audit?limit=200'));
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <section class="panel table">
      <h2>{w.audit}</h2>
      <div class="scroll" tabIndex={0} role="group" aria-label={w.audit}>
        <table>
          <Heads of={[w.when, w.who, w.what, w.subject]} />
          <tbody>
            {(audit.data?.items ?? []).map((row) => (
              <tr key={row.id}>
                <td>{dateTime(row.at, zone, language)}</td>
                <td>{row.who}</td>
                <td>
                  <code>{row.what}</code>
                </td>
                <td class="note">{row.subject}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
