// Drawing with uPlot: one line, its spread, the limit, and marks for an alert. Colours come from the style sheet, so a change of
// theme only needs a new plot. This file and its library are loaded apart from the rest.

import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Severity } from '../api/alert.ts'
import type { Point } from '../api/device.ts'
import { clockTime, minuteTime, shortDateTime, CITY_ZONE } from '../fmt/time.ts'
import { valueRange } from './points.ts'
import type { Drawn } from './points.ts'

export interface ChartMark {
  readonly at: number
  readonly kind: 'started' | 'raised'
}

export interface PlotData {
  readonly drawn: Drawn
  readonly from: number
  readonly to: number
  readonly limit: number | null
  readonly marks: readonly ChartMark[]
}

export interface PlotOptions {
  readonly target: HTMLElement
  /** A value holds until the next one: steps instead of slopes. */
  readonly holds: boolean
  readonly isBoolean: boolean
  readonly severity: Severity
  readonly text: (value: number) => string
  readonly markWords: Readonly<Record<'started' | 'raised' | 'limit', string>>
  readonly onPoint: (point: Point | null) => void
}

export interface Plot {
  show(data: PlotData): void
  close(): void
}

export function createPlot(options: PlotOptions): Plot {
  const { target } = options
  const style = getComputedStyle(target)
  const colour = (name: string): string => style.getPropertyValue(name).trim() || 'gray'
  const ink = colour('--ink-2')
  const font = `11px ${style.fontFamily}`
  let data: PlotData = {
    drawn: { seconds: [], values: [], lows: [], highs: [], hasSpread: false },
    from: 0,
    to: 1,
    limit: null,
    marks: [],
  }

  function drawMarks(plot: uPlot): void {
    const { ctx, bbox } = plot
    const ratio = devicePixelRatio
    ctx.save()
    ctx.beginPath()
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
    ctx.clip()
    ctx.font = `${11 * ratio}px ${style.fontFamily}`
    ctx.lineWidth = 1.5 * ratio
    if (data.limit !== null && !options.isBoolean) {
      const y = plot.valToPos(data.limit, 'y', true)
      ctx.strokeStyle = colour('--chart-limit')
      ctx.setLineDash([6 * ratio, 4 * ratio])
      line(ctx, bbox.left, y, bbox.left + bbox.width, y)
      ctx.fillStyle = ink
      ctx.textAlign = 'left'
      const label = `${options.markWords.limit} ${options.text(data.limit)}`
      ctx.fillText(label, bbox.left + 6 * ratio, y - 5 * ratio)
    }
    for (const mark of data.marks) {
      const x = plot.valToPos(mark.at / 1_000, 'x', true)
      ctx.strokeStyle = mark.kind === 'raised' ? colour(`--sev-${options.severity}-line`) : ink
      ctx.setLineDash(mark.kind === 'raised' ? [] : [2 * ratio, 3 * ratio])
      line(ctx, x, bbox.top, x, bbox.top + bbox.height)
    }
    const raised = data.marks.find((mark) => mark.kind === 'raised')
    if (raised !== undefined) {
      const x = plot.valToPos(raised.at / 1_000, 'x', true)
      const isRight = x > bbox.left + bbox.width * 0.8
      ctx.fillStyle = ink
      ctx.textAlign = isRight ? 'right' : 'left'
      ctx.fillText(options.markWords.raised, x + (isRight ? -6 : 6) * ratio, bbox.top + 13 * ratio)
    }
    ctx.restore()
  }

  const axis = {
    stroke: ink,
    font,
    grid: { stroke: colour('--line-1'), width: 1 },
    ticks: { stroke: colour('--line-1'), width: 1, size: 4 },
  }
  const step = uPlot.paths.stepped?.({ align: 1 })
  const plot = new uPlot(
    {
      width: Math.max(target.clientWidth, 100),
      height: Math.max(target.clientHeight, 100),
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), CITY_ZONE),
      legend: { show: false },
      padding: [8, 22, 0, 0],
      cursor: { drag: { x: false, y: false }, points: { size: 7 } },
      scales: {
        x: { range: () => [data.from / 1_000, data.to / 1_000] },
        y: {
          range: () => {
            if (options.isBoolean) return [-0.1, 1.1]
            const { drawn, limit } = data
            const spread = drawn.hasSpread ? [...drawn.lows, ...drawn.highs] : drawn.values
            const [low, high] = valueRange(spread, limit)
            return [low, high]
          },
        },
      },
      axes: [
        {
          ...axis,
          size: 30,
          values: (_plot, ticks, _index, _space, increment) =>
            ticks.map((tick) => timeLabel(tick * 1_000, increment)),
        },
        {
          ...axis,
          size: 56,
          ...(options.isBoolean ? { splits: () => [0, 1] } : {}),
          values: (_plot, ticks) =>
            ticks.map((tick) => (options.isBoolean ? options.text(tick) : plainTick(tick))),
        },
      ],
      series: [
        {},
        {
          stroke: colour('--chart-line'),
          width: 1.6,
          spanGaps: false,
          // Shown by themselves where there is room, so that a lone reading is seen too.
          points: { size: 5, space: 14, fill: colour('--chart-line') },
          ...(options.holds && step !== undefined ? { paths: step } : {}),
        },
        { stroke: 'transparent', width: 0, points: { show: false } },
        { stroke: 'transparent', width: 0, points: { show: false } },
      ],
      bands: [{ series: [3, 2], fill: colour('--chart-spread') }],
      hooks: {
        draw: [drawMarks],
        setCursor: [
          (current) => {
            const { idx } = current.cursor
            const { seconds, values, lows, highs } = data.drawn
            const second = idx === null || idx === undefined ? undefined : seconds[idx]
            const value = idx === null || idx === undefined ? null : (values[idx] ?? null)
            if (idx === null || idx === undefined || second === undefined || value === null)
              options.onPoint(null)
            else
              options.onPoint({
                t: second * 1_000,
                v: value,
                min: lows[idx] ?? null,
                max: highs[idx] ?? null,
              })
          },
        ],
      },
    },
    [[], [], [], []],
    target,
  )
  const observer = new ResizeObserver(() => {
    if (target.clientWidth > 0)
      plot.setSize({ width: target.clientWidth, height: target.clientHeight })
  })
  observer.observe(target)

  return {
    show(next) {
      data = next
      const { seconds, values, lows, highs } = next.drawn
      plot.setData([[...seconds], [...values], [...lows], [...highs]])
    },
    close() {
      observer.disconnect()
      plot.destroy()
    },
  }
}

function line(ctx: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  ctx.beginPath()
  ctx.moveTo(x1, y1)
  ctx.lineTo(x2, y2)
  ctx.stroke()
}

function timeLabel(at: number, incrementSeconds: number): string {
  if (incrementSeconds >= 86_400) return shortDateTime(at).slice(0, 5)
  return incrementSeconds >= 60 ? minuteTime(at) : clockTime(at)
}

function plainTick(value: number): string {
  return new Intl.NumberFormat('en', { maximumFractionDigits: 3, useGrouping: false }).format(value)
}
