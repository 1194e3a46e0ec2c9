// A sentence for people in both languages; Chinese is what hospitals and duty engineers read first.

export interface Text {
  zh: string;
  en: string;
}
export type Language = keyof Text;
