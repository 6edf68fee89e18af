// The fields a case system gets, filled from ticket, device and rule in the way of the component cases of GB/T 30428.

import type { Alert } from '../alerts/alert.ts'
import type { Device } from '../registry/device.ts'
import type { DeviceType } from '../device-type.ts'
import type { LocalTime } from '../time/local-time.ts'
import type { Rule, Severity } from '../rule.ts'
import type { CaseReport, Ticket } from './ticket.ts'
import { caseDescription, placeOf } from '../alerts/wording.ts'

/** 案件等级 and 紧急程度: our own mapping; a city agrees its own with the case system. */
const grades: Readonly<Record<Severity, { readonly grade: string; readonly urgency: string }>> = {
  P1: { grade: '重大', urgency: '紧急' },
  P2: { grade: '较大', urgency: '紧急' },
  P3: { grade: '一般', urgency: '一般' },
}

export function caseReportOf(
  ticket: Ticket,
  alert: Alert,
  device: Device,
  type: DeviceType,
  rule: Rule,
  localTime: LocalTime,
): CaseReport {
  return {
    externalId: ticket.id,
    source: '物联感知',
    eventType: '部件',
    mainType: type.component.slice(0, 2),
    subType: type.component.slice(2, 4),
    partCode: device.componentCode,
    district: device.division,
    grid: device.grid,
    street: device.street,
    address: placeOf(device),
    lon: device.lon,
    lat: device.lat,
    crs: 'WGS84',
    description: caseDescription(device, rule, alert.text, alert.since, localTime),
    occurTime: localTime.iso(alert.since),
    reportTime: localTime.iso(ticket.openedAt),
    deadline: localTime.iso(ticket.deadline),
    ...grades[ticket.severity],
    severity: ticket.severity,
    rule: ticket.rule,
    device: ticket.device,
    alert: ticket.alert,
    dept1: device.department ?? type.department,
    dept3: device.maintainer,
    simulated: ticket.simulated,
  }
}
