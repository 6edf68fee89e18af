// Waiting in the harness: for a while, or for something to become true.

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Looks every few milliseconds; false when it did not come true in time. */
export async function comesTrue(
  condition: () => boolean | Promise<boolean>,
  withinMs: number,
): Promise<boolean> {
  const deadline = performance.now() + withinMs
  for (;;) {
    if (await condition()) return true
    if (performance.now() > deadline) return false
    await pause(5)
  }
}

/** Resolves when the number has not changed for `quietMs`; false when it goes on changing. */
export async function comesToRest(
  read: () => number,
  quietMs: number,
  withinMs: number,
): Promise<boolean> {
  let value = read()
  let since = performance.now()
  return comesTrue(() => {
    const next = read()
    if (next !== value) {
      value = next
      since = performance.now()
    }
    return performance.now() - since >= quietMs
  }, withinMs)
}
