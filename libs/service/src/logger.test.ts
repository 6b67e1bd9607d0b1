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
  requestLines(child).info({ operation: 'getProject', status: 200 }, 'request')
  requestLineWriter(child)('"operation":"getProject","status":200')
  const [usual = '', short = ''] = lines.splice(0).map((line) => line.replace(/"time":"[^"]{20}\d{3}Z"/, '"time":""'))
  expect(short).toBe(usual)
  requestLineWriter(createLogger({ service: 'test', level: 'error' }, { write: (line) => void lines.push(line) }))(
    '"a":1',
  )
  expect(lines).toEqual([])
})
