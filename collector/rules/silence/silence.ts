// Nothing is heard from a host past the limit, and as much of the reason as is known: down by the word of a witness, its agent alone,
// or nobody knows. The waiting was done by the verdict, so the alert fires at once. Of a hospital that is cut off as a whole there is
// one alert; its hosts keep what they had. Of many hospitals that are cut off together the platform has one, and hosts none.

import type { SectionField } from '../../../shared/config/schema.ts';
import { CLEAR, UNKNOWN } from '../reading.ts';
import type { Evaluation, Finding, HostPicture, RuleUnit } from '../rule.ts';

const config = {
  kind: 'section',
  help: 'A host, or a whole hospital, of which nothing is heard.',
  fields: {
    enabled: { kind: 'bool', help: 'Whether this rule judges at all.', default: true },
  },
} as const satisfies SectionField;

export const silence: RuleUnit<typeof config.fields> = {
  name: 'silence',
  title: { zh: '失联', en: 'Silence' },
  config,
  evaluate(_config, picture): Evaluation {
    switch (picture.verdict.word) {
      case 'down':
        return { findings: [hostDown(picture)], unknown: 'none' };
      case 'silent':
        return { findings: [hostSilent(picture)], unknown: 'none' };
      case 'agent-lost':
        return { findings: [agentLost(picture)], unknown: 'none' };
      case 'site-silent':
        // The host's own alert, if it was open already, is neither over nor news.
        return { findings: [siteSilent(picture)], unknown: 'all' };
      case 'suspect':
      case 'mass-silent':
      case 'collector-away':
        return UNKNOWN;
      case 'never-seen':
      case 'up':
      case 'stopped':
      case 'shutdown':
      case 'crashed':
        return CLEAR;
      default:
        return picture.verdict.word satisfies never;
    }
  },
};

function hostDown(picture: HostPicture): Finding {
  const { name } = picture.host;
  return {
    subject: '',
    severity: 'critical',
    forMs: 0,
    summary: {
      zh: `主机 ${name} 宕机：同院主机也无法连接`,
      en: `Host ${name} is down: others in the hospital cannot reach it either`,
    },
    advice: {
      zh: '同院其他主机在线而本机不应答：请立即联系信息科查看机器电源、控制台与网线；证据为“端口拒绝连接”时系统仍在，先看服务与是否正在重启。',
      en: 'Others of the hospital are up and this one does not answer: ask the IT department at once to look at power, console and cable. When the port refuses, its system runs: look at the service, and whether it is booting.',
    },
    evidence: evidenceOf(picture),
  };
}

function agentLost(picture: HostPicture): Finding {
  const { name } = picture.host;
  return {
    subject: '',
    severity: 'warning',
    forMs: 0,
    summary: {
      zh: `主机 ${name} 的探针失联：主机本身有应答`,
      en: `The agent of ${name} is not heard: the host itself answers`,
    },
    advice: {
      zh: '同院主机能连上本机，因此不是宕机：检查探针服务是否在运行、本机到中心的网络与防火墙；其间监控数据缺失。',
      en: 'Others of the hospital reach it, so it is not down: check the agent service, and the way from this host to the collector. Nothing is monitored meanwhile.',
    },
    evidence: evidenceOf(picture),
  };
}

function hostSilent(picture: HostPicture): Finding {
  const { name } = picture.host;
  return {
    subject: '',
    severity: 'critical',
    forMs: 0,
    summary: { zh: `主机 ${name} 失联`, en: `Host ${name} is silent` },
    advice: {
      zh: '先看同院其他主机是否在线：都在线则多半是本机宕机或断电，请联系信息科查看机器电源与控制台；能远程登录则检查探针服务是否在运行。',
      en: 'See whether other hosts of the hospital are up: then this one is probably down or without power, ask the IT department to look at power and console; if it can be reached, check the agent service.',
    },
    evidence: evidenceOf(picture),
  };
}

function siteSilent(picture: HostPicture): Finding {
  const { hospitalName } = picture.host;
  return {
    scope: 'hospital',
    subject: 'site',
    severity: 'critical',
    forMs: 0,
    summary: { zh: `${hospitalName}全院失联`, en: `All hosts of ${hospitalName} are silent` },
    advice: {
      zh: '全部主机同时失联，多半是医院出口网络、防火墙或机房断电：先联系信息科确认外网与机房供电，再查各主机。',
      en: 'All hosts fell silent together: most likely the uplink, the firewall or the power of the server room. Ask the IT department first.',
    },
    evidence: evidenceOf(picture),
  };
}

/** What the verdict rests on, word for word. */
function evidenceOf({ verdict }: HostPicture): Record<string, number | string> {
  const facts = verdict.evidence.map((fact): [string, string] => [fact.kind, fact.text.zh]);
  return { since: verdict.since, ...Object.fromEntries(facts) };
}
