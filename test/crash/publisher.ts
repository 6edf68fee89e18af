// Publishes the streams with QoS 1 over raw sockets and remembers every PUBACK. A connection that breaks stays down until it is
// told to connect again; then what was not acknowledged is sent again first, in order, as a device would.

import { connect, type Socket } from 'node:net'
import { draw } from './generator.ts'
import { payloadOf, topicOf, type Stream } from './story.ts'
import { connectPacket, createAckReader, publishPacket } from './wire.ts'

export interface Line {
  readonly stream: Stream
  /** Every number below it was acknowledged. */
  readonly acknowledged: number
  /** Every number below it was sent at least once. */
  readonly sent: number
  /** Numbers from it on are not sent yet: their devices are not registered. */
  limit: number
}

export interface Publisher {
  readonly lines: readonly Line[]
  /** Readings acknowledged so far. */
  readonly total: number
  /** What should never happen: acknowledgements out of order, refused sign-ins. */
  readonly problems: readonly string[]
  /** Bytes of spaces behind a payload, at most; more of them make journal segments short. */
  paddingMax: number
  /** Connects every line; resolves when all are signed in. New readings get times from now on. */
  connect(passwords: ReadonlyMap<string, string>): Promise<void>
  /** No new readings; what was sent is still acknowledged. */
  hold(isHeld: boolean): void
  /** Resolves when all sockets have ended, having read all that was sent to them. */
  ended(): Promise<void>
}

/** Unacknowledged readings per connection. */
const WINDOW = 12
const TICK_MS = 4
const LEAD_MS = 1_500
const END_MS = 2_000

export function createPublisher(options: {
  readonly port: number
  readonly streams: readonly Stream[]
  readonly seed: number
  readonly now: () => number
}): Publisher {
  const { port, now } = options
  const problems: string[] = []
  const lines = options.streams.map((stream) => createLine(stream))
  let isHeld = false
  let ticker: ReturnType<typeof setInterval> | null = null

  const publisher: Publisher = {
    lines,
    get total() {
      return lines.reduce((sum, line) => sum + line.acknowledged, 0)
    },
    problems,
    paddingMax: 2_048,
    async connect(passwords) {
      isHeld = false
      await Promise.all(lines.map((line) => line.open(passwords.get(line.stream.gateway) ?? '')))
      ticker ??= setInterval(() => lines.forEach((line) => line.pump()), TICK_MS)
    },
    hold(next) {
      isHeld = next
    },
    async ended() {
      if (ticker !== null) clearInterval(ticker)
      ticker = null
      await Promise.all(lines.map((line) => line.ended()))
    },
  }

  function createLine(stream: Stream) {
    let socket: Socket | null = null
    let closed: Promise<void> = Promise.resolve()
    let acknowledged = 0
    let sent = 0
    let isReady = false

    function send(k: number, isAgain: boolean): void {
      const reading = stream.reading(k)
      // One in four is long; how long does not belong to the story, only to the journal.
      const share = draw(options.seed, stream.index, k, 7)
      const padding = share < 0.25 ? Math.floor(share * 4 * publisher.paddingMax) : 0
      socket?.write(
        publishPacket({
          topic: topicOf(reading.device),
          payload: payloadOf(reading, padding),
          qos: 1,
          messageId: (k % 65_535) + 1,
          dup: isAgain,
        }),
      )
    }

    function take(bytes: Buffer, read: ReturnType<typeof createAckReader>): boolean {
      let isSignedIn = false
      for (const ack of read(bytes)) {
        if (ack.kind === 'connack') {
          isSignedIn = ack.value === 0
          if (!isSignedIn) problems.push(`${stream.gateway}: CONNACK with code ${ack.value}`)
        } else if (ack.value === (acknowledged % 65_535) + 1) acknowledged++
        else
          problems.push(
            `${stream.gateway}: expected the PUBACK of reading ${acknowledged}, got message id ${ack.value}`,
          )
      }
      return isSignedIn
    }

    return {
      stream,
      limit: 0,
      get acknowledged() {
        return acknowledged
      },
      get sent() {
        return sent
      },
      open(password: string): Promise<void> {
        const read = createAckReader()
        const opened = connect({ host: '127.0.0.1', port, noDelay: true })
        socket = opened
        closed = new Promise((resolve) => opened.once('close', () => resolve()))
        opened.on('error', () => {})
        opened.once('close', () => {
          isReady = false
        })
        return new Promise((resolve) => {
          // A server that is killed meanwhile is the next round's business.
          opened.once('close', () => resolve())
          opened.once('connect', () =>
            opened.write(
              connectPacket({
                clientId: stream.gateway,
                username: stream.gateway,
                password,
                keepaliveSeconds: 60,
              }),
            ),
          )
          opened.on('data', (bytes: Buffer) => {
            if (!take(bytes, read)) return
            for (let k = acknowledged; k < sent; k++) send(k, true)
            stream.continueAt(sent, now() - LEAD_MS)
            isReady = true
            resolve()
          })
        })
      },
      /** Sends what is due; a reading is never ahead of the wall clock, so that its own time is the one that counts. */
      pump(): void {
        if (!isReady || isHeld) return
        if (sent >= this.limit || sent - acknowledged >= WINDOW || stream.timeOf(sent) >= now())
          return
        send(sent++, false)
      },
      async ended(): Promise<void> {
        const late = setTimeout(() => socket?.destroy(), END_MS)
        await closed
        clearTimeout(late)
      },
    }
  }

  return publisher
}
