import { asIdentity } from '@plinth/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { flows } from '../testing/flows.ts'
import { Harness } from '../testing/harness.ts'

const logBytesMax = 1_000
let harness: Harness
let flow: ReturnType<typeof flows>
beforeAll(async () => {
  harness = await Harness.start({ logBytesMax })
  flow = flows(harness)
})
afterAll(() => harness.close())

type Seen = { id?: string; event?: string; data: { text?: string; status?: string } }

/** Reads server-sent events until the stream ends, or until `enough` says so. */
async function follow(
  project: string,
  job: string,
  from?: string,
  enough: (seen: Seen[]) => boolean = () => false,
): Promise<Seen[]> {
  const stop = new AbortController()
  const response = await fetch(`${harness.app.url}/api/v1/projects/${project}/jobs/${job}/log/events`, {
    headers: { ...asIdentity(), ...(from !== undefined && { 'last-event-id': from }) },
    signal: stop.signal,
  })
  const seen: Seen[] = []
  let rest = ''
  for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const frames = (rest + text).split('\n\n')
    rest = frames.pop() ?? ''
    for (const frame of frames) {
      const fields = new Map(
        frame.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      )
      const data = fields.get('data')
      if (data !== undefined && fields.get('event') !== 'end')
        seen.push({
          id: fields.get('id') ?? '',
          event: fields.get('event') ?? '',
          data: JSON.parse(data) as Seen['data'],
        })
    }
    if (enough(seen)) break
  }
  stop.abort()
  return seen
}

const textOf = (seen: Seen[]): string => seen.map(({ data }) => data.text ?? '').join('')

it('a follower gets what is written as it is written, and the status at the end', async () => {
  await harness.push('live', 'a: { script: x }')
  const taken = await flow.claimed('live', 'a')
  await harness.log(taken, 0, 'one\n')
  const following = follow('live', taken.ref.job)
  await harness.log(taken, 4, 'zwei \u{1F600} \u001b[31mrot\n')
  await harness.finish(taken, 'success')
  const seen = await following
  expect(textOf(seen)).toBe('one\nzwei \u{1F600} \u001b[31mrot\n')
  expect(seen.at(-1)).toMatchObject({ event: 'status', data: { status: 'success' } })
})

it('a follower that comes back goes on at the byte it had', async () => {
  await harness.push('resume', 'a: { script: x }')
  const taken = await flow.claimed('resume', 'a')
  await harness.log(taken, 0, 'first\n')
  const [first] = await follow('resume', taken.ref.job, undefined, (seen) => seen.length > 0)
  await harness.log(taken, 6, 'second\n')
  await harness.finish(taken, 'failed')
  expect(textOf(await follow('resume', taken.ref.job, first?.id))).toBe('second\n')
})

it('a repeated piece is dropped, an overlapping one cut, and a gap refused with the offset wanted', async () => {
  await harness.push('offsets', 'a: { script: x }')
  const taken = await flow.claimed('offsets', 'a')
  expect(await harness.log(taken, 0, 'abc')).toEqual({ nextOffset: 3 })
  expect(await harness.log(taken, 0, 'abc')).toEqual({ nextOffset: 3 })
  expect(await harness.log(taken, 9, 'xyz')).toEqual({ nextOffset: 3 })
  expect(await harness.log(taken, 1, 'bcd')).toEqual({ nextOffset: 4 })
  const answers = await Promise.all(Array.from({ length: 8 }, () => harness.log(taken, 4, 'efgh')))
  expect(answers).toEqual(Array.from({ length: 8 }, () => ({ nextOffset: 8 })))
  expect((await harness.call('GET', `/api/v1/projects/offsets/jobs/${taken.ref.job}/log`)).text).toBe('abcdefgh')
})

it('a log beyond its limit is cut between characters with one line that says so, and the runner is not held up', async () => {
  await harness.push('chatty', 'a: { script: x }')
  const taken = await flow.claimed('chatty', 'a')
  expect(await harness.log(taken, 0, `x${'\u00e4'.repeat(600)}`)).toEqual({ nextOffset: 1_201 })
  expect(await harness.log(taken, 1_201, 'more')).toEqual({ nextOffset: 1_205 })
  const { text } = await harness.call('GET', `/api/v1/projects/chatty/jobs/${taken.ref.job}/log`)
  expect(text).toBe(`x${'\u00e4'.repeat(499)}\n--- the log is longer than 1000 bytes; the rest is not kept ---\n`)
})

it('the log of a further attempt stands after the one before, behind a line that says so; notes come first', async () => {
  await harness.push('further', 'a: { script: x, retry: 1, image: node }')
  const first = await flow.claimed('further', 'a')
  await harness.log(first, 0, 'one\n')
  await harness.finish(first, 'failed')
  const second = await flow.claimed('further', 'a', 2)
  await harness.log(second, 0, 'two\n')
  const { text } = await harness.call('GET', `/api/v1/projects/further/jobs/${second.ref.job}/log`)
  expect(text).toMatch(/^note: `image` is not used.*\none\n--- attempt 2, on runner-1 ---\nnote: .*\ntwo\n$/)
})
