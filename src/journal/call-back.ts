// How the journal calls those who use it: a bug in a callback ends the process like any other bug, but not before the others in line
// have been told, and never out of the journal's own work.

export function callBack<T>(callback: (value: T) => void, value: T): void {
  try {
    callback(value)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
