import { lookup as resolve, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { Agent, fetch, type RequestInit, type Response } from 'undici'
import { isLoopbackHost, reachable, type Reach } from './addresses.ts'

export type Outbound = {
  /** Why this address may not be called, in words for whoever named it; undefined where it may. */
  refusal(address: string): string | undefined
  /** `fetch` that goes to no inner address, whatever a name resolves to when it connects; follows no redirect. */
  fetch(address: string, init?: RequestInit): Promise<Response>
  close(): Promise<void>
}

const bytesMax = 1_048_576
const timeoutMs = 10_000

/**
 * Calls to addresses that people named. The check is where the connection is made, so that a name which resolves to
 * another address by then (DNS rebinding) is refused as well. Answers are 1 MiB at most.
 */
export function createOutbound(reach: Reach): Outbound {
  const mayReach = reachable(reach)
  const agent = new Agent({
    connect: { lookup: guardedLookup(mayReach), timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: bytesMax,
  })
  const refusal = (address: string): string | undefined => {
    if (!URL.canParse(address)) return 'is no URL'
    const { protocol, hostname, username, password } = new URL(address)
    const host = hostname.replace(/^\[(.*)\]$/, '$1')
    if (protocol !== 'https:' && !(protocol === 'http:' && reach.loopback && isLoopbackHost(hostname)))
      return 'must be https'
    if (username !== '' || password !== '') return 'must hold no user name or password'
    if (isIP(host) !== 0 && !mayReach(host)) return 'is an inner address'
    return undefined
  }
  return {
    refusal,
    async fetch(address, init = {}) {
      const why = refusal(address)
      if (why !== undefined) throw new Error(`the address ${why}`)
      const signal = init.signal ?? AbortSignal.timeout(timeoutMs)
      return fetch(address, { ...init, signal, redirect: 'manual', dispatcher: agent })
    },
    close: () => agent.close(),
  }
}

/** Resolves as usual, and keeps of the addresses those that may be called. */
const guardedLookup =
  (mayReach: (address: string) => boolean): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error !== null) return callback(error, '', 0)
      const allowed = addresses.filter(({ address }) => mayReach(address))
      const [first] = allowed
      if (first === undefined) return callback(new Error('the name resolves to inner addresses only'), '', 0)
      if (options.all === true) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }
