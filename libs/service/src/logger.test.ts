import { expect, test } from 'vitest'
import { createLogger, requestLines, requestLineWriter } from './logger.ts'

const lines: string[] = []
const logger = createLogger({ service: 'test' }, { write: (line) => void lines.push(line) })

test('no secret gets into a line, nor into one of a part', () => {
  const members = { password: 'hunter2', config: { secretKey: 'hunter2', token: 'hunter2' } }
  for (const each of [logger, logger.child({ part: 'bus' }), logger.child(members)]) each.info(members, 'said')
  expect(lines.splice(0).join()).not.toContain('hunter2')
})

test('the lines of requests are those of the same service, and what its logger hides stays hidden', () => {
  requestLines(logger.child({ part: 'door', token: 'hunter2' })).info({ status: 200 }, 'request')
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'info',
    service: 'test',
    part: 'door',
    token: '[redacted]',
    status: 200,
    msg: 'request',
  })
})

test('a line made of finished members is the one that the logger writes of the same', () => {
  lines.splice(0)
  const child = logger.child({ part: 'door' })
  const rest = { durationMs: 1.5, requestId: 'req_1', isAborted: true }
  requestLines(child).info({ operation: 'getProject', durationMs: 1.5, requestId: 'req_1', aborted: true }, 'request')
  const writer = requestLineWriter(child)
  writer.write({ members: '"operation":"getProject","durationMs":', ...rest })
  expect(lines).toHaveLength(1)
  writer.flush()
  const [usual = '', short = ''] = lines.splice(0).map((line) => line.replace(/"time":"[^"]{20}\d{3}Z"/, '"time":""'))
  expect(short).toBe(usual)
  const quiet = createLogger({ service: 'test', level: 'error' }, { write: (line) => void lines.push(line) })
  const none = requestLineWriter(quiet)
  none.write({ members: '"durationMs":', ...rest })
  none.flush()
  expect(lines).toEqual([])
})

test('lines of requests are written together, soon and in their order, each with its own time', async () => {
  lines.splice(0)
  const writer = requestLineWriter(logger)
  for (const requestId of ['req_1', 'req_2'])
    writer.write({ members: '"durationMs":', durationMs: 1, requestId, isAborted: false })
  await expect.poll(() => lines.length).toBe(1)
  const both = (lines[0] ?? '')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(both.map(({ requestId }) => requestId)).toEqual(['req_1', 'req_2'])
  expect(Math.abs(Date.parse(String(both[1]?.['time'])) - Date.now())).toBeLessThan(5_000)
})
