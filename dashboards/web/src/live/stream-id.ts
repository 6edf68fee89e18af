// The place in the stream, `<epoch>.<seq>`: the epoch changes when the server restarts, the sequence counts within it.

export interface StreamId {
  readonly epoch: string
  readonly seq: number
}

export function parseStreamId(text: string | null): StreamId | null {
  if (text === null) return null
  const dot = text.lastIndexOf('.')
  const seq = Number(text.slice(dot + 1))
  if (dot < 1 || text.length === dot + 1 || !Number.isSafeInteger(seq) || seq < 0) return null
  return { epoch: text.slice(0, dot), seq }
}

export function formatStreamId(id: StreamId): string {
  return `${id.epoch}.${id.seq}`
}
