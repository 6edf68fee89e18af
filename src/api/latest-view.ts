// A device's newest values as JSON: the same in the single view and on the stream.

import { z } from 'zod'
import type { Latest } from '../core/effect.ts'
import type { Device } from '../core/registry/device.ts'
import type { Times } from './times.ts'

export const latestSchema = z.object({
  device: z.string(),
  ts: z.string().nullable(),
  receivedAt: z.string().nullable(),
  simulated: z.boolean(),
  values: z.record(z.string(), z.object({ value: z.number(), ts: z.string() })),
})

export function latestView(latest: Latest, times: Times): z.output<typeof latestSchema> {
  return {
    device: latest.device,
    ts: times.iso(latest.ts),
    receivedAt: times.iso(latest.receivedAt),
    simulated: latest.simulated,
    values: Object.fromEntries(
      Object.entries(latest.values).map(([metric, { value, ts }]) => [
        metric,
        { value, ts: times.iso(ts) },
      ]),
    ),
  }
}

/** Of a device that has said nothing yet. */
export function silentView({
  id,
  simulated,
}: Pick<Device, 'id' | 'simulated'>): z.output<typeof latestSchema> {
  return { device: id, ts: null, receivedAt: null, simulated, values: {} }
}
