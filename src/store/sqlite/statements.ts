// Prepared statements by their SQL text, bounded: the least recently used one is dropped first.

import type { DatabaseSync, StatementSync } from 'node:sqlite'

const STATEMENTS_MAX = 64

export type Statements = (sql: string) => StatementSync

export function createStatements(database: DatabaseSync): Statements {
  const prepared = new Map<string, StatementSync>()
  return (sql) => {
    const known = prepared.get(sql)
    const statement = known ?? database.prepare(sql)
    prepared.delete(sql)
    prepared.set(sql, statement)
    if (prepared.size > STATEMENTS_MAX)
      for (const oldest of prepared.keys()) {
        prepared.delete(oldest)
        break
      }
    return statement
  }
}
