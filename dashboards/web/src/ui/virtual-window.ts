// Which rows of a long list are worth drawing. All rows have one height, so this is arithmetic.

export interface VirtualWindow {
  /** First row drawn. */
  readonly from: number
  /** Behind the last row drawn. */
  readonly to: number
}

/** Below this, drawing all rows costs less than leaving some out, and the browser's own search finds them. */
const DRAW_ALL_UP_TO = 200
const OVERSCAN_ROWS = 8

export function virtualWindow(place: {
  readonly count: number
  readonly rowPx: number
  readonly scrollTop: number
  readonly heightPx: number
}): VirtualWindow {
  const { count, rowPx, scrollTop, heightPx } = place
  if (count <= DRAW_ALL_UP_TO) return { from: 0, to: count }
  const first = Math.floor(scrollTop / rowPx) - OVERSCAN_ROWS
  const last = Math.ceil((scrollTop + heightPx) / rowPx) + OVERSCAN_ROWS
  const to = Math.min(count, Math.max(last, 0))
  return { from: Math.max(0, Math.min(first, to)), to }
}

/** The scroll position that puts the anchor row back where it was on the screen. */
export function anchoredScrollTop(place: {
  readonly scrollTop: number
  readonly rowPx: number
  readonly indexBefore: number
  readonly indexAfter: number
}): number {
  return Math.max(0, place.scrollTop + (place.indexAfter - place.indexBefore) * place.rowPx)
}
