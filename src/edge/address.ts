// Where a connection comes from, and which addresses count as one place.

import { isIPv6 } from 'node:net'

/** `::ffff:10.0.0.1` is `10.0.0.1`: one host, one count. */
export function plainAddress(address: string | undefined): string {
  return (address ?? 'unknown').replace(/^::ffff:/, '')
}

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}

/** One host of IPv4; of IPv6 the network of 64 bits, as a host there has as many addresses as it likes. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? []
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const behind = tail === '' ? 0 : tail.split(':').length
    while (groups.length + behind < IPV6_GROUPS && groups.length < NETWORK_GROUPS) groups.push('0')
    if (groups.length < NETWORK_GROUPS) groups.push(...tail.split(':'))
  }
  return `${groups.slice(0, NETWORK_GROUPS).join(':')}::/64`
}

const IPV6_GROUPS = 8
const NETWORK_GROUPS = 4
