// Instants and spans as people read them: always the city's time, 24 hours, whatever zone the browser is in.

import type { Dictionary } from '../i18n/zh-CN.ts'

export const CITY_ZONE = 'Asia/Shanghai'

function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  // sv-SE writes dates as ISO does, so both languages share one unambiguous form.
  return new Intl.DateTimeFormat('sv-SE', { timeZone: CITY_ZONE, hourCycle: 'h23', ...options })
}

const clock = formatter({ hour: '2-digit', minute: '2-digit', second: '2-digit' })
const minute = formatter({ hour: '2-digit', minute: '2-digit' })
const day = formatter({ year: 'numeric', month: '2-digit', day: '2-digit' })
const weekdays = {
  'zh-CN': new Intl.DateTimeFormat('zh-CN', { timeZone: CITY_ZONE, weekday: 'short' }),
  en: new Intl.DateTimeFormat('en', { timeZone: CITY_ZONE, weekday: 'short' }),
}

/** `16:05:09` */
export function clockTime(at: number): string {
  return clock.format(at)
}

/** `16:05` */
export function minuteTime(at: number): string {
  return minute.format(at)
}

/** `2026-11-22` */
export function date(at: number): string {
  return day.format(at)
}

/** `2026-11-22 16:05:09` */
export function dateTime(at: number): string {
  return `${date(at)} ${clockTime(at)}`
}

/** `11-22 16:05` */
export function shortDateTime(at: number): string {
  return `${date(at).slice(5)} ${minuteTime(at)}`
}

export function weekday(at: number, language: keyof typeof weekdays): string {
  return weekdays[language].format(at)
}

/** `4 分 12 秒`; negative spans count as none, as clocks of devices may run ahead. */
export function span(ms: number, words: Dictionary): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  if (seconds < 60) return words.age.seconds(seconds)
  if (seconds < 3_600) return words.age.minutes(Math.floor(seconds / 60), seconds % 60)
  if (seconds < 86_400)
    return words.age.hours(Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60))
  return words.age.days(Math.floor(seconds / 86_400), Math.floor((seconds % 86_400) / 3_600))
}

/** A length that somebody has set, such as a delay of a rule: `4 分钟`. */
export function setLength(seconds: number, words: Dictionary): string {
  const isWhole = seconds >= 60 && seconds < 3_600 && seconds % 60 === 0
  return isWhole ? words.age.wholeMinutes(seconds / 60) : span(seconds * 1_000, words)
}

/** How long ago, or the moment itself when that is more than a day. */
export function since(at: number, now: number, words: Dictionary): string {
  return now - at >= 86_400_000 ? shortDateTime(at) : span(now - at, words)
}
