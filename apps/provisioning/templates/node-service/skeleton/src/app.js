import { createServer } from 'node:http'
import { checkEntry } from './entry.js'

const bodyBytesMax = 64 * 1024

/** The HTTP face: `entries` is what keeps them ({ record, list, ping }), so tests can hand in their own. */
export function createApp(entries) {
  return createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    const route = `${request.method} ${pathname}`
    try {
      const [status, body] = await (routes[route] ?? notFound)(entries, request)
      send(response, status, body)
      if (route !== 'GET /healthz') log('info', `${route} ${status}`, { status })
    } catch (error) {
      const status = error.status ?? 500
      send(response, status, { error: status === 500 ? 'Something went wrong' : error.message })
      log(status === 500 ? 'error' : 'info', `${route} ${status}: ${error.message}`, { status })
    }
  })
}

const routes = {
  'GET /': async () => [200, { service: '${{ values.name }}', entries: '/entries' }],
  'GET /healthz': async (entries) => (await entries.ping(), [200, { status: 'ok' }]),
  'GET /entries': async (entries) => [200, { items: await entries.list() }],
  'POST /entries': async (entries, request) => {
    const entry = checkEntry(await readJson(request))
    return [201, await entries.record(entry)]
  },
}

const notFound = async () => [404, { error: 'No such page' }]

function send(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

async function readJson(request) {
  let text = ''
  for await (const chunk of request) {
    text += chunk
    if (text.length > bodyBytesMax) throw Object.assign(new Error('The body is too large'), { status: 413 })
  }
  try {
    return JSON.parse(text)
  } catch {
    throw Object.assign(new Error('The body is no JSON'), { status: 400 })
  }
}

function log(level, msg, fields) {
  console.log(JSON.stringify({ level, msg, ...fields }))
}
