// The chosen language and its words.

import { type Observable, observable, useObservable } from '../observable.ts';
import { en } from './en.ts';
import { type Words, zh } from './zh.ts';

export type Language = 'zh' | 'en';

const KEY = 'niswatch.language';
export const language: Observable<Language> = observable<Language>(
  localStorage.getItem(KEY) === 'en' ? 'en' : 'zh',
);

const apply = () => {
  document.documentElement.lang = language.get() === 'zh' ? 'zh-CN' : 'en';
};
apply();
language.subscribe(() => {
  localStorage.setItem(KEY, language.get());
  apply();
});

export const WORDS: Record<Language, Words> = { zh, en };

export function useWords(): Words {
  return WORDS[useObservable(language)];
}

export function useLanguage(): Language {
  return useObservable(language);
}
