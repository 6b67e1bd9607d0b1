import type { Socket } from 'node:net'
import type { Attack } from '../attack.ts'
import { refused } from '../refused.ts'
import { requestText, type Target } from '../target.ts'
import { having, without, type Expectation } from '../verdict.ts'
import { dial } from '../wire.ts'

const path = '/events'
const nobody: Expectation = { statuses: [401], also: without('access-control-allow-origin') }
const foreign: Expectation = { statuses: [403], code: 'gateway.csrf_missing' }
const madeUpSession = `cookie: __Host-plinth=pls_${'a'.repeat(40)}`
const hijack = 'CWE-1385'

/** Streams outlive the question that opened them, and browsers open them without being asked. */
export const streamAttacks = (target: Target): Attack[] => {
  const unsigned = (...fields: string[]): string => requestText(target, { path, isSignedIn: false, fields })
  const signed = (at: string, ...fields: string[]): string => requestText(target, { path: at, fields })
  return [
    ...refused('streams', [
      ['no credential', 'OWASP API2:2023', unsigned(), nobody],
      [
        'a credential in the query',
        'RFC 6750 section 5.3',
        requestText(target, { path: `${path}?access_token=${target.token}`, isSignedIn: false }),
        nobody,
      ],
      [
        "a browser's session from a foreign origin",
        hijack,
        unsigned(madeUpSession, 'origin: https://other.example'),
        foreign,
      ],
      ["a browser's session from the origin null", hijack, unsigned(madeUpSession, 'origin: null'), foreign],
      [
        "a browser's session from an origin that begins alike",
        hijack,
        unsigned(madeUpSession, `origin: ${target.url}.other.example`),
        foreign,
      ],
      ['a session that nobody opened', 'CWE-384', unsigned(madeUpSession, `origin: ${target.url}`), nobody],
      [
        'a cursor that nobody gave out',
        'CWE-20',
        signed(path, 'last-event-id: 99999999999999999999'),
        { statuses: [200, 400], never: /"subject":"user:/ },
      ],
      ['a query that nobody knows', 'CWE-20', signed(`${path}?as=user:admin`), { statuses: [400] }],
      ['the same member twice', 'CWE-235', signed(`${path}?project=a&project=b`), { statuses: [400] }],
      [
        'an upgrade to WebSocket',
        'RFC 6455 section 4.2',
        signed(path, 'upgrade: websocket', 'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==', 'sec-websocket-version: 13'),
        asPlainStream,
      ],
      [
        'POST',
        'RFC 9110 section 15.5.6',
        requestText(target, { method: 'POST', path, fields: ['content-length: 0'] }),
        { statuses: [404, 405] },
      ],
    ]),
    { category: 'streams', name: '300 streams of one subject', reference: 'CWE-770', attempt: manyStreams },
  ]
}

const asPlainStream: Expectation = {
  statuses: [200, 400, 426],
  also: (answer) => (answer.status === 200 ? having('content-type', /^text\/event-stream/)(answer) : undefined),
}

const streamsMax = 300

/** Opens streams until one is refused; each that was answered stays open meanwhile. */
async function manyStreams(target: Target): Promise<string | undefined> {
  const open: Socket[] = []
  const text = requestText(target, { path }).replace('connection: close\r\n', '')
  try {
    for (let from = 0; from < streamsMax; from += 25) {
      const statuses = await Promise.all(Array.from({ length: 25 }, () => begin(target, text, open)))
      if (statuses.includes(429)) return undefined
      const strange = statuses.find((status) => status !== 200)
      if (strange !== undefined) return `a stream was answered ${strange}`
    }
    return `${streamsMax} were opened and none refused`
  } finally {
    for (const socket of open) socket.destroy()
  }
}

const begin = (target: Target, text: string, open: Socket[]): Promise<number> =>
  new Promise((resolve) => {
    const socket = dial(target)
    open.push(socket)
    socket.on('error', () => resolve(0)).on('close', () => resolve(0))
    socket.once('data', (data) => resolve(Number(String(data).slice(9, 12))))
    socket.write(text)
  })
