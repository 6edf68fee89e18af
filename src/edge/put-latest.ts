// One bounded memory for many: a map whose first entry is always the one longest unheard of.

/** Puts the entry at the end; beyond `entriesMax` the first one is forgotten. */
export function putLatest<V>(map: Map<string, V>, key: string, value: V, entriesMax: number): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= entriesMax) return
  const oldest = map.keys().next()
  if (oldest.done !== true) map.delete(oldest.value)
}
