// Which hours and days of which devices must be worked out again, in memory, with what has to be written to the ledger about them.

import type { Millis } from '../../core/position.ts'

export type MarkLevel = '1h' | '1d'

/** Null: every device of the type. */
export type MarkedDevices = readonly string[] | null

export interface Mark {
  readonly level: MarkLevel
  readonly type: string
  /** Of the local hour or day. */
  readonly start: Millis
  readonly devices: MarkedDevices
}

export interface MarkedWork extends Mark {
  /** Marks made later than this stay. */
  readonly made: number
  /** Not done before everything up to here is. */
  readonly reach: Millis
}

/** A group's rows in the ledger. */
export interface MarkChange extends Mark {
  /** What the ledger has of this type and start goes first. */
  readonly replaces: boolean
}

export interface DirtyMarks {
  /** `reach`: the end of the minute it is for. */
  add(level: MarkLevel, type: string, start: Millis, device: string | null, reach: Millis): void
  /** What is marked now, the earliest first. */
  work(level: MarkLevel): readonly MarkedWork[]
  /** It has been worked out and may be forgotten once that is safe on disk; what was marked anew meanwhile stays. */
  finish(work: MarkedWork): void
  /** What was finished up to this moment (a `moment` of before) is safe on disk. */
  settle(moment: number): void
  /** Counts on with every mark and every finish. */
  readonly moment: number
  /** Starts of the type's marked hours or days, in order; of any of the devices, null: of any of the type. */
  starts(level: MarkLevel, type: string, devices: readonly string[] | null): readonly Millis[]
  /** Marks not worked off. */
  readonly count: number
  /** What the ledger lacks. It is told once, unless `keep` is called: the ledger could not take it. */
  changes(): { readonly changes: readonly MarkChange[]; readonly keep: () => void }
}

export interface DirtyMarksOptions {
  /** More devices in one hour or day count as all of the type. */
  readonly devicesMax: number
  /** When there are more devices in all, each hour or day that gets another one counts as all of the type. */
  readonly marksMax: number
  /** What the ledger holds. */
  readonly marks: readonly (Mark & { readonly reach: Millis })[]
}

interface Group {
  readonly level: MarkLevel
  readonly type: string
  readonly start: Millis
  /** When each device was marked, in the order of marks; ALL stands for every device. */
  readonly marked: Map<string, number>
  /** Finished when, and not known to be safe on disk: the ledger still has them. */
  readonly finished: Map<string, number>
  /** Marked since the ledger was last told. */
  fresh: string[]
  /** The ledger has rows that must go. */
  replaces: boolean
  reach: Millis
}

const ALL = ''

export function createDirtyMarks(options: DirtyMarksOptions): DirtyMarks {
  const { devicesMax, marksMax } = options
  /** By level and type, then start. */
  const groups = new Map<string, Map<Millis, Group>>()
  const unsaved = new Set<Group>()
  const unsettled = new Set<Group>()
  let moment = 0
  let count = 0

  function groupAt(level: MarkLevel, type: string, start: Millis): Group {
    const key = `${level} ${type}`
    let ofType = groups.get(key)
    if (ofType === undefined) groups.set(key, (ofType = new Map<Millis, Group>()))
    let group = ofType.get(start)
    if (group === undefined) {
      group = {
        level,
        type,
        start,
        marked: new Map(),
        finished: new Map(),
        fresh: [],
        replaces: false,
        reach: start,
      }
      ofType.set(start, group)
    }
    return group
  }

  function collapse(group: Group): void {
    count += 1 - group.marked.size
    group.marked.clear()
    group.marked.set(ALL, ++moment)
    group.fresh = []
    group.replaces = true
  }

  function add(group: Group, device: string): void {
    const name = group.marked.has(ALL) ? ALL : device
    if (!group.marked.has(name)) {
      count++
      if (!group.finished.has(name)) {
        group.fresh.push(name)
        unsaved.add(group)
      }
    }
    group.marked.set(name, ++moment)
    const isTooMany = group.marked.size > devicesMax || (count > marksMax && group.marked.size > 1)
    if (name === ALL ? group.marked.size > 1 : isTooMany) {
      collapse(group)
      unsaved.add(group)
    }
  }

  function dropIfDone(group: Group): void {
    if (group.marked.size > 0 || group.finished.size > 0) return
    groups.get(`${group.level} ${group.type}`)?.delete(group.start)
  }

  for (const { level, type, start, devices, reach } of options.marks) {
    const group = groupAt(level, type, start)
    group.reach = Math.max(group.reach, reach)
    for (const device of devices ?? [ALL]) add(group, device)
  }
  for (const group of unsaved) {
    group.fresh = []
    if (!group.replaces) unsaved.delete(group)
  }

  return {
    add(level, type, start, device, reach) {
      const group = groupAt(level, type, start)
      group.reach = Math.max(group.reach, reach)
      add(group, device ?? ALL)
    },
    work(level) {
      const work: MarkedWork[] = []
      for (const ofType of groups.values())
        for (const group of ofType.values()) {
          if (group.level !== level || group.marked.size === 0) continue
          const devices = group.marked.has(ALL) ? null : [...group.marked.keys()]
          const { type, start, reach } = group
          work.push({ level, type, start, devices, made: moment, reach })
        }
      return work.sort((a, b) => a.start - b.start)
    },
    finish({ level, type, start, devices, made }) {
      const group = groupAt(level, type, start)
      // A collapse since then has put ALL, marked later, in the place of the single ones.
      for (const device of devices ?? [ALL])
        if ((group.marked.get(device) ?? Number.POSITIVE_INFINITY) <= made) {
          group.marked.delete(device)
          group.finished.set(device, ++moment)
          count--
        }
      if (group.finished.size > devicesMax) {
        group.finished.clear()
        group.finished.set(ALL, moment)
        group.replaces = true
        unsaved.add(group)
      }
      unsettled.add(group)
    },
    settle(upTo) {
      for (const group of unsettled) {
        for (const [device, finishedAt] of group.finished) {
          if (finishedAt > upTo) continue
          group.finished.delete(device)
          group.replaces = true
          unsaved.add(group)
        }
        if (group.finished.size === 0) unsettled.delete(group)
        dropIfDone(group)
      }
    },
    get moment() {
      return moment
    },
    starts(level, type, devices) {
      const starts: Millis[] = []
      for (const { start, marked } of groups.get(`${level} ${type}`)?.values() ?? [])
        if (
          marked.has(ALL) ||
          (devices === null ? marked.size > 0 : devices.some((device) => marked.has(device)))
        )
          starts.push(start)
      return starts.sort((a, b) => a - b)
    },
    get count() {
      return count
    },
    changes() {
      const changes: MarkChange[] = []
      const kept: { group: Group; fresh: string[]; replaces: boolean }[] = []
      for (const group of unsaved) {
        const { level, type, start, marked, finished, fresh, replaces } = group
        const names = replaces ? [...new Set([...marked.keys(), ...finished.keys()])] : fresh
        const devices = names.includes(ALL) ? null : names
        if (replaces || names.length > 0) changes.push({ level, type, start, devices, replaces })
        kept.push({ group, fresh, replaces })
        group.fresh = []
        group.replaces = false
      }
      unsaved.clear()
      return {
        changes,
        keep() {
          for (const { group, fresh, replaces } of kept) {
            group.fresh.unshift(...fresh)
            group.replaces ||= replaces
            unsaved.add(group)
          }
        },
      }
    },
  }
}
