// Figures in Chinese words for checks. Promise: a text changes only when its leading figure does, so that a check is not sent anew every minute.

/** 95 → `1 分钟`; 190000000 ms → `2 天 4 小时`. Negative counts as zero. */
export function renderAge(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / 60_000);
  if (minutes < 1) return '不到 1 分钟';
  if (minutes < 60) return `${minutes} 分钟`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} 小时`;
  return hours % 24 === 0 ? `${hours / 24} 天` : `${Math.floor(hours / 24)} 天 ${hours % 24} 小时`;
}

/** 1536 → `1.5 KB`: binary units under the names that Windows and hospitals use. */
export function renderBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let at = 0;
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024;
    at++;
  }
  return `${value >= 100 || at === 0 ? Math.round(value) : Number(value.toFixed(1))} ${units[at]}`;
}

/** What a failed file or network call means, for people. */
export function renderFailure(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code !== undefined && FAILURES[code]) || code || message || String(error);
}

const FAILURES: Record<string, string> = {
  ENOENT: '不存在',
  ENOTDIR: '不是目录',
  EACCES: '没有读取权限',
  EPERM: '没有读取权限',
  EBUSY: '读取超时，磁盘或网络共享可能没有响应',
  EIO: '读写错误，请检查磁盘',
  ESTALE: '网络共享已失效',
  EHOSTDOWN: '对方主机不在线',
  ECONNREFUSED: '连接被拒绝',
  ECONNRESET: '连接被重置',
  EHOSTUNREACH: '主机不可达',
  ENETUNREACH: '网络不可达',
  ENOTFOUND: '域名无法解析',
  EAI_AGAIN: '域名解析暂时失败',
  ETIMEDOUT: '连接超时',
};
