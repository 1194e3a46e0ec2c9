// What people read of ladder and findings, in both languages. The agent's evidence stays as it was sent.

import type { BackupFindingReport, Rung } from '../../shared/backup/reported.ts';
import type { Text } from '../../shared/text.ts';

export const RUNG_WORDS: Record<Rung, Text> = {
  0: { zh: '没有备份', en: 'no backup' },
  1: { zh: '文件存在', en: 'it exists' },
  2: { zh: '按时且已写完', en: 'fresh and finished' },
  3: { zh: '大小与类型可信', en: 'plausible' },
  4: { zh: '完整可读', en: 'readable to the end' },
  5: { zh: '异地副本一致', en: 'second copy equal' },
  6: { zh: '已演练恢复', en: 'restored in a drill' },
};

export const FINDING_WORDS: Record<BackupFindingReport['kind'], { title: Text; advice: Text }> = {
  'database-without-set': {
    title: { zh: '数据库没有备份集', en: 'a database without a backup set' },
    advice: {
      zh: '确认该数据库由哪个备份任务负责；有则写入 agent.yaml 的备份集，没有则先建立备份。',
      en: 'Find which job saves this database: write it into agent.yaml as a set, or set a backup up first.',
    },
  },
  'history-disagrees': {
    title: { zh: '数据库的备份记录与文件不符', en: 'the database’s own history disagrees with the files' },
    advice: {
      zh: '对照数据库备份记录与目录：找出缺失的文件，或被其他任务写到别处、打断了日志链的备份。',
      en: 'Compare the history with the folder: find the missing file, or the other job that wrote elsewhere and broke the log chain.',
    },
  },
  'cleanup-stopped': {
    title: { zh: '旧备份不再清理', en: 'old backups are no longer removed' },
    advice: {
      zh: '检查清理任务的日志和权限；在磁盘写满之前恢复它，不要手工删除仍被差异或日志依赖的全备。',
      en: 'Read the clean-up job’s log and rights; mend it before the disk is full, and delete no full that a differential or log still needs.',
    },
  },
  'same-volume': {
    title: { zh: '备份与数据在同一块盘', en: 'backups lie on the volume of the data' },
    advice: {
      zh: '这块盘一坏，数据与备份同时丢失：把备份改写到另一块盘或另一台机器，至少每天复制一份出去。',
      en: 'One bad disk takes both: write backups to another disk or machine, at least copy them off daily.',
    },
  },
  shrinking: {
    title: { zh: '备份异常变小', en: 'the backup shrank' },
    advice: {
      zh: '打开最近一次备份的日志，看是否有表或库没有备份进去、账号权限是否变化；确认前保留之前的备份。',
      en: 'Read the last run’s log: were tables or databases left out, did rights change? Keep the earlier backups until that is known.',
    },
  },
  identical: {
    title: { zh: '连续备份内容完全相同', en: 'the same content again' },
    advice: {
      zh: '多为任务在反复复制一个旧文件：确认备份任务真的在导出今天的数据。',
      en: 'Usually a job that copies an old file again: see that it really saves today’s data.',
    },
  },
  'extension-changed': {
    title: { zh: '备份文件扩展名被改', en: 'backup files got another extension' },
    advice: {
      zh: '可能是勒索软件：立即断开该机器与备份存储的连接，不要打开或重命名文件，联系安全人员，并检查异机副本。',
      en: 'Possibly ransomware: cut this machine off from the backup storage, open and rename nothing, call security, check the copies elsewhere.',
    },
  },
  'magic-lost': {
    title: { zh: '备份文件不再是备份格式', en: 'backup files no longer are of their format' },
    advice: {
      zh: '可能是勒索软件加密或磁盘损坏：立即隔离该机器与备份存储，联系安全人员，并检查异机副本。',
      en: 'Possibly encrypted by ransomware, or a bad disk: isolate machine and storage, call security, check the copies elsewhere.',
    },
  },
};
