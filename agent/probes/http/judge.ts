// What an answer means for a target. Pure.

import { type Outcome } from '../outcome.ts';
import type { Sample } from '../probe.ts';
import { renderFailure } from '../words.ts';
import type { Certificate, Page } from './request.ts';

export interface PagePolicy {
  name: string;
  expectStatus: string;
  expectText: string;
  insecure: boolean;
  certificateDays: number;
}

const DAY_MS = 86_400_000;
const PROBLEMS: Record<string, string> = {
  CERT_HAS_EXPIRED: '证书已过期',
  CERT_NOT_YET_VALID: '证书尚未生效，请检查时钟',
  DEPTH_ZERO_SELF_SIGNED_CERT: '自签名证书',
  SELF_SIGNED_CERT_IN_CHAIN: '证书颁发机构不受信任',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: '证书链不完整',
  UNABLE_TO_GET_ISSUER_CERT: '证书颁发机构不受信任',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: '证书颁发机构不受信任',
  ERR_TLS_CERT_ALTNAME_INVALID: '证书与域名不符',
};

export function judgePage(policy: PagePolicy, page: Page, nowMs: number): Outcome {
  const labels = { target: policy.name };
  const fault = faultOf(policy, page);
  const samples: Sample[] = [{ metric: 'http_up', labels, value: fault === undefined ? 1 : 0 }];
  if (page.answer) {
    samples.push({ metric: 'http_response_seconds', labels, value: page.answer.seconds });
  }
  // 0 is said, so that the last status that there was does not stand beside a page that is down.
  samples.push({ metric: 'http_status_code', labels, value: page.answer?.status ?? 0 });
  const days = page.certificate && (page.certificate.endsAt - nowMs) / DAY_MS;
  if (days !== undefined) samples.push({ metric: 'http_cert_days', labels, value: days });
  const isEnding = days !== undefined && days < policy.certificateDays;
  const certificate = page.certificate ? renderCertificate(page.certificate, nowMs) : '';
  const status = fault !== undefined ? 'critical' : isEnding ? 'warning' : 'ok';
  const what = fault ?? `正常（HTTP ${page.answer?.status ?? ''}）`;
  const text = `网页 ${policy.name} ${what}${certificate && `，${certificate}`}`;
  return { samples, check: { id: `http:${policy.name}`, status, text } };
}

function faultOf(policy: PagePolicy, page: Page): string | undefined {
  const { answer, certificate } = page;
  if (!answer) {
    const isRefusedByUs = certificate?.problem !== undefined && !policy.insecure;
    return isRefusedByUs ? '证书不可信' : `没有应答：${renderFailure(page.error)}`;
  }
  if (!isExpected(answer.status, policy.expectStatus)) return `返回 HTTP ${answer.status}`;
  if (policy.expectText !== '' && !answer.body.includes(policy.expectText)) return '页面中没有约定的文字';
  return undefined;
}

function renderCertificate(certificate: Certificate, nowMs: number): string {
  const days = Math.floor((certificate.endsAt - nowMs) / DAY_MS);
  const left = days >= 0 ? `证书剩余 ${days} 天` : `证书已过期 ${-days} 天`;
  const { problem } = certificate;
  if (problem === undefined || problem === 'CERT_HAS_EXPIRED') return left;
  return `${left}（${PROBLEMS[problem] ?? problem}）`;
}

/** `200-399,404` holds 404. */
export function isExpected(status: number, ranges: string): boolean {
  return ranges.split(',').some((range) => {
    const [from = Number.NaN, to = from] = range.trim().split('-').map(Number);
    return status >= from && status <= to;
  });
}
