// A journal at its upper bound: acknowledgements wait only until the engine has written down what it knows.

import { expect, it } from 'vitest'
import { removeDirectory, startProduct } from '../support/product.ts'

it('goes on by itself when its journal is full of what is consumed, before and after a kill', async () => {
  const environment = {
    HETAO_JOURNAL_MAX: '2MiB',
    HETAO_JOURNAL_SEGMENT: '1MiB',
    // Nothing but the full journal leads to a snapshot.
    HETAO_SNAPSHOT_EVERY: '1h',
  }
  const reading = { device: 'X-1', m: { pad: 'x'.repeat(60_000) } }
  const first = await startProduct({ environment })
  const { dataDirectory, token } = first
  const post = async (product: typeof first) =>
    Promise.all(Array.from({ length: 60 }, () => product.api('POST', '/ingest', reading)))
  const before = await post(first)
  await first.kill()
  const second = await startProduct({ dataDirectory, token, environment })
  const answers = [...before, ...(await post(second))]
  expect(answers.map(({ status }) => status)).toEqual(Array(120).fill(202))
  const pipeline = await second.api('GET', '/pipeline')
  expect(pipeline.body).toMatchObject({ journaled: 120, holds: true })
  expect(await second.stop()).toBe(0)
  removeDirectory(dataDirectory)
}, 60_000)
