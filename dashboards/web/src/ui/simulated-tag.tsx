// Marks one thing as simulated, wherever it is shown.

import { useApp } from '../app/context.ts'

export function SimulatedTag(props: { readonly when: boolean }) {
  const words = useApp().preferences.words.value.simulated
  if (!props.when) return null
  return (
    <span class="simulated-tag" title={words.detail}>
      {words.tag}
    </span>
  )
}
