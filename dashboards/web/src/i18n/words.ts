// Which language the pages speak: dictionaries by language, and the choice of a text that comes in both.

import type { Text } from '../api/alert.ts'
import { en } from './en.ts'
import { zhCN } from './zh-CN.ts'
import type { Dictionary } from './zh-CN.ts'

export type Language = 'zh-CN' | 'en'

export const dictionaries: Readonly<Record<Language, Dictionary>> = { 'zh-CN': zhCN, en }

export function isLanguage(text: string | null): text is Language {
  return text === 'zh-CN' || text === 'en'
}

export function inLanguage(text: Text, language: Language): string {
  return language === 'en' ? text.en : text.zh
}

/** The entry for a code the server sent, or the code itself when this page is older than the server. */
export function wordFor(table: Readonly<Record<string, string>>, code: string): string {
  return Object.prototype.hasOwnProperty.call(table, code) ? (table[code] ?? code) : code
}
