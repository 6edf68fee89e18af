// What a person has chosen for this browser: language and theme. Storage may be forbidden; then the choice lasts until the reload.

import { computed, effect, signal } from '@preact/signals'
import type { ReadonlySignal } from '@preact/signals'
import { dictionaries, isLanguage } from '../i18n/words.ts'
import type { Language } from '../i18n/words.ts'
import type { Dictionary } from '../i18n/zh-CN.ts'

export type Theme = 'dark' | 'light'

export interface Preferences {
  readonly language: ReadonlySignal<Language>
  readonly words: ReadonlySignal<Dictionary>
  readonly theme: ReadonlySignal<Theme>
  readonly switchLanguage: () => void
  readonly switchTheme: () => void
}

const LANGUAGE_KEY = 'hetao.language'
const THEME_KEY = 'hetao.theme'

export function createPreferences(): Preferences {
  const stored = recall(LANGUAGE_KEY)
  const language = signal<Language>(isLanguage(stored) ? stored : 'zh-CN')
  const theme = signal<Theme>(initialTheme())
  effect(() => {
    document.documentElement.lang = language.value
    document.documentElement.dataset['theme'] = theme.value
  })
  return {
    language,
    theme,
    words: computed(() => dictionaries[language.value]),
    switchLanguage() {
      language.value = language.value === 'en' ? 'zh-CN' : 'en'
      remember(LANGUAGE_KEY, language.value)
    },
    switchTheme() {
      theme.value = theme.value === 'dark' ? 'light' : 'dark'
      remember(THEME_KEY, theme.value)
    },
  }
}

function initialTheme(): Theme {
  const stored = recall(THEME_KEY)
  if (stored === 'dark' || stored === 'light') return stored
  return matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark'
}

function recall(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // Private mode or a locked-down shell: the choice still holds for this visit.
  }
}
