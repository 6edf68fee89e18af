// One write at a time: those that come meanwhile wait in their order. They are few, as every caller waits for its own.

export interface Turns {
  run<T>(task: () => Promise<T>): Promise<T>
  /** Resolves when nothing runs or waits. */
  idle(): Promise<void>
}

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  return {
    run(task) {
      const turn = last.then(task)
      last = turn.catch(() => {})
      return turn
    },
    async idle() {
      for (let seen: Promise<unknown> | null = null; seen !== last;) {
        seen = last
        await seen
      }
    },
  }
}
