import { expect, test } from 'vitest'
import { createLogger, requestLines } from './logger.ts'

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
