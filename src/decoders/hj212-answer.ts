// The answer that a data frame of HJ 212 asks for with bit A of its flag: CN=9014 with the number, password and MN of the frame.

import type { Reply } from '../core/messages/reading.ts'
import { crcHj212 } from './crc-16.ts'

const ANSWER_WANTED = 1
/** The version of the standard: an answer speaks the one of the question. */
const VERSION_BITS = 0b11111100
const UP = /(^|\/)up$/

/** Null when none is wanted, or when the topic does not say where it is heard. */
export function hj212Answer(head: ReadonlyMap<string, string>, topic: string): Reply | null {
  const flag = head.get('Flag') ?? ''
  const number = head.get('QN') ?? ''
  const password = head.get('PW') ?? ''
  const device = head.get('MN') ?? ''
  if (!/^\d{1,3}$/.test(flag) || (Number(flag) & ANSWER_WANTED) === 0) return null
  if (!UP.test(topic) || !/^\d{17}$/.test(number)) return null
  if (!/^[!-~]{0,32}$/.test(password) || !/^[!-~]{1,64}$/.test(device)) return null
  const segment = `QN=${number};ST=91;CN=9014;PW=${password};MN=${device};Flag=${Number(flag) & VERSION_BITS};CP=&&&&`
  const bytes = asciiBytes(segment)
  const length = String(bytes.length).padStart(4, '0')
  const crc = crcHj212(bytes, 0, bytes.length).toString(16).toUpperCase().padStart(4, '0')
  return {
    topic: topic.replace(UP, '$1down'),
    payload: asciiBytes(`##${length}${segment}${crc}\r\n`),
  }
}

function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
