// The files of a set with what reading them told, the database's own runs, the drills.

import { Table } from '../table.tsx';
import { useState } from 'preact/hooks';
import type { BackupSetDetail } from '../../../api/backup-shapes.ts';
import { bytes, dateTime, shortTime, span } from '../format.ts';
import { State } from '../shapes.tsx';
import { useLanguage, useWords } from '../text/text.ts';

const CONTENT_STATUS: Record<string, 'ok' | 'warning' | 'critical' | 'unknown'> = {
  VERIFIED: 'ok',
  COMPLETE: 'ok',
  UNCONFIRMED: 'unknown',
  INCOMPLETE: 'critical',
  CORRUPT: 'critical',
  EMPTY: 'critical',
  NO_DATA: 'warning',
  FOREIGN: 'warning',
};
const SHOWN = 20;

export function Files({ of }: { of: BackupSetDetail }) {
  const words = useWords();
  const language = useLanguage();
  const w = words.backups;
  const [all, setAll] = useState(false);
  if (of.files.length === 0) return null;
  const shown = all ? of.files : of.files.slice(0, SHOWN);
  const excluded = new Map(of.excluded.map((each) => [each.file, each.words]));
  const more = of.files.length > SHOWN && !all && (
    <p class="more">
      <button type="button" onClick={() => setAll(true)}>
        {w.showAll(of.filesTotal)}
      </button>
    </p>
  );
  const heads = [w.file, w.kind, w.size, w.finished, w.content, w.copy, w.digest];
  return (
    <Table id="files" title={`${w.files} (${of.filesTotal})`} heads={heads} more={more}>
      {shown.map((file) => (
        <tr key={file.path} class={file.goneAt === undefined ? '' : 'gone'}>
          <th scope="row" class="path">
            {file.path}
            {file.goneAt !== undefined && (
              <small class="muted"> · {w.goneAt(shortTime(file.goneAt, of.timeZone, language))}</small>
            )}
          </th>
          <td>{file.kind ? w.kinds[file.kind as keyof typeof w.kinds] : '–'}</td>
          <td class="number">{bytes(file.bytes)}</td>
          <td class="number">{dateTime(file.modifiedAt, of.timeZone, language)}</td>
          <td title={excluded.get(file.path)?.[language] ?? file.reason}>
            <State status={CONTENT_STATUS[file.content ?? ''] ?? 'unknown'}>
              {file.content ? w.contents[file.content as keyof typeof w.contents] : w.unjudged}
            </State>
          </td>
          <td>{file.secondCopy ? w.copyStates[file.secondCopy] : '–'}</td>
          <td>
            <code title={file.sha256}>{file.sha256?.slice(0, 12) ?? '–'}</code>
          </td>
        </tr>
      ))}
    </Table>
  );
}

export function Runs({ of }: { of: BackupSetDetail }) {
  const words = useWords();
  const language = useLanguage();
  const w = words.backups;
  if (of.runs.length === 0) return null;
  return (
    <Table id="runs" title={w.runs} heads={[w.source, w.kind, w.finished, w.took, w.size, words.host.state]}>
      {of.runs.slice(0, SHOWN).map((run) => (
        <tr key={`${run.source} ${run.database} ${run.kind} ${run.startedAt}`}>
          <th scope="row">
            {run.source} {run.database}
          </th>
          <td>{w.kinds[run.kind as keyof typeof w.kinds]}</td>
          <td class="number">{dateTime(run.finishedAt, of.timeZone, language)}</td>
          <td class="number">{span(run.finishedAt - run.startedAt, words)}</td>
          <td class="number">{bytes(run.bytes)}</td>
          <td title={run.text}>
            <State status={run.ok ? 'ok' : 'critical'}>{run.ok ? w.done : w.failed}</State>
          </td>
        </tr>
      ))}
    </Table>
  );
}

export function Drills({ of }: { of: BackupSetDetail }) {
  const words = useWords();
  const language = useLanguage();
  const w = words.backups;
  if (of.drills.length === 0) return null;
  return (
    <Table id="drills" title={w.drills} heads={[w.when, w.target, w.took, w.size, w.rows, words.host.state]}>
      {of.drills.slice(0, SHOWN).map((drill) => (
        <tr key={drill.at}>
          <th scope="row">{dateTime(drill.at, of.timeZone, language)}</th>
          <td>{drill.moment}</td>
          <td class="number">{span(drill.seconds * 1000, words)}</td>
          <td class="number">{bytes(drill.bytes)}</td>
          <td class="number">{w.rowsOf(drill.rows.length, sum(drill.rows.map((row) => row.found)))}</td>
          <td title={drill.text}>
            <State status={drill.ok ? 'ok' : 'critical'}>{drill.ok ? w.done : w.failed}</State>
          </td>
        </tr>
      ))}
    </Table>
  );
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
