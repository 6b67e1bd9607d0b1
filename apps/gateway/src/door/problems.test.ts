import { failure } from '@plinth/contracts'
import { expect, test } from 'vitest'
import { problemResponse } from './problems.ts'

test('refuses as Confluent does below /schema-registry/, as a problem document everywhere else', () => {
  const denied = failure('gateway.permission_denied', { detail: 'You may not.' })
  const registry = problemResponse(denied, '/schema-registry/subjects?deleted=true', 'req_1')
  expect(registry).toMatchObject({ status: 403, headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' } })
  expect(JSON.parse(registry.body)).toEqual({ error_code: 40301, message: 'You may not.' })
  expect(registry.headers['content-length']).toBe(String(Buffer.byteLength(registry.body)))
  const elsewhere = problemResponse(denied, '/schema-registrys', 'req_1')
  expect(elsewhere.headers['content-type']).toBe('application/problem+json')
  expect(JSON.parse(elsewhere.body)).toMatchObject({ code: 'gateway.permission_denied', status: 403 })
})

test('tells a client of the registry when to come back, and never what went wrong inside', () => {
  const limited = problemResponse(
    failure('platform.rate_limited', { retryAfterSeconds: 3 }),
    '/schema-registry/subjects',
    'req_1',
  )
  expect(limited).toMatchObject({ status: 429, headers: { 'retry-after': '3' } })
  const broken = problemResponse(new Error('select secret from schemas'), '/schema-registry/subjects', 'req_1')
  expect(broken.status).toBe(500)
  expect(broken.body).not.toContain('secret')
  expect(JSON.parse(broken.body)).toMatchObject({ error_code: 50001 })
})
