import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { knownHead, rememberHead } from './known-head.ts'

const fields = ['Host', 'a', 'Authorization', 'Bearer x', 'traceparent', '00-1', 'Accept', '*/*']

/** Requests of one connection. */
function connection(): (...rawHeaders: string[]) => IncomingMessage {
  const socket = new Socket()
  return (...rawHeaders) => ({ socket, rawHeaders }) as IncomingMessage
}

describe('the head of the request before', () => {
  it('is known again where every field is the same, but for those that tell one request from the next', () => {
    const request = connection()
    rememberHead(request(...fields))
    const head = knownHead(request(...fields))
    expect(head).toBeDefined()
    expect(knownHead(request(...fields.with(5, '00-2')))).toBe(head)
  })

  it.each([
    ['another value', fields.with(3, 'Bearer y')],
    ['another spelling of a name', fields.with(2, 'authorization')],
    ['another name', fields.with(6, 'Accept_')],
    ['a field less', fields.slice(2)],
    ['a field more', [...fields, 'Host', 'b']],
    ['another order', [...fields.slice(2), ...fields.slice(0, 2)]],
    ['no fields', []],
  ])('is not known with %s', (_what, other) => {
    const request = connection()
    rememberHead(request(...fields))
    expect(knownHead(request(...other))).toBeUndefined()
  })

  it('is not known on another connection', () => {
    rememberHead(connection()(...fields))
    expect(knownHead(connection()(...fields))).toBeUndefined()
  })

  it('is not remembered where it is large', () => {
    const request = connection()
    rememberHead(request(...fields, 'x-large', 'x'.repeat(5_000)))
    expect(knownHead(request(...fields, 'x-large', 'x'.repeat(5_000)))).toBeUndefined()
  })
})
