// What the API is given by the composition root: read models, the way to submit commands, doors and settings. It holds no adapter.

import type { FastifyBaseLogger } from 'fastify'
import type { DeviceType, Text } from '../core/device-type.ts'
import type { CaseEvent } from '../core/input.ts'
import type { Quarantined } from '../core/messages/reading.ts'
import type { PayloadFormat } from '../core/messages/record.ts'
import type { Millis } from '../core/position.ts'
import type {
  AppendOutcome,
  Changes,
  Clock,
  DoorMemory,
  PipelineStatus,
  StateReader,
  Submit,
  TelemetryLevel,
  TelemetryReader,
  TelemetryWindow,
} from '../ports.ts'
import type { Accounts } from './principal.ts'
import type { Server } from './server.ts'

export interface ApiParts {
  readonly mode: 'serve' | 'demo'
  readonly types: readonly DeviceType[]
  readonly timeZone: string
  readonly reader: StateReader
  readonly telemetry: TelemetryReader
  /** Which window a chart gets that has asked for none. */
  readonly chooseWindow: ChooseWindow
  /** How long each level is kept, as the settings say it: `90d,streetlight=30d`. */
  readonly retentionPolicy: Readonly<Record<TelemetryLevel, string>>
  readonly submit: Submit
  readonly ingest: (payload: Uint8Array, by: string) => Promise<AppendOutcome>
  /** What another platform has pushed, as it came; `by` is the marked account or the person. */
  readonly push: (format: PayloadFormat, payload: Uint8Array, by: string) => Promise<AppendOutcome>
  readonly redrive: (item: Quarantined, by: string) => Promise<AppendOutcome>
  readonly makeCredential: (holder: 'device' | 'integration') => {
    readonly password: string
    readonly hash: string
  }
  readonly accounts: Accounts
  /** Null while no token is set: then no signed push of OneNET is believed. */
  readonly isOneNetSigned:
    | ((signed: {
        readonly msg: string
        readonly nonce: string
        readonly signature: string
      }) => boolean)
    | null
  /** What the MQTT door has turned away lately. */
  readonly door: DoorMemory
  /** Code tables of the city, by code. */
  readonly reference: {
    readonly divisions: readonly ReferenceEntry[]
    readonly components: readonly ReferenceEntry[]
  }
  readonly pipeline: () => PipelineStatus
  readonly ready: () => { readonly ok: true } | { readonly ok: false; readonly why: string }
  readonly onChanges: (listener: (changes: Changes) => void) => () => void
  /** Null while no inbound secret is set: then no case event is believed. */
  readonly checkCaseSignature:
    | ((
        headers: Record<string, string | string[] | undefined>,
        rawBody: Buffer,
      ) => { readonly ok: true } | { readonly ok: false; readonly reason: string })
    | null
  readonly parseCaseEvent: (body: unknown) =>
    | { readonly ok: true; readonly event: CaseEvent }
    | {
        readonly ok: false
        readonly errors: readonly { readonly field: string; readonly reason: string }[]
      }
  readonly adminToken: string | null
  /** Opens one session through `GET /signin?key=`, once. */
  readonly signInKey: string | null
  readonly clock: Clock
  readonly log: FastifyBaseLogger
  /** The built single-page application, or null: then there are no pages. */
  readonly pagesDirectory: string | null
  readonly publicUrl: string | null
  /** Further gauges of the process for `/metrics`. */
  readonly metrics: readonly ExtraGauge[]
  /** Shown to the pages, so that they know when they are older than the server. */
  readonly build?: string
}

/** One line of a code table; what else stands in it is shown as it is. */
export interface ReferenceEntry {
  readonly code: string
  readonly name?: Text
}

/** The finest window that gives each device at most `width` points, and all together at most `pointsMax`. */
export type ChooseWindow = (chart: {
  readonly from: Millis
  readonly to: Millis
  readonly width: number
  /** Longest time between two reports of a healthy device. */
  readonly reportSeconds: number
  readonly devices: number
  readonly pointsMax: number
}) => TelemetryWindow

interface ExtraGauge {
  /** `hetao_` and the unit last: `hetao_engine_thread_busy_ratio`. */
  readonly name: string
  readonly help: string
  readonly value: () => number
}

export interface Api {
  listen(address: { readonly host: string; readonly port: number }): Promise<{
    readonly host: string
    readonly port: number
  }>
  readonly app: Server
  /** Ends the streams, answers what is under way, closes the sockets. */
  close(): Promise<void>
}
