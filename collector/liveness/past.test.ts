import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunInterval, RunJournal } from '../../shared/frame.ts';
import { tellPast } from './past.ts';

/** Seconds in the stories; the host was last heard at 0 and is heard again at 1000. */
const SECOND = 1_000;
const AT = Date.UTC(2026, 5, 1);
const at = (seconds: number): number => AT + seconds * SECOND;

interface Story {
  boot?: string;
  bootAt?: number;
  startedAt: number;
  runs?: [
    boot: string,
    bootAt: number,
    from: number,
    to: number,
    end?: 'orderly' | 'unknown',
    reason?: 'stop' | 'shutdown',
  ][];
  journal?: Partial<RunJournal>;
  /** The agent's clock less the collector's, seconds. */
  clock?: number;
}

/** The host was heard from boot `b1`, from the process that started at -500. */
function tell(story: Story): string[] {
  const { boot = 'b1', bootAt = -600, startedAt, clock = 0 } = story;
  const theirs = (seconds: number): number => at(seconds + clock);
  const runs = story.runs?.map(([runBoot, runBootAt, from, to, end = 'unknown', reason]): RunInterval => {
    const times = { bootAt: theirs(runBootAt), from: theirs(from), to: theirs(to) };
    return { boot: runBoot, ...times, end, ...(reason ? { reason } : {}) };
  });
  const journal = { startedAt: theirs(startedAt), ...(runs ? { runs } : {}), ...story.journal };
  const life = { boot: 'b1', processAt: theirs(-500) };
  const spans = tellPast(life, { boot, bootAt: theirs(bootAt), at: theirs(1000), journal }, at(0), at(1000));
  return spans.map(({ past, since, until }) => `${past} ${(since - AT) / SECOND}-${(until - AT) / SECOND}`);
}

const stories: [what: string, story: Story, want: string[]][] = [
  ['the same process: only the link was cut', { startedAt: -500 }, ['link-cut 0-1000']],
  [
    'it lost its link, crashed later and was back before the link was',
    { boot: 'b2', bootAt: 700, startedAt: 730, runs: [['b1', -600, -500, 400]] },
    ['link-cut 0-400', 'host-crashed 400-730', 'link-cut 730-1000'],
  ],
  [
    'two lives that nobody heard of',
    {
      boot: 'b3',
      bootAt: 800,
      startedAt: 820,
      runs: [
        ['b1', -600, -500, 100],
        ['b2', 200, 230, 500, 'orderly', 'shutdown'],
      ],
    },
    [
      'link-cut 0-100',
      'host-crashed 100-230',
      'link-cut 230-500',
      'host-shut-down 500-820',
      'link-cut 820-1000',
    ],
  ],
  [
    'an agent that was not started with its host',
    { boot: 'b2', bootAt: 100, startedAt: 900, runs: [['b1', -600, -500, -3]] },
    ['host-crashed 0-100', 'agent-late 100-900', 'link-cut 900-1000'],
  ],
  [
    'an agent stopped by hand long before the host went down',
    { boot: 'b2', bootAt: 900, startedAt: 920, runs: [['b1', -600, -500, 5, 'orderly', 'stop']] },
    ['link-cut 0-5', 'agent-stopped 5-920', 'link-cut 920-1000'],
  ],
  [
    'an agent that ended with its host, though it did not know why',
    { boot: 'b2', bootAt: 300, startedAt: 320, runs: [['b1', -600, -500, 5, 'orderly', 'stop']] },
    ['link-cut 0-5', 'host-shut-down 5-320', 'link-cut 320-1000'],
  ],
  [
    'an agent of an older version tells of its last life only',
    {
      boot: 'b2',
      bootAt: 700,
      startedAt: 730,
      journal: { previousEnd: 'unknown', previousBoot: 'b1', previousAliveAt: at(300) },
    },
    ['link-cut 0-300', 'host-crashed 300-730', 'link-cut 730-1000'],
  ],
  [
    'its clock is an hour ahead',
    { clock: 3600, boot: 'b2', bootAt: 700, startedAt: 730, runs: [['b1', -600, -500, 400]] },
    ['link-cut 0-400', 'host-crashed 400-730', 'link-cut 730-1000'],
  ],
  [
    'a life that ended after the next began had a wrong clock: it may have ended when it was last heard',
    { boot: 'b2', bootAt: 700, startedAt: 730, runs: [['b1', -600, -500, 90_000]] },
    ['host-crashed 0-730', 'link-cut 730-1000'],
  ],
  [
    'another process that claims to be older than the one that was heard explains nothing: it did not run',
    { startedAt: -800 },
    ['agent-crashed 0-1000'],
  ],
];

for (const [what, story, want] of stories) test(`past: ${what}`, () => assert.deepEqual(tell(story), want));
