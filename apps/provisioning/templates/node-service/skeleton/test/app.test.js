import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createApp } from '../src/app.js'

const kept = []
const entries = {
  record: async (entry) => (kept.push(entry), { id: kept.length, ...entry }),
  list: async () => kept,
  ping: async () => undefined,
}

describe('the service', () => {
  const server = createApp(entries)
  let url
  before(() => new Promise((resolve) => server.listen(0, '127.0.0.1', () => {
    url = `http://127.0.0.1:${server.address().port}`
    resolve()
  })))
  after(() => new Promise((resolve) => server.close(resolve)))

  const post = (body) => fetch(`${url}/entries`, { method: 'POST', body })

  it('records an entry and lists it', async () => {
    const answer = await post(JSON.stringify({ amount: 1250, description: 'Invoice 17' }))
    assert.equal(answer.status, 201)
    const { items } = await (await fetch(`${url}/entries`)).json()
    assert.equal(items.at(-1).amount, 1250)
  })

  it('refuses an entry without an amount, and says so', async () => {
    const answer = await post(JSON.stringify({ description: 'Invoice 18' }))
    assert.equal(answer.status, 400)
    assert.match((await answer.json()).error, /amount/)
  })

  it('refuses a body that is no JSON', async () => {
    assert.equal((await post('{')).status, 400)
  })

  it('says that it is well', async () => {
    assert.equal((await fetch(`${url}/healthz`)).status, 200)
  })
})
