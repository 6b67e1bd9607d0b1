import { randomFillSync } from 'node:crypto'

const pool = Buffer.allocUnsafe(8_192)
let at = pool.length

/** Random bytes from a pool: asking the system for each request's few cost a tenth of all that the gateway did. */
function take(bytes: number): Buffer {
  if (at + bytes > pool.length) {
    randomFillSync(pool)
    at = 0
  }
  at += bytes
  return pool.subarray(at - bytes, at)
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
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
  let random = ''
  for (const byte of take(16)) random += alphabet[byte & 31] ?? '0'
  return `req_${lastTime}${random}`
}

/** A trace begins here where the caller has none (W3C Trace Context). */
export const freshTrace = (): string => `00-${take(16).toString('hex')}-${take(8).toString('hex')}-01`
