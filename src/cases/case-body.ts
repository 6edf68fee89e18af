// What goes over the wire of a case: exactly the agreed fields, in one order, so that the same ticket is the same bytes each time.

import type { CaseReport } from '../core/tickets/ticket.ts'

// A record and not a list: a field added to the report must be named here before it compiles.
const fields: Readonly<Record<keyof CaseReport, true>> = {
  externalId: true,
  source: true,
  eventType: true,
  mainType: true,
  subType: true,
  partCode: true,
  district: true,
  grid: true,
  street: true,
  address: true,
  lon: true,
  lat: true,
  crs: true,
  description: true,
  occurTime: true,
  reportTime: true,
  deadline: true,
  grade: true,
  urgency: true,
  severity: true,
  rule: true,
  device: true,
  alert: true,
  dept1: true,
  dept3: true,
  simulated: true,
}
const order = Object.keys(fields)

export function caseBody(report: CaseReport): string {
  return JSON.stringify(report, order)
}
