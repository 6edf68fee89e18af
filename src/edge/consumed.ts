// A mark on packets that went to the journal and are not for subscribers. A property, not a WeakSet: it is set and read once for
// each message, and weak references cost the garbage collector more than the broker itself.

const consumed = Symbol('consumed')

interface Markable {
  [consumed]?: boolean
}

export function markConsumed(packet: object): void {
  const markable: Markable = packet
  markable[consumed] = true
}

export function isConsumed(packet: object): boolean {
  return consumed in packet
}
