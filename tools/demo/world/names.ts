// Names of hospitals that do not exist: each bears the word for demonstration.

const PROVINCES = [
  '河北',
  '江苏',
  '四川',
  '湖北',
  '广东',
  '山东',
  '浙江',
  '湖南',
  '河南',
  '陕西',
  '福建',
  '安徽',
  '辽宁',
  '江西',
  '云南',
  '贵州',
  '广西',
  '山西',
  '黑龙江',
  '吉林',
  '甘肃',
  '海南',
  '重庆',
  '天津',
  '内蒙古',
  '宁夏',
  '青海',
  '新疆',
];
const KINDS = ['第一医院', '人民医院', '中心医院', '中医院', '妇幼保健院', '第二医院', '第三医院'];

/** `河北演示第一医院`; no two alike below 196. */
export function hospitalName(i: number): string {
  const province = PROVINCES[i % PROVINCES.length] ?? '';
  const round = Math.floor(i / PROVINCES.length);
  return `${province}演示${KINDS[(i + round * 3) % KINDS.length] ?? ''}`;
}
