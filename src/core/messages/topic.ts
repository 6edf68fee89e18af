// The devices' MQTT topics, `city/v1/{division}/{type}/{device}/{channel}`, taken apart once and remembered.

export interface Topic {
  readonly division: string
  readonly type: string
  readonly device: string
  readonly channel: 'up' | 'status' | 'ack'
}

const PATTERN = /^city\/v1\/([^/]{1,32})\/([^/]{1,64})\/([^/]{1,64})\/(up|status|ack)$/
const KNOWN_MAX = 200_000
const known = new Map<string, Topic | null>()

/** Null when it is not a topic that devices publish to. */
export function parseTopic(text: string): Topic | null {
  const seen = known.get(text)
  if (seen !== undefined) return seen
  const topic = parse(text)
  // A full memory starts again: topics of real devices fit, and a flood of others must not stay.
  if (known.size >= KNOWN_MAX) known.clear()
  known.set(text, topic)
  return topic
}

function parse(text: string): Topic | null {
  const match = PATTERN.exec(text)
  const channel = match?.[4]
  if (match === null || (channel !== 'up' && channel !== 'status' && channel !== 'ack')) return null
  return { division: match[1] ?? '', type: match[2] ?? '', device: match[3] ?? '', channel }
}
