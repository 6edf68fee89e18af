// A binary heap: hands out what comes first by `isBefore`.

export interface Heap<T> {
  push(item: T): void
  pop(): T | undefined
  /** What `pop` would hand out. */
  peek(): T | undefined
  clear(): void
  readonly size: number
}

export function createHeap<T>(isBefore: (a: T, b: T) => boolean): Heap<T> {
  const items: T[] = []

  /** The item at an index that is known to be there. */
  function at(index: number): T {
    const item = items[index]
    if (item === undefined)
      throw new RangeError(
        `Cannot read the heap: expected an index below ${items.length}, got ${index}`,
      )
    return item
  }

  function swap(a: number, b: number): void {
    const item = at(a)
    items[a] = at(b)
    items[b] = item
  }

  function sink(start: number): void {
    let index = start
    for (;;) {
      let first = index
      for (const child of [2 * index + 1, 2 * index + 2])
        if (child < items.length && isBefore(at(child), at(first))) first = child
      if (first === index) return
      swap(index, first)
      index = first
    }
  }

  return {
    push(item) {
      items.push(item)
      for (let index = items.length - 1; index > 0;) {
        const parent = (index - 1) >> 1
        if (!isBefore(at(index), at(parent))) return
        swap(index, parent)
        index = parent
      }
    },
    pop() {
      const top = items[0]
      const last = items.pop()
      if (last !== undefined && items.length > 0) {
        items[0] = last
        sink(0)
      }
      return top
    },
    peek: () => items[0],
    clear() {
      items.length = 0
    },
    get size() {
      return items.length
    },
  }
}
