// The fleet board: counts on top, then every hospital's hosts, worst first.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { HostItem } from '../../../api/shapes.ts';
import { hosts as hostStore } from '../live.ts';
import { useObservable } from '../observable.ts';
import { go } from '../router.ts';
import { Empty, type Tone } from '../shapes.tsx';
import { useWords } from '../text/text.ts';
import { useKeys, useNow } from '../use.ts';
import {
  type Group,
  groupHosts,
  inTally,
  matches,
  needsAttention,
  TALLIES,
  type Tally,
  tallyOf,
} from './rank.ts';
import { HostRow } from './row.tsx';

const TALLY_TONE: Record<Tally, Tone> = {
  up: 'ok',
  silent: 'crit',
  other: 'idle',
  critical: 'crit',
  warning: 'warn',
};

export function Board() {
  const words = useWords();
  const known = useObservable(hostStore);
  const [filter, setFilter] = useState('');
  const [tally, setTally] = useState<Tally | undefined>(undefined);
  const [order, setOrder] = useState<'worst' | 'name'>('worst');
  const [chosen, setChosen] = useState(-1);
  const field = useRef<HTMLInputElement>(null);
  const all = [...(known?.values() ?? [])];
  const shown = all.filter((h) => matches(h, filter) && (!tally || inTally(h, tally)));
  const groups = groupHosts(shown, order);
  const flat = groups.flatMap((g) => g.hosts);
  const move = (step: number) => {
    const next = Math.max(0, Math.min(flat.length - 1, chosen + step));
    setChosen(next);
    document.querySelectorAll<HTMLAnchorElement>('.hosts .row-link')[next]?.focus();
  };
  useKeys({
    '/': (event) => {
      event.preventDefault();
      field.current?.focus();
    },
    j: () => move(1),
    k: () => move(-1),
    Enter: () => flat[chosen] && document.activeElement === document.body && go(`/hosts/${flat[chosen].id}`),
  });
  useEffect(() => {
    document.title = `${words.nav.board} · niswatch`;
  }, [words]);
  if (!known) return <p class="center muted">{words.loading}</p>;
  if (all.length === 0) return <Empty title={words.board.emptyTitle} text={words.board.emptyText} />;
  return (
    <div class="page">
      <Headline hosts={all} />
      <div class="tallies" role="group" aria-label={words.board.verdict}>
        {TALLIES.map((name) => (
          <TallyTile
            key={name}
            name={name}
            count={tallyOf(all, name)}
            pressed={tally === name}
            press={() => setTally(tally === name ? undefined : name)}
          />
        ))}
      </div>
      <div class="tools">
        <input
          ref={field}
          type="search"
          placeholder={words.board.filter}
          aria-label={words.board.filter}
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
        <label>
          <span>{words.board.sort}</span>
          <select value={order} onChange={(e) => setOrder(e.currentTarget.value as 'worst' | 'name')}>
            <option value="worst">{words.board.worst}</option>
            <option value="name">{words.board.name}</option>
          </select>
        </label>
      </div>
      {groups.length === 0 && <Empty title={words.board.noMatch} />}
      {groups.map((group) => (
        <Hospital key={group.id} group={group} />
      ))}
    </div>
  );
}

function Headline({ hosts }: { hosts: readonly HostItem[] }) {
  const words = useWords();
  const troubled = hosts.filter(needsAttention).length;
  return (
    <div class="headline">
      <h1>{troubled === 0 ? words.board.calm : words.board.attention(troubled)}</h1>
      <p class="muted">{words.board.hosts(hosts.length)}</p>
    </div>
  );
}

function TallyTile(props: { name: Tally; count: number; pressed: boolean; press: () => void }) {
  const words = useWords();
  const tone = props.count === 0 && props.name !== 'up' ? 'none' : TALLY_TONE[props.name];
  return (
    <button type="button" class={`tally ${tone}`} aria-pressed={props.pressed} onClick={props.press}>
      <b>{props.count}</b>
      <span>{words.board[props.name]}</span>
    </button>
  );
}

function Hospital({ group }: { group: Group }) {
  const words = useWords();
  const now = useNow(1000);
  return (
    <section class="hosts panel" aria-labelledby={`hospital-${group.id}`}>
      <header>
        <h2 id={`hospital-${group.id}`}>{group.name}</h2>
        <span class="muted">{words.board.hosts(group.hosts.length)}</span>
      </header>
      <table>
        <thead>
          <tr>
            <th scope="col" class="c-verdict">
              {words.board.verdict}
            </th>
            <th scope="col">{words.board.host}</th>
            <th scope="col" class="c-meter">
              {words.board.cpu}
            </th>
            <th scope="col" class="c-meter">
              {words.board.mem}
            </th>
            <th scope="col" class="c-meter c-disk">
              {words.board.disk}
            </th>
            <th scope="col" class="c-count">
              {words.board.services}
            </th>
            <th scope="col" class="c-count">
              {words.board.backups}
            </th>
            <th scope="col" class="c-alerts">
              {words.board.alerts}
            </th>
            <th scope="col" class="c-heard">
              {words.board.heard}
            </th>
          </tr>
        </thead>
        <tbody>
          {group.hosts.map((host) => (
            <HostRow key={host.id} host={host} now={now} />
          ))}
        </tbody>
      </table>
    </section>
  );
}
