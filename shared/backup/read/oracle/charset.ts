// Oracle's numbers of character sets that hospitals use.

const NAMES: Record<number, string> = {
  1: 'US7ASCII',
  31: 'WE8ISO8859P1',
  46: 'WE8ISO8859P15',
  178: 'WE8MSWIN1252',
  850: 'ZHS16CGB231280',
  852: 'ZHS16GBK',
  854: 'ZHS32GB18030',
  865: 'ZHT16BIG5',
  867: 'ZHT16MSWIN950',
  871: 'UTF8',
  873: 'AL32UTF8',
};

export const charsetName = (id: number): string => NAMES[id] ?? `charset ${id}`;
