// Every word that a backup inspection report says, in one shape for both languages. Exact, calm, short: who reads it has to act on it.

import type { BackupKind, Content, Engine } from '../../../../shared/backup/facts.ts';
import type { Tone } from '../../../document/document.ts';
import type { Format } from '../format.ts';
import type { Priority, Reason, Rule } from '../rules.ts';

/** What a finding says, what to do, and whose it is. */
export interface RuleWords {
  title: string;
  says(values: Reason['values'], format: Format): string;
  advice: string;
  owner: 'hospital' | 'vendor' | 'both';
}

export interface Words {
  title: string;
  subject: string;
  tone: Readonly<Record<Tone, string>>;
  kind(kind: BackupKind | ''): string;
  engine: Readonly<Record<Engine | '', string>>;
  content: Readonly<Record<Content, string>>;
  unjudged: string;
  rungs: readonly string[];
  rungState: Readonly<Record<'yes' | 'no' | 'unknown' | 'notAgreed' | 'notDone', string>>;
  priority: Readonly<Record<Priority, string>>;
  due: Readonly<Record<Priority, string>>;
  owner: Readonly<Record<RuleWords['owner'], string>>;
  rules: Readonly<Record<Rule, RuleWords>>;
  /** A calendar expression as people say it, with the expression itself. */
  schedule(cron: string): string;
  silence(word: string): string;
  none: string;
  notTold: string;
  comma: string;
  until(from: string, to: string): string;
  median(bytes: string): string;
  lastMoment(time: string): string;
  noMoment: string;
  legend: Readonly<
    Record<'good' | 'unjudged' | 'bad' | 'missed' | 'silent' | 'window' | 'point' | 'gap', string>
  >;
  cover: Readonly<
    Record<
      | 'hospital'
      | 'period'
      | 'number'
      | 'madeAt'
      | 'preparedBy'
      | 'reviewedBy'
      | 'secrecy'
      | 'secret'
      | 'note'
      | 'verdict',
      string
    >
  >;
  headings: Readonly<
    Record<
      | 'contents'
      | 'conclusion'
      | 'scope'
      | 'method'
      | 'notLooked'
      | 'ratings'
      | 'ladder'
      | 'sets'
      | 'policy'
      | 'runs'
      | 'moments'
      | 'drills'
      | 'findings'
      | 'comparison'
      | 'silences'
      | 'signature'
      | 'files'
      | 'sources',
      string
    >
  >;
  columns: Readonly<
    Record<
      | 'set'
      | 'host'
      | 'rating'
      | 'rung'
      | 'last'
      | 'loss'
      | 'main'
      | 'state'
      | 'since'
      | 'evidence'
      | 'number'
      | 'level'
      | 'finding'
      | 'advice'
      | 'owner'
      | 'due'
      | 'from'
      | 'to'
      | 'length'
      | 'missing'
      | 'before'
      | 'now'
      | 'file'
      | 'bytes'
      | 'modified'
      | 'content'
      | 'what'
      | 'source'
      | 'reason'
      | 'system'
      | 'agent'
      | 'clock'
      | 'sets'
      | 'covered'
      | 'proof'
      | 'rule'
      | 'table'
      | 'expected'
      | 'found'
      | 'moment'
      | 'took'
      | 'how',
      string
    >
  >;
  policy: Readonly<
    Record<
      | 'engine'
      | 'database'
      | 'folder'
      | 'kind'
      | 'schedule'
      | 'maxAge'
      | 'rpo'
      | 'rto'
      | 'keep'
      | 'secondCopy'
      | 'volume'
      | 'rtoEstimate'
      | 'byDrill'
      | 'byReading'
      | 'current',
      string
    > & { age(text: string): string; copies(n: number): string; free(free: string, total: string): string }
  >;
  says: SentenceWords;
  method: readonly string[];
  ratingRules: readonly [tone: Tone, text: string][];
  figures: readonly [figure: string, source: string][];
  signature: { hospital: string; vendor: string; lines: readonly string[] };
}

/** Sentences with figures in them. */
export interface SentenceWords {
  conclusion(facts: {
    sets: number;
    hosts: number;
    counts: Readonly<Record<Tone, number>>;
    findings: number;
    high: number;
  }): string;
  noSets: string;
  first: string;
  compared(number: string, fresh: number, staying: number, settled: number): string;
  noPrevious: string;
  noFindings: string;
  noSilences: string;
  noDrill: string;
  noFiles: string;
  allLooked: string;
  covered(share: string, hours: string): string;
  runsCaption(expected: number, missed: number, seen: number): string;
  runsCaptionFree(seen: number): string;
  runsAlt(set: string, seen: number, missed: number, bad: number): string;
  sizesCaption(count: number, from: string, to: string): string;
  sizesAlt(set: string, least: string, most: string): string;
  momentsCaption(windows: number, points: number, gaps: number): string;
  momentsAlt(set: string, last: string, gaps: number): string;
  nothingRestorable: string;
  gapsTable: string;
  drill(at: string, moment: string, took: string): string;
  drillFailed(at: string, text: string): string;
  drillRows: string;
  stopped(trouble: string): string;
  fileCount(there: number, gone: number, bytes: string): string;
  filesPartly: string;
  grouped(from: string, to: string, count: number): string;
  groupedNote: string;
  gone(at: string): string;
  digest: string;
  setTitle(set: string, host: string): string;
  foundAs(numbers: string): string;
  nothingFound: string;
  foundNew: string;
  foundStaying: string;
  foundSettled: string;
  record(what: string, at: string): string;
  notFresh(set: string, at: string): string;
  partly(set: string): string;
  unjudged(set: string, count: number): string;
  noVolume: string;
  clockOff(seconds: number): string;
}
