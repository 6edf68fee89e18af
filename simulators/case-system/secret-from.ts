// A secret from the command line or, where others could read that (a container's arguments), from a file.

import { readFileSync } from 'node:fs'

export type SecretFrom =
  { readonly ok: true; readonly value: string } | { readonly ok: false; readonly problem: string }

/** `option` is the name of the option that gives the text; the one with `-file` behind it names the file. */
export function secretFrom(
  option: string,
  text: string | undefined,
  file: string | undefined,
): SecretFrom {
  const wanted = `--${option} or --${option}-file`
  if ((text === undefined) === (file === undefined))
    return {
      ok: false,
      problem: `${wanted}: expected one of them, got ${text === undefined ? 'none' : 'both'}`,
    }
  try {
    const value = text ?? readFileSync(file ?? '', 'utf8').trim()
    return value === ''
      ? { ok: false, problem: `${wanted}: expected a secret, got an empty text` }
      : { ok: true, value }
  } catch (error) {
    return {
      ok: false,
      problem: `--${option}-file: cannot read "${file}": ${error instanceof Error ? error.message : String(error)}`,
    }
  }
}
