// Moments on the screen: how long ago in server time, ticking by itself, with the full date at hand.

import { useApp } from '../app/context.ts'
import { clockTime, dateTime, shortDateTime, since } from '../fmt/time.ts'

/** `4 分 12 秒`, counting; the moment itself after a day. */
export function Since(props: { readonly at: number }) {
  const { city, preferences } = useApp()
  return (
    <time dateTime={new Date(props.at).toISOString()} title={dateTime(props.at)}>
      {since(props.at, city.now.value, preferences.words.value)}
    </time>
  )
}

/** The moment: with its date when that is not today. */
export function Moment(props: { readonly at: number }) {
  const { city } = useApp()
  const isRecent = Math.abs(city.now.peek() - props.at) < 86_400_000
  return (
    <time dateTime={new Date(props.at).toISOString()} title={dateTime(props.at)}>
      {isRecent ? clockTime(props.at) : shortDateTime(props.at)}
    </time>
  )
}
