import { failure, type Operations } from '@plinth/contracts'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { Client } from './index.ts'
import { clientFor, scripted, start, type routes } from './test-support/service.ts'

describe('a call', () => {
  test('carries parameters, lists and bodies unharmed', async () => {
    const client = clientFor((await start()).url)
    expect(await client.getThing({ params: { thing: 'a/b ?#%é' }, query: { tag: ['x', 'y&z'] } })).toEqual({
      name: 'a/b ?#%é',
      tags: ['x', 'y&z'],
    })
    expect(await client.createThing({ body: { name: 'é' } })).toEqual({ name: 'é', tags: [] })
    expect(await client.deleteThing({ params: { thing: 'a' } })).toBeUndefined()
  })

  test('of a raw route gives the answer as it is', async () => {
    const response = await clientFor((await start()).url).putBytes({ path: 'a/b c', body: new Uint8Array([0, 255]) })
    expect([response.headers.get('x-path'), [...new Uint8Array(await response.arrayBuffer())]]).toEqual([
      'a/b c',
      [0, 255],
    ])
  })

  test.each(['.', '..', ''])("refuses '%s' for a path parameter, which would lead elsewhere", async (thing) => {
    await expect(clientFor('http://127.0.0.1:1').getThing({ params: { thing } })).rejects.toThrow('path parameter')
  })

  test('has the types of its contract', () => {
    expectTypeOf<Parameters<Client<Operations>['listRepositories']>[0]['params']>().toEqualTypeOf<{
      readonly project: string
    }>()
    expectTypeOf<Awaited<ReturnType<Client<typeof routes>['deleteThing']>>>().toEqualTypeOf<undefined>()
    expectTypeOf<Client<typeof routes>['followThings']>().parameter(0).toExtend<object | undefined>()
    expectTypeOf<{ body: { nmae: string } }>().not.toExtend<Parameters<Client<typeof routes>['createThing']>[0]>()
  })
})

describe('a failure', () => {
  test('has the code, the places and the request id of the service', async () => {
    const client = clientFor((await start()).url)
    await expect(client.createThing({ body: { nmae: 'x' } as never })).rejects.toMatchObject({
      name: 'PlinthError',
      status: 400,
      code: 'platform.request_invalid',
      requestId: 'req_12345678',
      errors: expect.arrayContaining([{ path: '/body/name', message: 'is missing; add it.' }]),
    })
  })

  test('keeps further members, such as what a denial requires', async () => {
    const client = clientFor(
      (
        await start({
          getThing: () => Promise.reject(failure('gateway.permission_denied', { extensions: { required: 'x' } })),
        })
      ).url,
    )
    await expect(client.getThing({ params: { thing: 'a' } })).rejects.toMatchObject({
      status: 403,
      extensions: { required: 'x' },
    })
  })

  test('to reach the server says so, with a remedy', async () => {
    await expect(clientFor('http://127.0.0.1:1').createThing({ body: { name: 'x' } })).rejects.toMatchObject({
      status: 0,
      code: 'client.unreachable',
      detail: expect.stringContaining('check that'),
    })
  })

  test('that is not ours is told apart', async () => {
    const url = await scripted((_request, response) => response.writeHead(418).end('<html>'))
    await expect(clientFor(url).createThing({ body: { name: 'x' } })).rejects.toMatchObject({
      status: 418,
      code: 'client.unexpected_answer',
    })
  })

  test('by the caller’s own abort stays an abort', async () => {
    const controller = new AbortController()
    const call = clientFor((await start({ getThing: () => new Promise(() => {}) })).url).getThing({
      params: { thing: 'a' },
      signal: controller.signal,
    })
    controller.abort()
    await expect(call).rejects.toMatchObject({ name: 'AbortError' })
  })
})
