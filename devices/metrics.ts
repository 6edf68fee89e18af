// Short forms for the metrics of a type, a measured quantity and a state that is true or false, and for its rated values.

import type { Metric, RatedValue, Text } from '../src/core/device-type.ts'

type Range = Pick<Metric, 'min' | 'max' | 'precision'> &
  Partial<Pick<Metric, 'unitLabel' | 'onChange'>> & { readonly kind?: 'integer' | 'counter' }

/** A number in `unit` (UCUM) within its physically possible range. */
export function quantity(id: string, name: Text, unit: string, range: Range): Metric {
  return { id, name, unit, kind: 'number', ...range }
}

/** True or false; `onChange` when it is reported as it changes, and so holds until the next report. */
export function flag(
  id: string,
  name: Text,
  options: { readonly onChange?: boolean } = {},
): Metric {
  return { id, name, unit: '1', kind: 'boolean', min: 0, max: 1, precision: 0, ...options }
}

/** A value of the registry that rules read; its name says what holds without it. */
export function rated(id: string, name: Text, unit: string): RatedValue {
  return { id, name, unit }
}
