// 每条评级规则的说法、建议与责任方。

import type { Rule } from '../rules.ts';
import type { RuleWords } from './words.ts';

const n = (value: number | string | undefined): number => Number(value ?? 0);

export const ZH_RULES: Readonly<Record<Rule, RuleWords>> = {
  missing: {
    title: '没有找到备份文件',
    says: () => '约定的位置没有符合条件的备份文件。',
    advice: '检查备份任务是否启用、存放位置是否改变；修复后立即手动备份一次。',
    owner: 'hospital',
  },
  stale: {
    title: '备份超时或未完成',
    says: () => '最近一次备份已超过约定的最长间隔，或尚未写完。',
    advice: '查看备份任务的执行记录与错误信息，修复后立即补做一次备份。',
    owner: 'hospital',
  },
  implausible: {
    title: '备份大小或文件头异常',
    says: () => '最近一次备份的大小、内容或文件头与以往不符。',
    advice: '与上一次备份比对；若文件头丢失或扩展名改变，请先断开备份介质并排查勒索软件。',
    owner: 'both',
  },
  unreadable: {
    title: '最近的备份读不完整',
    says: () => '最近一次备份无法完整读到结尾，或校验和不符。',
    advice: '立即重新备份，检查备份盘与网络存储；保留该文件备查。',
    owner: 'hospital',
  },
  unconfirmed: {
    title: '备份状态无法确认',
    says: ({ rung, trouble }) => `证明阶梯第 ${n(rung)} 级无法确认${trouble ? `(${trouble})` : ''}。`,
    advice: '按依据中说明的障碍处理（常见：无读取权限、文件加密、检查尚未轮到），下次巡检复核。',
    owner: 'vendor',
  },
  'not-told': {
    title: '代理程序不再报告',
    says: ({ at }, f) =>
      n(at) > 0 ? `自 ${f.time(n(at))} 起没有收到此备份集的报告。` : '从未收到此备份集的完整报告。',
    advice: '检查代理程序是否运行、配置中是否仍有此备份集。',
    owner: 'vendor',
  },
  'no-policy': {
    title: '没有约定备份策略',
    says: () => '没有约定备份计划和最长间隔，无法判断是否按时。',
    advice: '由医院确定备份计划、允许丢失时长与保留份数，写入代理程序配置。',
    owner: 'both',
  },
  'copy-none': {
    title: '没有第二份副本',
    says: () => '没有约定第二份副本。备份盘故障或遭加密时，备份会一并丢失。',
    advice: '在另一台设备保存第二份副本，最好有一份离线。',
    owner: 'hospital',
  },
  'copy-differs': {
    title: '第二份副本缺少或不一致',
    says: () => '第二份副本缺少文件，或与原备份的大小、摘要不一致。',
    advice: '检查复制任务与目标空间，重新复制后核对。',
    owner: 'hospital',
  },
  'copy-unconfirmed': {
    title: '第二份副本无法确认',
    says: () => '约定了第二份副本，但现有证据无法确认其一致。',
    advice: '为代理程序开放副本位置的只读访问，或提供核对结果。',
    owner: 'both',
  },
  'drill-never': {
    title: '从未做过恢复演练',
    says: () => '没有恢复演练的记录，备份能否恢复未经实证。',
    advice: '选择最近一次全量备份，在测试环境恢复并核对行数；此后每季度一次。',
    owner: 'both',
  },
  'drill-old': {
    title: '恢复演练已过期',
    says: ({ at, days }, f) => `最近一次演练在 ${f.time(n(at))}，距今 ${n(days)} 日，超过 92 日。`,
    advice: '安排一次恢复演练并记录用时与行数。',
    owner: 'both',
  },
  'drill-failed': {
    title: '最近一次恢复演练失败',
    says: ({ at }, f) => `${f.time(n(at))} 的演练没有成功。`,
    advice: '按演练记录查明原因，修复后重新演练。',
    owner: 'both',
  },
  'damaged-files': {
    title: '存在损坏的备份文件',
    says: ({ count }) => `备份目录中有 ${n(count)} 个文件损坏、不完整、为空或不是备份。`,
    advice: '查明损坏原因（空间、断电、传输中断），从副本补回；影响的时刻见该备份集的可恢复时刻。',
    owner: 'hospital',
  },
  gap: {
    title: '部分时段不可恢复',
    says: ({ from, to, rpoMs }, f) => {
      const length = f.duration(n(to) - n(from));
      const limit =
        rpoMs === undefined ? '' : n(to) - n(from) > n(rpoMs) ? `，超过约定的 ${f.duration(n(rpoMs))}` : '';
      return `${f.time(n(from))} 至 ${f.time(n(to))}（${length}${limit}）之间的时刻不可恢复。`;
    },
    advice: '若有缺少的文件的副本，请放回原位置；检查日志备份为何中断或被清理。',
    owner: 'hospital',
  },
  'nothing-restorable': {
    title: '现有文件无法恢复',
    says: () => '按现有文件，没有任何可以恢复的时刻。',
    advice: '立即做一次全量备份，并保证其后的日志备份连续。',
    owner: 'hospital',
  },
  rpo: {
    title: '丢失时长超过约定',
    says: ({ rpoMs, behind, last }, f) =>
      `最近可恢复时刻是 ${f.time(n(last))}，此刻恢复会丢失 ${f.duration(n(behind))}，约定不超过 ${f.duration(n(rpoMs))}。`,
    advice: '恢复日志或增量备份的执行；必要时缩短备份间隔。',
    owner: 'hospital',
  },
  rto: {
    title: '预计恢复用时超过约定',
    says: ({ rtoMs, estimate }, f) =>
      `预计恢复最长需要 ${f.duration(n(estimate))}，约定不超过 ${f.duration(n(rtoMs))}。`,
    advice: '以演练实测用时；考虑更快的存储或缩小恢复范围。',
    owner: 'both',
  },
  'few-kept': {
    title: '保留份数不足',
    says: ({ keep, found }) => `约定保留至少 ${n(keep)} 份，现有完好的 ${n(found)} 份。`,
    advice: '检查清理脚本的保留设置与备份盘空间。',
    owner: 'hospital',
  },
  space: {
    title: '备份盘空间不足',
    says: ({ free, largest }, f) =>
      `备份盘剩余 ${f.bytes(n(free))}，近 10 次中最大的一次备份为 ${f.bytes(n(largest))}。`,
    advice: '清理过期备份或扩容，使剩余空间不少于最大备份的 1.5 倍。',
    owner: 'hospital',
  },
  'runs-failed': {
    title: '有失败的备份任务',
    says: ({ count }) => `数据库自身的记录显示，本期有 ${n(count)} 次备份失败。`,
    advice: '查看数据库的备份错误信息并处理。',
    owner: 'hospital',
  },
  'runs-missed': {
    title: '有应备未备',
    says: ({ count, first }, f) => `本期有 ${n(count)} 次计划的备份没有执行，第一次在 ${f.time(n(first))}。`,
    advice: '核对计划任务的启停与服务器开机时间。',
    owner: 'hospital',
  },
  clock: {
    title: '服务器时钟偏差',
    says: ({ seconds }) => `服务器时钟与标准时间相差 ${n(seconds)} 秒。`,
    advice: '配置时间同步（NTP）。',
    owner: 'hospital',
  },
  'database-without-set': {
    title: '运行中的数据库未纳入备份',
    says: ({ key }) => `发现运行中的数据库 ${key ?? ''} 没有对应的备份集。`,
    advice: '确认其用途；需要保护的，建立备份任务并登记备份集。',
    owner: 'both',
  },
  'history-disagrees': {
    title: '数据库记录与磁盘文件不符',
    says: () => '数据库的备份历史与磁盘上的文件不一致。',
    advice: '查明文件被移动、覆盖或备份到了其他位置的原因。',
    owner: 'hospital',
  },
  'cleanup-stopped': {
    title: '过期备份没有清理',
    says: () => '超过保留期限的备份没有被清理，备份盘会逐渐占满。',
    advice: '检查清理任务。',
    owner: 'hospital',
  },
  'same-volume': {
    title: '备份与数据在同一磁盘',
    says: () => '备份保存在数据所在的磁盘上，磁盘损坏时两者一并丢失。',
    advice: '把备份目录移到另一块物理磁盘或另一台设备。',
    owner: 'hospital',
  },
  shrinking: {
    title: '备份逐次变小',
    says: () => '备份大小明显小于以往。',
    advice: '确认是否有数据被清理，或备份账号权限不足导致内容不全。',
    owner: 'both',
  },
  identical: {
    title: '备份内容没有变化',
    says: () => '连续的备份内容完全相同，而业务数据应有变化。',
    advice: '确认备份任务指向正确的数据库。',
    owner: 'both',
  },
  'extension-changed': {
    title: '备份文件扩展名被改变',
    says: () => '备份文件的扩展名发生变化，可能是勒索软件迹象。',
    advice: '先断开备份介质，再排查勒索软件；确认安全前不要覆盖任何副本。',
    owner: 'both',
  },
  'magic-lost': {
    title: '备份文件头丢失',
    says: () => '备份文件不再以应有的格式开头，可能被加密或覆盖。',
    advice: '先断开备份介质，再排查勒索软件；确认安全前不要覆盖任何副本。',
    owner: 'both',
  },
};
