// A recovery plan as a runbook for people, and as data for programs. The texts are only ever printed: nothing here runs a command.

import type { Language, Text } from '../../../shared/text.ts';
import type { Check, Step } from '../engine.ts';
import type { NoPlan, RestorePlan } from '../plan.ts';
import { renderBytes } from '../../../shared/bytes.ts';
import { nameOf, renderDuration, renderMoment } from './words.ts';

type Plan = RestorePlan | NoPlan;

export function planData(plan: Plan): object {
  const of = { database: plan.set.database ?? null, engine: plan.set.engine, method: plan.set.method };
  if (!plan.possible) {
    const { reason, why, gap, nearest } = plan;
    return {
      possible: false,
      ...of,
      at: plan.at.text,
      steps: [],
      why: why.en,
      whyZh: why.zh,
      reason,
      ...(gap ? { gap: { ...gap, from: gap.from.text, to: gap.to.text } } : {}),
      nearest: { before: nearest.before?.text ?? null, after: nearest.after?.text ?? null },
    };
  }
  const { loses, set: _, ...rest } = plan;
  return {
    ...rest,
    ...of,
    at: plan.at.text,
    steps: plan.steps.map(stepData),
    why: null,
    nearest: { before: plan.at.text, after: plan.at.text },
    loses: { from: loses.from.text, to: loses.to.text, latest: loses.latest.text },
  };
}

function stepData(step: Step, index: number): object {
  const [only, ...more] = step.files;
  return {
    number: index + 1,
    ...step,
    ...(only?.sha256 && more.length === 0 ? { sha256: only.sha256 } : {}),
  };
}

export function renderPlan(plan: Plan, language: Language): string {
  const lines = plan.possible ? runbook(plan, language) : refusal(plan, language);
  return `${lines.join('\n')}\n`;
}

function refusal(plan: NoPlan, language: Language): string[] {
  const zh = language === 'zh';
  const { before, after } = plan.nearest;
  return [
    nameOf(plan.set, language),
    `${zh ? '不能恢复到' : 'Cannot be restored to'} ${renderMoment(plan.at)}`,
    `  ${zh ? '原因' : 'why'}: ${plan.why[language]}`,
    `  ${zh ? '之前最近' : 'nearest before'}: ${before ? renderMoment(before) : '-'}`,
    `  ${zh ? '之后最近' : 'nearest after'}:  ${after ? renderMoment(after) : '-'}`,
  ];
}

function runbook(plan: RestorePlan, language: Language): string[] {
  const zh = language === 'zh';
  const heading = (text: Text) => ['', `## ${text[language]}`];
  return [
    `# ${zh ? '恢复方案' : 'Recovery plan'}: ${nameOf(plan.set, language)}`,
    `${zh ? '目标时刻' : 'target moment'}: ${renderMoment(plan.at)}`,
    ...figures(plan, language),
    zh
      ? '这些命令只是打印出来，由人核对后执行；先恢复到另一个名字，绝不覆盖生产库。'
      : 'These commands are only printed; people check and run them. Restore under another name first, never over production.',
    ...heading({ zh: '文件', en: 'Files' }),
    ...plan.steps.flatMap((s) => s.files).map((f) => fileLine(f)),
    ...heading({ zh: '之前', en: 'Before' }),
    ...plan.before.flatMap((c) => checkLines(c, language)),
    ...heading({ zh: '步骤', en: 'Steps' }),
    ...plan.steps.flatMap((s, i) => stepLines(s, i + 1, language)),
    ...heading({ zh: '之后核对', en: 'Checks after' }),
    ...plan.after.flatMap((c) => checkLines(c, language)),
    ...(plan.cautions.length > 0
      ? [...heading({ zh: '注意', en: 'Cautions' }), ...plan.cautions.map((c) => `- ${c[language]}`)]
      : []),
  ];
}

function figures(plan: RestorePlan, language: Language): string[] {
  const zh = language === 'zh';
  const { loses, readBytes, spaceBytes, rto } = plan;
  const lost = renderDuration((loses.to.us - loses.from.us) / 1e6, language);
  const lines = [
    `${zh ? '将丢失' : 'lost'}: ${renderMoment(loses.from)} → ${renderMoment(loses.to)} (${lost}); ${zh ? '这些文件最晚可到' : 'the latest moment of these files is'} ${renderMoment(loses.latest)}`,
  ];
  if (readBytes !== undefined) lines.push(`${zh ? '要读取' : 'to read'}: ${renderBytes(readBytes)}`);
  if (spaceBytes !== undefined)
    lines.push(`${zh ? '至少需要空间' : 'free space needed, at least'}: ${renderBytes(spaceBytes)}`);
  if (rto) {
    const range = `${renderDuration(rto.fromSeconds, language)} … ${renderDuration(rto.toSeconds, language)}`;
    const origin = rto.measured
      ? { zh: '按实测读取速度', en: 'from the measured read rate' }
      : { zh: '估计', en: 'estimated' };
    lines.push(`${zh ? '预计用时' : 'time to restore'}: ${range} (${origin[language]})`);
  }
  return lines;
}

function fileLine(file: { path: string; bytes?: number; sha256?: string }): string {
  const size = file.bytes === undefined ? '-' : `${file.bytes} B`;
  return `- ${file.path}  ${size}  sha256 ${file.sha256 ?? '-'}`;
}

function checkLines({ words, command }: Check, language: Language): string[] {
  return [`- [ ] ${words[language]}`, ...(command ? indent(command) : [])];
}

function stepLines(step: Step, number: number, language: Language): string[] {
  const zh = language === 'zh';
  return [
    `${number}. [ ] ${step.words[language]}`,
    ...indent(step.command),
    `    ${zh ? '预期' : 'expect'}: ${step.expect[language]}`,
    `    ${zh ? '停止条件' : 'stop'}: ${step.stopIf[language]}`,
  ];
}

function indent(command: string): string[] {
  return ['', ...command.split('\n').map((line) => `        ${line}`), ''];
}
