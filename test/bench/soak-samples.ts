// What the soak looks at while it runs: memory of the server's process and its own figures, every few seconds.

import { readFileSync } from 'node:fs'
import type { PipelineNumbers, Product } from '../support/product.ts'

export interface Sample {
  readonly second: number
  readonly rssMiB: number
  /** The main thread's heap in use. */
  readonly heapMiB: number
  readonly connections: number
  readonly pending: number
  readonly holds: boolean
  readonly refused: Readonly<Record<string, number>>
}

export type SoakNumbers = PipelineNumbers & {
  readonly connections: number
  readonly refused: Readonly<Record<string, number>>
}

export async function takeSample(product: Product, second: number): Promise<Sample> {
  const { body } = await product.api<SoakNumbers>('GET', '/pipeline')
  return {
    second: Math.round(second),
    rssMiB: rssMiB(product.process.pid ?? 0),
    heapMiB: await heapMiB(product),
    connections: body.connections,
    pending: body.pending,
    holds: body.holds,
    refused: body.refused,
  }
}

function rssMiB(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(kib) / 102.4) / 10
}

async function heapMiB(product: Product): Promise<number> {
  const response = await fetch(`${product.http}/metrics`, {
    headers: { authorization: `Bearer ${product.token}` },
  })
  const used = /^nodejs_heap_size_used_bytes (\S+)/m.exec(await response.text())?.[1]
  return Math.round((Number(used) / 2 ** 20) * 10) / 10
}

/** Least squares over the samples, in MiB per minute. */
export function slopePerMinute(samples: readonly Sample[]): number {
  const count = samples.length
  const meanX = samples.reduce((sum, { second }) => sum + second, 0) / count
  const meanY = samples.reduce((sum, { rssMiB }) => sum + rssMiB, 0) / count
  let product = 0
  let squares = 0
  for (const { second, rssMiB } of samples) {
    product += (second - meanX) * (rssMiB - meanY)
    squares += (second - meanX) ** 2
  }
  return squares === 0 ? 0 : Math.round((product / squares) * 60 * 100) / 100
}

export function mean(values: readonly number[]): number {
  return Math.round((values.reduce((sum, value) => sum + value, 0) / values.length) * 10) / 10
}
