// A count with its noun in English: `1 alert`, `2 alerts`.

const plural = new Intl.PluralRules('en')

export function counted(count: number, one: string, other: string): string {
  return `${count} ${plural.select(count) === 'one' ? one : other}`
}
