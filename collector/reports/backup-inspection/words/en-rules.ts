// What each rating rule says, advises, and whose it is.

import type { Rule } from '../rules.ts';
import type { RuleWords } from './words.ts';

const n = (value: number | string | undefined): number => Number(value ?? 0);

export const EN_RULES: Readonly<Record<Rule, RuleWords>> = {
  missing: {
    title: 'No backup files',
    says: () => 'There is no matching backup file in the agreed place.',
    advice: 'Check that the backup job is enabled and where it writes; then take a backup by hand at once.',
    owner: 'hospital',
  },
  stale: {
    title: 'Backup overdue or unfinished',
    says: () => 'The newest backup is older than agreed, or still being written.',
    advice: "Read the job's history and errors; mend it and take a backup at once.",
    owner: 'hospital',
  },
  implausible: {
    title: 'Size or head implausible',
    says: () => 'Size, content or head of the newest backup do not fit those before it.',
    advice:
      'Compare with the backup before. If heads or extensions changed, disconnect the backup medium first and look for ransomware.',
    owner: 'both',
  },
  unreadable: {
    title: 'Newest backup not readable',
    says: () => 'The newest backup cannot be read to its end, or a checksum contradicts.',
    advice: 'Take a new backup at once; check the disk and the network storage; keep the file.',
    owner: 'hospital',
  },
  unconfirmed: {
    title: 'State cannot be confirmed',
    says: ({ rung, trouble }) => `Rung ${n(rung)} cannot be confirmed${trouble ? ` (${trouble})` : ''}.`,
    advice: 'Remove what the evidence names (often: no right to read, encryption, not yet its turn).',
    owner: 'vendor',
  },
  'not-told': {
    title: 'Agent silent on this set',
    says: ({ at }, f) =>
      n(at) > 0 ? `Nothing was told of this set since ${f.time(n(at))}.` : 'This set was never told in full.',
    advice: 'Check that the agent runs and still has this set in its configuration.',
    owner: 'vendor',
  },
  'no-policy': {
    title: 'No policy agreed',
    says: () => 'Neither schedule nor longest interval is agreed; whether backups are in time is open.',
    advice: "Agree on schedule, loss allowed and copies; write them into the agent's configuration.",
    owner: 'both',
  },
  'copy-none': {
    title: 'No second copy',
    says: () => 'No second copy is agreed. A failed or encrypted volume takes the backups with it.',
    advice: 'Keep a second copy on another device, one of them offline.',
    owner: 'hospital',
  },
  'copy-differs': {
    title: 'Second copy missing or different',
    says: () => 'Files are missing in the second copy, or differ in size or digest.',
    advice: 'Check the copying job and the space there; copy again and compare.',
    owner: 'hospital',
  },
  'copy-unconfirmed': {
    title: 'Second copy cannot be confirmed',
    says: () => 'A second copy is agreed; the evidence does not show that it is equal.',
    advice: 'Give the agent read access to the copy, or compare by hand.',
    owner: 'both',
  },
  'drill-never': {
    title: 'No restore drill ever',
    says: () => 'No drill is on record; that the backups restore is not proven.',
    advice: 'Restore the newest full backup on a test machine and compare rows; then every quarter.',
    owner: 'both',
  },
  'drill-old': {
    title: 'Restore drill too old',
    says: ({ at, days }, f) => `The last drill was ${f.time(n(at))}, ${n(days)} days ago; 92 are allowed.`,
    advice: 'Do a drill and record time and rows.',
    owner: 'both',
  },
  'drill-failed': {
    title: 'Last drill failed',
    says: ({ at }, f) => `The drill of ${f.time(n(at))} did not succeed.`,
    advice: 'Find the cause in its record, mend it, repeat the drill.',
    owner: 'both',
  },
  'damaged-files': {
    title: 'Damaged backup files',
    says: ({ count }) => `${n(count)} files are damaged, incomplete, empty or no backups.`,
    advice: 'Find the cause (space, power, transfer); replace them from the second copy.',
    owner: 'hospital',
  },
  gap: {
    title: 'Moments that cannot be restored',
    says: ({ from, to, rpoMs }, f) => {
      const over = rpoMs !== undefined && n(to) - n(from) > n(rpoMs);
      const limit = over ? `, above the agreed ${f.duration(n(rpoMs))}` : '';
      return `No moment between ${f.time(n(from))} and ${f.time(n(to))} (${f.duration(n(to) - n(from))}${limit}).`;
    },
    advice: 'Put missing files back if a copy exists; find why log backups stopped or were removed.',
    owner: 'hospital',
  },
  'nothing-restorable': {
    title: 'Nothing can be restored',
    says: () => 'By the files that are there, no moment can be restored.',
    advice: 'Take a full backup at once and keep the log backups after it contiguous.',
    owner: 'hospital',
  },
  rpo: {
    title: 'Loss above what was agreed',
    says: ({ rpoMs, behind, last }, f) =>
      `The last restorable moment is ${f.time(n(last))}; ${f.duration(n(behind))} would be lost, ${f.duration(n(rpoMs))} are allowed.`,
    advice: 'Get log or incremental backups running again; shorten the interval where needed.',
    owner: 'hospital',
  },
  rto: {
    title: 'Recovery would take too long',
    says: ({ rtoMs, estimate }, f) =>
      `Up to ${f.duration(n(estimate))} are expected, ${f.duration(n(rtoMs))} are allowed.`,
    advice: 'Measure it in a drill; consider faster storage or a smaller scope.',
    owner: 'both',
  },
  'few-kept': {
    title: 'Too few copies kept',
    says: ({ keep, found }) => `${n(keep)} were agreed, ${n(found)} sound ones are there.`,
    advice: 'Check what the clean-up keeps, and the space.',
    owner: 'hospital',
  },
  space: {
    title: 'Space is short',
    says: ({ free, largest }, f) =>
      `${f.bytes(n(free))} are free; the largest of the last 10 backups is ${f.bytes(n(largest))}.`,
    advice: 'Remove expired backups or add space: 1.5 times the largest backup should be free.',
    owner: 'hospital',
  },
  'runs-failed': {
    title: 'Failed backup jobs',
    says: ({ count }) => `The database's own history shows ${n(count)} failed backups in this period.`,
    advice: "Read the database's errors and mend them.",
    owner: 'hospital',
  },
  'runs-missed': {
    title: 'Missed backups',
    says: ({ count, first }, f) =>
      `${n(count)} planned backups were not taken, the first at ${f.time(n(first))}.`,
    advice: 'Check the scheduled job and when the server was up.',
    owner: 'hospital',
  },
  clock: {
    title: 'Clock off',
    says: ({ seconds }) => `The server's clock is off by ${n(seconds)} seconds.`,
    advice: 'Set up time synchronisation (NTP).',
    owner: 'hospital',
  },
  'database-without-set': {
    title: 'Running database without backup',
    says: ({ key }) => `The running database ${key ?? ''} belongs to no backup set.`,
    advice: 'Find out what it is for; where it matters, set up a backup and register it.',
    owner: 'both',
  },
  'history-disagrees': {
    title: 'History and disk disagree',
    says: () => "The database's backup history and the files on disk do not agree.",
    advice: 'Find out whether files were moved, overwritten or written elsewhere.',
    owner: 'hospital',
  },
  'cleanup-stopped': {
    title: 'Expired backups stay',
    says: () => 'Backups beyond their retention are not removed; the volume will fill.',
    advice: 'Check the clean-up job.',
    owner: 'hospital',
  },
  'same-volume': {
    title: "Backup on the data's own volume",
    says: () => 'Backups lie on the volume of the data: one failure takes both.',
    advice: 'Move the folder to another physical disk or device.',
    owner: 'hospital',
  },
  shrinking: {
    title: 'Backups shrink',
    says: () => 'Backups are clearly smaller than before.',
    advice: 'Was data removed, or does the backup account lack rights?',
    owner: 'both',
  },
  identical: {
    title: 'Backups do not change',
    says: () => 'Backups one after the other are identical although data should change.',
    advice: 'Check that the job saves the right database.',
    owner: 'both',
  },
  'extension-changed': {
    title: 'File extensions changed',
    says: () => 'Extensions of backup files changed; this may be ransomware.',
    advice: 'Disconnect the backup medium, then look for ransomware; overwrite no copy until it is clear.',
    owner: 'both',
  },
  'magic-lost': {
    title: 'File heads lost',
    says: () => 'Backup files no longer begin as their format demands; they may be encrypted or overwritten.',
    advice: 'Disconnect the backup medium, then look for ransomware; overwrite no copy until it is clear.',
    owner: 'both',
  },
};
