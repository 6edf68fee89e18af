// The two choices everybody has: language and theme.

import { Icon } from '../ui/icon.tsx'
import { useApp } from './context.ts'

export function PreferenceButtons() {
  const { preferences } = useApp()
  const words = preferences.words.value
  const isDark = preferences.theme.value === 'dark'
  return (
    <>
      <button
        type="button"
        class="button is-quiet"
        aria-label={words.languageSwitch}
        title={words.languageSwitch}
        onClick={preferences.switchLanguage}
      >
        <Icon name="language" />
        <span lang={preferences.language.value === 'en' ? 'zh-CN' : 'en'}>
          {preferences.language.value === 'en' ? '中文' : 'EN'}
        </span>
      </button>
      <button
        type="button"
        class="button is-quiet"
        aria-label={words.theme.label}
        title={`${words.theme.label}  \\`}
        onClick={preferences.switchTheme}
      >
        <Icon name={isDark ? 'sun' : 'moon'} />
      </button>
    </>
  )
}
