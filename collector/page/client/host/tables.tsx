// What the host runs and keeps: disks, services, backup sets, pages and ports, feeds, out of the newest values and checks.

import { Table } from '../table.tsx';
import type { CheckItem, LatestValues } from '../../../api/shapes.ts';
import { bytes, count, percent, seconds, span } from '../format.ts';
import { setPath } from '../backups/board.tsx';
import { Ladder } from '../backups/ladder.tsx';
import { Meter, State } from '../shapes.tsx';
import { useWords } from '../text/text.ts';
import { type Row, rowsOf } from './rows.ts';

export interface TablesProps {
  host: string;
  latest: LatestValues;
  checks: readonly CheckItem[];
}

export function Tables({ host, latest, checks }: TablesProps) {
  const rows = (metrics: readonly string[], label: string, kind: string) =>
    rowsOf(latest.values, checks, metrics, label, kind);
  return (
    <>
      <Services
        rows={rows(
          ['service_up', 'service_cpu_percent', 'service_memory_rss', 'service_restarts'],
          'name',
          'service',
        )}
      />
      <Disks
        rows={rows(
          ['disk_used_percent', 'disk_free', 'disk_total', 'disk_inodes_used_percent', 'disk_read_only'],
          'path',
          'disk',
        )}
      />
      <Backups
        host={host}
        rows={rows(
          ['backup_age_seconds', 'backup_size_bytes', 'backup_copies', 'backup_writing', 'backup_rung'],
          'set',
          'backup',
        )}
      />
      <Targets
        rows={[
          ...rows(
            ['http_up', 'http_response_seconds', 'http_status_code', 'http_cert_days'],
            'target',
            'http',
          ),
          ...rows(['port_up', 'port_connect_seconds'], 'target', 'port'),
          ...rows(['witness_answer'], 'target', 'witness'),
        ]}
      />
      <Feeds rows={rows(['feed_age_seconds', 'feed_up'], 'name', 'feed')} />
    </>
  );
}

/** The check's own word when there is one, else what the value says. */
function RowState({ row, up, reach }: { row: Row; up: number | undefined; reach?: boolean }) {
  const words = useWords();
  const status = row.check?.status ?? (up === undefined ? 'unknown' : up > 0 ? 'ok' : 'critical');
  const yes = reach ? words.host.reachable : words.host.running;
  const no = reach ? words.host.unreachable : words.host.down;
  const word = up === undefined ? words.check[status] : up > 0 ? yes : no;
  return <State status={status}>{word}</State>;
}

function readable(up: number | undefined): CheckItem['status'] | undefined {
  return up === undefined ? undefined : up > 0 ? 'ok' : 'unknown';
}

function Judged({ status }: { status: CheckItem['status'] | undefined }) {
  const words = useWords();
  if (!status) return <span class="muted">–</span>;
  return <State status={status}>{words.check[status]}</State>;
}

function Services({ rows }: { rows: readonly Row[] }) {
  const words = useWords();
  const w = words.host;
  if (rows.length === 0) return null;
  return (
    <Table id="services" title={w.services} heads={[w.service, w.state, w.cpu, w.memory, w.restarts, w.note]}>
      {rows.map((row) => (
        <tr key={row.name}>
          <th scope="row">{row.name}</th>
          <td>
            <RowState row={row} up={row.values.service_up} />
          </td>
          <td class="number">{percent(row.values.service_cpu_percent, 1)}</td>
          <td class="number">{bytes(row.values.service_memory_rss)}</td>
          <td class="number">{count(row.values.service_restarts)}</td>
          <td class="note">{row.check?.text}</td>
        </tr>
      ))}
    </Table>
  );
}

