// Repositories of file backups (restic, borg): every snapshot is complete in itself and holds one moment. Promise: a repository with a
// damaged file gives no moment at all, since nobody knows without the password which snapshots need it.

import type { FileVerdict, RepositoryChain } from '../../../shared/backup/facts.ts';
import type { Choice, RecoveryEngine, Runbook, Target } from '../engine.ts';
import { parseMoment } from '../moment.ts';
import type { ChainSet, Excluded, Span } from '../set.ts';
import { quote } from '../shell.ts';
import { exclude } from '../usable.ts';

type Tool = 'restic' | 'borg';

interface SnapshotSpan extends Span {
  label: string;
  root: string;
}

function toolOf({ facts }: FileVerdict): Tool | undefined {
  const tool = facts.chain?.of === 'repository' ? facts.chain.tool : undefined;
  return tool === 'restic' || tool === 'borg' ? tool : undefined;
}

/** Files inside a repository say nothing alone: the one that lists the snapshots speaks for them. */
function takes(verdict: FileVerdict): boolean {
  return toolOf(verdict) !== undefined || /^(restic|borg)/.test(verdict.format);
}

export const repositories: RecoveryEngine = {
  methods: ['restic', 'borg'],
  takes,
  sets: (verdicts, zone) => {
    const heads = verdicts.filter((v) => toolOf(v));
    return { sets: heads.map((v) => setOf(v, zone)), unassigned: strays(verdicts, heads) };
  },
  runbook,
};

function rootOf({ path }: FileVerdict): string {
  return path.replace(/[\\/][^\\/]*$/, '');
}

/** Damage, and files of repositories whose list of snapshots is not readable here. */
function strays(verdicts: readonly FileVerdict[], heads: readonly FileVerdict[]): Excluded[] {
  return verdicts
    .filter((v) => !heads.includes(v) && !heads.some((h) => v.path.startsWith(rootOf(h))))
    .filter((v) => v.facts.kind !== 'metadata')
    .map((v) =>
      exclude(v.path, 'NO_MOMENT', {
        zh: '仓库的快照列表加密，这里读不出时刻：用工具列出（borg list）',
        en: 'the list of snapshots is encrypted and tells no moment here: list them with the tool (borg list)',
      }),
    );
}

function setOf(verdict: FileVerdict, zone: string): ChainSet {
  const chain = verdict.facts.chain as RepositoryChain;
  const excluded: Excluded[] = [];
  const root = rootOf(verdict);
  const spans = chain.backups.flatMap((backup): SnapshotSpan[] => {
    const from = parseMoment(backup.startedAt, zone);
    if (backup.defects.length > 0 || !from) {
      const words = backup.defects.join('; ') || 'no moment';
      excluded.push(
        exclude(`${root}#${backup.label}`, 'DEFECTS', {
          zh: `仓库有损坏：${words}`,
          en: `the repository is damaged: ${words}`,
        }),
      );
      return [];
    }
    const part = {
      files: [{ path: root, format: chain.tool }],
      kind: 'copy' as const,
      content: verdict.content,
      facts: verdict.facts,
    };
    return [{ base: [part], from, logs: [], label: backup.label, root }];
  });
  return { engine: 'files', method: chain.tool as Tool, family: root, spans, breaks: [], excluded };
}

function runbook({ set, span }: Choice, target: Target): Runbook {
  const { label, root } = span as SnapshotSpan;
  const folder = target.targetDir ?? '/var/tmp/files_check';
  const restic = set.method === 'restic';
  const [repo, into] = [quote(root), quote(folder)];
  return {
    before: [
      {
        words: { zh: '空目录；仓库密码', en: 'an empty folder; the password of the repository' },
        command: `mkdir -p ${into}`,
      },
      {
        words: { zh: '完整读一遍仓库', en: 'read the whole repository' },
        command: restic ? `restic -r ${repo} check --read-data` : `borg check --verify-data ${repo}`,
      },
    ],
    steps: [
      {
        file: root,
        files: [{ path: root, format: set.method }],
        kind: 'copy',
        command: restic
          ? `restic -r ${repo} restore ${label} --target ${into}`
          : `(cd ${into} && borg extract ${quote(`${root}::${label}`)})`,
        words: { zh: `取出快照 ${label}`, en: `take out snapshot ${label}` },
        expect: { zh: '返回码 0', en: 'exit code 0' },
        stopIf: { zh: '出现任何错误就停下来', en: 'stop at any error' },
      },
    ],
    after: [
      {
        words: {
          zh: '核对文件数与总字节数，抽查打开',
          en: 'compare the count of files and their bytes; open some',
        },
        command: `find ${into} -type f | wc -l`,
      },
    ],
    cautions: [
      {
        zh: '缺失的数据文件没有密码看不出来：上面完整读一遍仓库才是证明',
        en: 'a data file that is missing does not show without the password: reading the whole repository, above, is the proof',
      },
      {
        zh: '快照的时刻取自仓库文件的修改时间：以 snapshots 列出的为准',
        en: 'the moment of a snapshot is the time of its file: the list of snapshots decides',
      },
    ],
  };
}
