import { randomFillSync } from 'node:crypto'

/**
 * Random text from a pool: asking the system for each request's few bytes cost a tenth of all that the gateway did, and
 * spelling them one by one nearly as much.
 */
function randomText(spell: (bytes: Buffer) => string): (length: number) => string {
  const bytes = Buffer.allocUnsafe(8_192)
  let pool = ''
  let at = 0
  return (length) => {
    if (at + length > pool.length) {
      pool = spell(randomFillSync(bytes))
      at = 0
    }
    at += length
    return pool.slice(at - length, at)
  }
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const letters = Buffer.from(alphabet)
const takeHex = randomText((bytes) => bytes.toString('hex'))
const takeBase32 = randomText((bytes) => {
  for (let at = 0; at < bytes.length; at++) bytes[at] = letters[(bytes[at] ?? 0) & 31] ?? 0
  return bytes.toString('latin1')
})

let lastMs = 0
let lastTime = ''

/** A request id in the form of all ids of the house (`newId` of the kernel): 48 bits of time, 80 random bits. */
export function freshRequestId(): string {
  const nowMs = Date.now()
  if (nowMs !== lastMs) {
    lastMs = nowMs
    lastTime = ''
    for (let index = 0, rest = nowMs; index < 10; index++, rest = Math.floor(rest / 32))
      lastTime = (alphabet[rest % 32] ?? '0') + lastTime
  }
  return `req_${lastTime}${takeBase32(16)}`
}

/** A trace begins here where the caller has none (W3C Trace Context). */
export const freshTrace = (): string => `00-${takeHex(32)}-${takeHex(16)}-01`
