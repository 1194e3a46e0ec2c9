// What concerns the fleet as a whole, as an alert of the platform: many hospitals cut off at once, or the collector cut off itself.
// Pure. Promise: one alert however many hosts are concerned; it waits longer than a short cut of the collector's own uplink takes.

import type { FleetTrouble } from '../liveness/verdict.ts';
import type { Evaluation, Finding, Severity } from '../rules/rule.ts';
import type { Text } from '../../shared/text.ts';
import type { Judged } from './lifecycle.ts';

/** A doubt begins when hosts are suspect: the alert comes about two minutes after the cut. */
const FOR_MS = 90_000;

interface Words {
  severity: Severity;
  summary: Text;
  advice: Text;
}

const CARRIER: Text = {
  zh: '先确认中心自身的网络：能否访问外网、其他医院；中心正常时，多半是运营商或区域网络故障，看板上列有涉及的医院，其主机不再逐台告警。',
  en: "First look at the collector's own network. When it is sound, a carrier or a region is cut off: the board lists the hospitals; their hosts raise no alerts of their own.",
};

function wordsOf({ reason, quiet, expected, hospitals }: FleetTrouble): Words {
  const some = {
    zh: `${hospitals} 家医院的 ${quiet} 台主机`,
    en: `${quiet} hosts of ${hospitals} hospitals`,
  };
  switch (reason) {
    case 'mass-silence':
    case 'many-cut-off':
      return {
        severity: 'critical',
        summary: {
          zh: `${some.zh}同时失联（共 ${expected} 台）`,
          en: `${some.en} fell silent at once, of ${expected}`,
        },
        advice: CARRIER,
      };
    case 'whole-fleet':
      return {
        severity: 'critical',
        summary: { zh: `全部主机失联：${some.zh}`, en: `No host is heard any more: ${some.en}` },
        advice: CARRIER,
      };
    case 'own-trouble':
      return {
        severity: 'critical',
        summary: {
          zh: '监控中心自身网络中断，收不到主机数据',
          en: 'The collector itself is cut off from its network',
        },
        advice: {
          zh: '检查中心服务器的网络与网关；其间不对任何主机作失联判定。',
          en: "Look at the collector's network and gateway; no host is judged meanwhile.",
        },
      };
    case 'own-lag':
      return {
        severity: 'warning',
        summary: {
          zh: '监控中心处理滞后，失联判定暂停',
          en: 'The collector lags behind: no host is called silent',
        },
        advice: {
          zh: '查看中心服务器的处理器、磁盘和内存是否不足。',
          en: "Look at the collector's processor, disk and memory.",
        },
      };
    default:
      return reason satisfies never;
  }
}

/** `unsure`: after a start, before the fleet is back. */
export function judgeFleet(trouble: FleetTrouble | 'unsure' | undefined): Judged {
  return { rule: 'fleet', evaluation: evaluate(trouble) };
}

function evaluate(trouble: FleetTrouble | 'unsure' | undefined): Evaluation {
  if (trouble === 'unsure') return { findings: [], unknown: 'all' };
  if (trouble === undefined) return { findings: [], unknown: 'none' };
  const { since, quiet, expected, hospitals } = trouble;
  const finding: Finding = {
    subject: '',
    ...wordsOf(trouble),
    forMs: FOR_MS,
    value: quiet,
    evidence: { since, hosts: quiet, hospitals, expected },
  };
  return { findings: [finding], unknown: 'none' };
}
