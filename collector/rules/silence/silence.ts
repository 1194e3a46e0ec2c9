// Nothing is heard from a host past the limit. The waiting was done by the verdict, so the alert fires at once. Of a hospital
// that is cut off as a whole there is one alert; its hosts keep what they had.

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
      case 'silent':
        return { findings: [hostSilent(picture)], unknown: 'none' };
      case 'site-silent':
        // The host's own alert, if it was open already, is neither over nor news.
        return { findings: [siteSilent(picture)], unknown: 'all' };
      case 'suspect':
      case 'collector-away':
        return UNKNOWN;
      case 'never-seen':
      case 'up':
      case 'stopped':
      case 'shutdown':
        return CLEAR;
      default:
        return picture.verdict.word satisfies never;
    }
  },
};

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
