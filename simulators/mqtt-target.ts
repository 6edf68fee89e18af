// A running product over the network: the fleet is registered through its API, signs in over real MQTT and publishes in real time.
// Story time is moved to now; above speed 1 the story is compressed, and rules that wait for minutes see less of it.

import { createHash } from 'node:crypto'
import type { Millis } from '../src/core/position.ts'
import type { Clock } from '../src/ports.ts'
import { createApiClient } from './api-client.ts'
import { createMqttFleet, type MqttFleet } from './mqtt-fleet.ts'
import { localIso } from './payload.ts'
import type { Scenario } from './scenario.ts'
import type { Target } from './target.ts'

export interface MqttTargetOptions {
  readonly scenario: Scenario
  readonly host: string
  readonly port: number
  readonly apiUrl: string
  readonly token: string
  /** Story seconds per wall second. */
  readonly speed: number
  readonly clock: Clock
  readonly say: (line: string) => void
}

const DRAIN_MAX_MS = 15_000
/** After the last acknowledgement, the product has this long to decide and deliver. */
const SETTLE_MAX_MS = 15_000
const LOOK_EVERY_MS = 500

export function createMqttTarget(options: MqttTargetOptions): Target {
  const { scenario, speed, clock } = options
  const api = createApiClient({ url: options.apiUrl, token: options.token, clock })
  const fleetIds = new Set(scenario.devices.map((device) => device.id))
  const hash = createHash('sha256')
  let fleet: MqttFleet | null = null
  let wallStart = clock.now()
  let reached: Millis = scenario.start

  const toWall = (at: Millis): Millis => Math.round(wallStart + (at - scenario.start) / speed)
  const toStory = (at: Millis): Millis => scenario.start + (at - wallStart) * speed

  async function read() {
    const [alerts, tickets] = await Promise.all([api.alerts(), api.tickets()])
    const ownAlerts = alerts.filter(
      (alert) => fleetIds.has(alert.device) && alert.raisedAt >= wallStart,
    )
    const ids = new Set(ownAlerts.map((alert) => alert.id))
    return {
      alerts: ownAlerts.map((alert) => ({
        ...alert,
        raisedAt: toStory(alert.raisedAt),
        returnedAt: alert.returnedAt === null ? null : toStory(alert.returnedAt),
      })),
      tickets: tickets
        .filter((ticket) => ids.has(ticket.alert))
        .map((ticket) => ({ ...ticket, isDelivered: ticket.delivery.state === 'delivered' })),
    }
  }

  return {
    async open() {
      const added = await api.register(scenario.devices)
      options.say(
        `fleet: ${added} devices registered, ${scenario.devices.length - added} were there; making credentials`,
      )
      if (scenario.file.operator.acknowledgeAfter !== undefined)
        options.say('operator: nobody acknowledges on a running product, alerts stay as they are')
      // What an earlier run has left unseen would be taken up again instead of being raised.
      const left = (await api.alerts()).filter(
        (alert) =>
          fleetIds.has(alert.device) && ['unack_active', 'rtn_unack'].includes(alert.state),
      )
      await api.acknowledge(left.map((alert) => alert.id))
      const standing = left.filter((alert) => alert.state === 'unack_active').length
      if (standing > 0)
        options.say(
          `fleet: ${standing} alerts of an earlier run still stand and cannot be raised anew`,
        )
      const credentials = await api.credentials([...fleetIds])
      fleet = createMqttFleet({
        host: options.host,
        port: options.port,
        devices: scenario.devices,
        credentials,
        clock,
      })
      await fleet.open()
      options.say(`fleet: ${fleetIds.size} devices connected`)
      wallStart = clock.now()
    },
    reach(at) {
      reached = at
      return Promise.resolve()
    },
    publish({ client, topic, payload }) {
      hash.update(`${client} ${topic} ${payload}\n`)
      fleet?.publish(client, topic, rebased(payload, toWall))
    },
    async outcome() {
      const isDrained = (await fleet?.drained(DRAIN_MAX_MS)) ?? true
      const status = fleet?.status()
      if (!isDrained || (status !== undefined && status.dropped > 0))
        options.say(
          `fleet: ${status?.waiting ?? 0} messages were not acknowledged, ${status?.dropped ?? 0} not sent (${status?.lastTrouble ?? 'the product is slow'})`,
        )
      let seen = await read()
      for (
        let left = SETTLE_MAX_MS;
        left > 0 && seen.tickets.some((ticket) => !ticket.isDelivered);
        left -= LOOK_EVERY_MS
      ) {
        await new Promise<void>((resolve) => void clock.after(LOOK_EVERY_MS, resolve))
        seen = await read()
      }
      return {
        seen: { ...seen, doubleCases: 0, end: reached },
        hash: hash.digest('hex'),
        readings: status?.acknowledged ?? 0,
      }
    },
    close() {
      fleet?.close()
      return Promise.resolve()
    },
  }
}

/** The payload with its own time moved; damaged ones go as they are. */
function rebased(payload: string, toWall: (at: Millis) => Millis): string {
  return payload.replace(/"ts":"([^"]+)"/, (whole, text: string) => {
    const at = Date.parse(text)
    return Number.isNaN(at) ? whole : `"ts":"${localIso(toWall(at))}"`
  })
}
