// 数据备份巡检报告: whether the backups of one hospital run, whether its data can be restored, and to which moment.

import type { ReportUnit } from '../report.ts';
import { gather } from './gather.ts';
import type { InspectionInput } from './input.ts';
import { inspectionDocument } from './inspection-document.ts';
import { summaryOf } from './judge.ts';

export const backupInspection: ReportUnit<InspectionInput> = {
  kind: 'backup-inspection',
  prefix: 'BK',
  gather,
  document: inspectionDocument,
  summary: summaryOf,
};
