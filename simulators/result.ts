// What a run is reported as: the JSON document of the contract, a table for people, JUnit for a build server. Pure.

import type { Scenario } from './scenario.ts'
import type { Score } from './score.ts'

export interface RunResult {
  readonly scenario: string
  /** A number where the seed is one. */
  readonly seed: string | number
  readonly hash: string
  readonly virtualSeconds: number
  readonly wallSeconds: number
  readonly readings: number
  readonly faults: Score['faults']
  readonly alerts: Score['alerts']
  readonly tickets: Score['tickets']
}

export interface Run {
  readonly scenario: Scenario
  readonly score: Score
  readonly hash: string
  readonly readings: number
  readonly virtualSeconds: number
  readonly wallSeconds: number
}

export function resultOf({
  scenario,
  score,
  hash,
  readings,
  virtualSeconds,
  wallSeconds,
}: Run): RunResult {
  return {
    scenario: scenario.file.name,
    seed: /^\d{1,15}$/.test(scenario.seed) ? Number(scenario.seed) : scenario.seed,
    hash,
    virtualSeconds,
    wallSeconds,
    readings,
    faults: score.faults,
    alerts: score.alerts,
    tickets: score.tickets,
  }
}

/** Lines for a terminal. */
export function humanReport(run: Run): string {
  const { scenario, score } = run
  const { faults, alerts, tickets } = score
  const speed = run.wallSeconds > 0 ? ` (${Math.round(run.virtualSeconds / run.wallSeconds)}x)` : ''
  const rows = score.verdicts.map((verdict) => [
    { matched: 'matched', late: 'LATE', missed: 'MISSED' }[verdict.kind],
    verdict.fault,
    verdict.device,
    verdict.rules.join(' or '),
    verdict.delayMs === null ? '-' : `${Math.round(verdict.delayMs / 1000)} s`,
    verdict.why ?? '',
  ])
  return [
    `${scenario.file.name}: ${scenario.file.story.zh}`,
    `${' '.repeat(scenario.file.name.length)}  ${scenario.file.story.en}`,
    '',
    ...(rows.length === 0
      ? []
      : [...table([['verdict', 'fault', 'device', 'expected', 'delay', 'why'], ...rows]), '']),
    ...score.unexpected
      .slice(0, 20)
      .map(
        (alert) =>
          `unexpected: ${alert.rule} (${alert.severity}) on ${alert.device} at ${new Date(alert.raisedAt).toISOString()}`,
      ),
    ...(score.unexpected.length > 20 ? [`unexpected: ${score.unexpected.length - 20} more`] : []),
    `faults   ${faults.injected} injected, ${faults.matched} matched, ${faults.late} late, ${faults.missed} missed`,
    `alerts   ${alerts.raised} raised, ${alerts.expected} expected, ${alerts.unexpected} unexpected`,
    `tickets  ${tickets.opened} opened, ${tickets.delivered} delivered, ${tickets.duplicates} duplicates`,
    `run      ${run.readings} readings, ${run.virtualSeconds} s of story in ${run.wallSeconds} s${speed}, seed ${scenario.seed}`,
    `hash     ${run.hash}`,
    score.failures.length === 0
      ? 'PASSED'
      : `FAILED\n${score.failures.map((failure) => `  ${failure}`).join('\n')}`,
    '',
  ].join('\n')
}

export function junitReport({ scenario, score, wallSeconds }: Run): string {
  const { name } = scenario.file
  const cases = [
    ...score.verdicts.map(({ fault, device, rules, kind, why }) => ({
      name: `${fault}: ${rules.join(' or ')} on ${device}`,
      failure: kind === 'missed' ? why : null,
    })),
    {
      name: 'the whole run',
      failure: score.failures.length === 0 ? null : score.failures.join('\n'),
    },
  ]
  const failures = cases.filter((entry) => entry.failure !== null).length
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="${xml(name)}" tests="${cases.length}" failures="${failures}" time="${wallSeconds}">`,
    ...cases.map((entry) =>
      entry.failure === null
        ? `  <testcase classname="${xml(name)}" name="${xml(entry.name)}"/>`
        : `  <testcase classname="${xml(name)}" name="${xml(entry.name)}"><failure message="${xml(entry.failure)}"/></testcase>`,
    ),
    '</testsuite>',
    '',
  ].join('\n')
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function xml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;')
}