function Backups({ host, rows }: { host: string; rows: readonly Row[] }) {
  const words = useWords();
  const w = words.host;
  if (rows.length === 0) return null;
  return (
    <Table id="backups" title={w.backups} heads={[w.set, w.state, w.age, w.size, w.copies, w.rung, w.note]}>
      {rows.map((row) => {
        const age = row.values.backup_age_seconds;
        return (
          <tr key={row.name}>
            <th scope="row">
              <a href={setPath(host, row.name)}>{row.name}</a>
            </th>
            <td>
              <Judged status={row.check?.status} />
            </td>
            <td class="number">{age === undefined ? '–' : words.ago(span(age * 1000, words))}</td>
            <td class="number">{bytes(row.values.backup_size_bytes)}</td>
            <td class="number">{count(row.values.backup_copies)}</td>
            <td>
              <Ladder rung={row.values.backup_rung} />
            </td>
            <td class="note">
              {row.values.backup_writing ? <span class="chip info">{w.writing}</span> : null}{' '}
              {row.check?.text}
            </td>
          </tr>
        );
      })}
    </Table>
  );
}

function Disks({ rows }: { rows: readonly Row[] }) {
  const words = useWords();
  const w = words.host;
  if (rows.length === 0) return null;
  return (
    <Table id="disks" title={w.disks} heads={[w.path, w.usage, w.free, w.total, w.inodes, w.note]}>
      {rows.map((row) => (
        <tr key={row.name}>
          <th scope="row">{row.name}</th>
          <td class="c-meter">
            <Meter value={row.values.disk_used_percent ?? null} label={`${w.usage} ${row.name}`} />
          </td>
          <td class="number">{bytes(row.values.disk_free)}</td>
          <td class="number">{bytes(row.values.disk_total)}</td>
          <td class="number">{percent(row.values.disk_inodes_used_percent)}</td>
          <td class="note">
            {row.values.disk_read_only ? <span class="chip warn">{w.readOnly}</span> : null} {row.check?.text}
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Targets({ rows }: { rows: readonly Row[] }) {
  const words = useWords();
  const w = words.host;
  if (rows.length === 0) return null;
  return (
    <Table
      id="targets"
      title={w.targets}
      heads={[w.target, w.state, 'HTTP', w.latency, w.certificate, w.note]}
    >
      {rows.map((row) => {
        // Status 0 says that nothing answered: the time of the last answer is no longer this page's.
        const silent = row.values.http_status_code === 0 || row.values.port_up === 0;
        const latency = silent
          ? undefined
          : (row.values.http_response_seconds ?? row.values.port_connect_seconds);
        const days = row.values.http_cert_days;
        return (
          <tr key={row.id}>
            <th scope="row">{row.name}</th>
            <td>
              <RowState row={row} up={answers(row)} reach />
            </td>
            <td class="number">{count(row.values.http_status_code || undefined)}</td>
            <td class="number">{latency === undefined ? '–' : seconds(latency)}</td>
            <td class="number">{days === undefined ? '–' : words.days(Math.floor(days))}</td>
            <td class="note">{row.check?.text}</td>
          </tr>
        );
      })}
    </Table>
  );
}

/** 1 when it can be reached, 0 when not; a witness says more, of which only acceptance counts as reached. */
function answers({ values }: Row): number | undefined {
  const { witness_answer: witness } = values;
  return values.http_up ?? values.port_up ?? (witness === undefined ? undefined : Number(witness === 2));
}

function Feeds({ rows }: { rows: readonly Row[] }) {
  const words = useWords();
  const w = words.host;
  if (rows.length === 0) return null;
  return (
    <Table id="feeds" title={w.feeds} heads={[w.feed, w.state, w.feedAge, w.note]}>
      {rows.map((row) => {
        const age = row.values.feed_age_seconds;
        return (
          <tr key={row.name}>
            <th scope="row">{row.name}</th>
            <td>
              <Judged status={row.check?.status ?? readable(row.values.feed_up)} />
            </td>
            <td class="number">{age === undefined ? '–' : words.ago(span(age * 1000, words))}</td>
            <td class="note">{row.check?.text}</td>
          </tr>
        );
      })}
    </Table>
  );
}
