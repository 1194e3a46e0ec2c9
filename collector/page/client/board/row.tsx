// One host on the board.

import type { HostItem } from '../../../api/shapes.ts';
import { ago, span } from '../format.ts';
import { Meter, Share, VERDICT_TONE, Verdict } from '../shapes.tsx';
import { useWords } from '../text/text.ts';

export function HostRow({ host, now }: { host: HostItem; now: number }) {
  const words = useWords();
  const tone = VERDICT_TONE[host.verdict.word];
  const fullest = host.disks[0];
  const stale = tone !== 'ok' && host.verdict.word !== 'suspect';
  return (
    <tr class={`tone-${rowTone(host)} ${stale ? 'stale' : ''}`}>
      <td class="c-verdict">
        <Verdict word={host.verdict.word} />
        <small class="muted">{words.since(span(now - host.verdict.since, words))}</small>
      </td>
      <td class="c-host">
        <a class="row-link" href={`/hosts/${encodeURIComponent(host.id)}`}>
          {host.name}
        </a>
        <small class="muted">{host.os}</small>
      </td>
      <td class="c-meter" data-label={words.board.cpu}>
        <Meter value={host.cpu} label={words.board.cpu} />
      </td>
      <td class="c-meter" data-label={words.board.mem}>
        <Meter value={host.mem} label={words.board.mem} warn={85} crit={95} />
      </td>
      <td class="c-meter c-disk" data-label={words.board.disk}>
        <Meter
          value={fullest?.usedPercent ?? null}
          label={words.board.disk}
          {...(fullest ? { detail: fullest.path } : {})}
        />
      </td>
      <td class="c-count" data-label={words.board.services}>
        <Share
          good={host.services.up}
          total={host.services.total}
          text={words.board.servicesUp(host.services.up, host.services.total)}
          tone="crit"
        />
      </td>
      <td class="c-count" data-label={words.board.backups}>
        <Share
          good={host.backups.ok}
          total={host.backups.total}
          text={words.board.backupsOk(host.backups.ok, host.backups.total)}
          tone="warn"
        />
      </td>
      <td
        class={`c-alerts ${host.alerts.critical + host.alerts.warning === 0 ? 'nothing' : ''}`}
        data-label={words.board.alerts}
      >
        <AlertCounts host={host} />
      </td>
      <td class="c-heard" data-label={words.board.heard}>
        {host.lastHeardAt === null ? '–' : ago(now - host.lastHeardAt, words)}
      </td>
    </tr>
  );
}

function rowTone(host: HostItem): string {
  const tone = VERDICT_TONE[host.verdict.word];
  if (tone === 'crit' || host.alerts.critical > 0) return 'crit';
  return tone === 'warn' || host.alerts.warning > 0 ? 'warn' : tone;
}

function AlertCounts({ host }: { host: HostItem }) {
  const words = useWords();
  const { critical, warning } = host.alerts;
  if (critical + warning === 0) return <span class="muted">–</span>;
  return (
    <span class="chips">
      {critical > 0 && (
        <span class="chip crit">
          {critical}
          <span> {words.alerts.critical}</span>
        </span>
      )}
      {warning > 0 && (
        <span class="chip warn">
          {warning}
          <span> {words.alerts.warning}</span>
        </span>
      )}
    </span>
  );
}
