// The feed probe: how old the newest data of each feed is, by its newest file or by a marker file. Promise: nothing but times is
// read; a feed that cannot be read hides none of the others.

import type { Value } from '../../../shared/config/schema.ts';
import { NamedError } from '../../../shared/errors.ts';
import { fileError, openFileSet } from '../file-set.ts';
import { nameField, requireDistinctNames } from '../named.ts';
import { joinOutcomes, type Outcome } from '../outcome.ts';
import type { Host, Probe, ProbeUnit, Sample } from '../probe.ts';
import { probeSection } from '../section.ts';
import { renderAge, renderFailure } from '../words.ts';
import { parseMarker } from './marker.ts';

const CONFIG = probeSection('Data feeds: age of the newest data.', 60_000, {
  feeds: {
    kind: 'list',
    help: 'Feeds from other systems, and uploads to authorities: a folder of files or a marker file each.',
    of: {
      kind: 'section',
      help: 'One feed.',
      fields: {
        name: nameField('Name under which it is reported.'),
        folder: { kind: 'text', help: 'Folder whose newest file tells the age.', default: '' },
        pattern: {
          kind: 'text',
          help: 'Pattern of the file names: * ? [a-z] {xml,json}.',
          default: '*',
          pattern: { re: /^[^/\\]+$/, words: 'a pattern of a file name, without folders' },
        },
        recursive: { kind: 'bool', help: 'Whether folders below it are searched too.', default: false },
        depth: { kind: 'int', help: 'How many folders deep, when recursive.', default: 2, min: 1, max: 8 },
        marker: { kind: 'text', help: 'In place of a folder: one file that each run touches.', default: '' },
        markerTime: {
          kind: 'choice',
          help: "Which time the marker tells: the file's own, or the one in its first line.",
          words: ['written', 'content'],
          default: 'written',
        },
        maxAge: {
          kind: 'duration',
          help: 'The newest data may be this old.',
          default: 3_600_000,
          min: 1_000,
          max: 400 * 86_400_000,
        },
      },
    },
  },
});

type Feed = Value<typeof CONFIG.fields.feeds>[number];

/** Clocks of servers differ by minutes; beyond that a time in the future is a fault. */
const FUTURE_MS = 5 * 60_000;

export const FEED: ProbeUnit<typeof CONFIG.fields> = {
  name: 'feed',
  config: CONFIG,
  metrics: ['feed_age_seconds', 'feed_up'],
  open(config, host): Probe {
    requireDistinctNames('feed', 'feeds', config.feeds);
    const readers = config.feeds.map((feed) => createReader(feed, host));
    return {
      async read() {
        return joinOutcomes(await Promise.all(readers.map((read) => read())));
      },
    };
  },
};

function createReader(feed: Feed, host: Host): () => Promise<Outcome> {
  if ((feed.folder === '') === (feed.marker === '')) {
    throw new NamedError(
      'CONFIG_BAD_VALUE',
      `probes.feed.feeds: ${feed.name} needs either folder or marker`,
      {
        mend: 'Set one of the two.',
      },
    );
  }
  const newest = feed.folder === '' ? createMarker(feed, host) : createNewest(feed, host);
  const sinceMs = host.clock.monotonic();
  return async () => {
    try {
      const at = await newest();
      const watchedMs = host.clock.monotonic() - sinceMs;
      return judgeFeed(feed, at, { wallMs: host.clock.now(), watchedMs });
    } catch (error) {
      const text = `数据接口 ${feed.name} 无法判断：${feed.folder || feed.marker} ${renderFailure(error)}`;
      return {
        samples: [{ metric: 'feed_up', labels: { name: feed.name }, value: 0 }],
        check: { id: `feed:${feed.name}`, status: 'unknown', text },
        error: fileError(`feed ${feed.name}`, feed.folder || feed.marker, error),
      };
    }
  };
}

/** Newest time of writing ever seen, because the receiving program may take each file away. A file from the future hides none before it. */
function createNewest(feed: Feed, host: Host): () => Promise<number | undefined> {
  const set = openFileSet(host, feed);
  let newest: number | undefined;
  return async () => {
    const { files } = await set.read();
    const limit = host.clock.now() + FUTURE_MS;
    let future: number | undefined;
    for (const { mtimeMs } of files) {
      if (mtimeMs > limit) future = Math.max(future ?? -Infinity, mtimeMs);
      else newest = Math.max(newest ?? -Infinity, mtimeMs);
    }
    return newest ?? future;
  };
}

function createMarker(feed: Feed, host: Host): () => Promise<number | undefined> {
  return async () => {
    if (feed.markerTime === 'written') return (await host.stat(feed.marker)).mtimeMs;
    const head = Buffer.from(await host.readHead(feed.marker, 256)).toString('utf8');
    const at = parseMarker(head);
    if (at === undefined) throw new Error('第一行不是时间');
    return at;
  };
}

/** Pure. No data ever seen is a fault only after the feed was watched for as long as data may take. */
function judgeFeed(
  feed: { name: string; maxAge: number },
  newestMs: number | undefined,
  now: { wallMs: number; watchedMs: number },
): Outcome {
  const labels = { name: feed.name };
  const id = `feed:${feed.name}`;
  const samples: Sample[] = [{ metric: 'feed_up', labels, value: 1 }];
  const limit = `上限 ${renderAge(feed.maxAge)}`;
  if (newestMs === undefined) {
    const text = `数据接口 ${feed.name} 启动监测以来没有新数据（${limit}）`;
    return { samples, check: { id, status: now.watchedMs > feed.maxAge ? 'critical' : 'unknown', text } };
  }
  const age = now.wallMs - newestMs;
  samples.push({ metric: 'feed_age_seconds', labels, value: Math.max(0, age) / 1000 });
  if (age < -FUTURE_MS) {
    const text = `数据接口 ${feed.name} 的最新数据时间在未来（超前 ${renderAge(-age)}），请检查时钟`;
    return { samples, check: { id, status: 'warning', text } };
  }
  if (age > feed.maxAge) {
    const text = `数据接口 ${feed.name} 已 ${renderAge(age)}没有新数据（${limit}）`;
    return { samples, check: { id, status: 'critical', text } };
  }
  return {
    samples,
    check: { id, status: 'ok', text: `数据接口 ${feed.name} 正常，最新数据 ${renderAge(age)}前` },
  };
}
