// The private parts of aedes that the guards hold on to. aedes is pinned to one exact version; this file checks at start that
// they are still where they were, and is the only one that knows their names.

import { Duplex } from 'node:stream'
import type { Aedes, Client, Connection } from 'aedes'

export interface Parser {
  packet: { length: number }
  parse(bytes: Buffer): number
  _parseLength(): boolean
  _emitError(error: Error): void
  listeners(event: 'packet'): readonly unknown[]
  removeAllListeners(event: 'packet'): unknown
  on(event: 'packet', listener: (packet: unknown) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  emit(event: 'error', error: Error): boolean
}

export interface ClientParts {
  readonly _parser: Parser
  waitForDrain(done: (error: Error | null, client: unknown) => void): void
}

export interface BrokerParts {
  readonly clients: Record<string, Client | undefined>
  unregisterClient(client: Client): void
  _finishRegisterClient(client: Client): void
  publish(packet: object, client: unknown, done?: (error?: Error | null) => void): void
}

/** Throws TypeError when aedes is not the version these names were taken from. */
export function clientParts(client: Client): ClientParts {
  if (hasClientParts(client)) return client
  throw new TypeError('Cannot guard a connection: expected the client of aedes 1.2.0')
}

/** Throws TypeError when aedes is not the version these names were taken from. */
export function brokerParts(broker: Aedes): BrokerParts {
  if (hasBrokerParts(broker)) return broker
  throw new TypeError('Cannot guard the broker: expected aedes 1.2.0')
}

/** Fails at start rather than on the first device. */
export function checkAedes(broker: Aedes): void {
  brokerParts(broker)
  const nowhere: Connection = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
  try {
    clientParts(broker.handle(nowhere))
  } finally {
    nowhere.destroy()
  }
}

function hasClientParts(client: object): client is ClientParts {
  return (
    hasFunctions(client, ['waitForDrain']) &&
    '_parser' in client &&
    typeof client._parser === 'object' &&
    client._parser !== null &&
    'packet' in client._parser &&
    hasFunctions(client._parser, ['parse', '_parseLength', '_emitError', 'listeners'])
  )
}

function hasBrokerParts(broker: object): broker is BrokerParts {
  return (
    'clients' in broker &&
    hasFunctions(broker, ['unregisterClient', '_finishRegisterClient', 'publish'])
  )
}

function hasFunctions(value: object, names: readonly string[]): boolean {
  return names.every((name) => typeof Reflect.get(value, name) === 'function')
}
