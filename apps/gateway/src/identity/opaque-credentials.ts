import type { Bus } from '@plinth/bus'
import { failure, resolveCredential } from '@plinth/contracts'
import type { Clock } from '@plinth/kernel'
import type { Caller } from './caller.ts'

const ttlMs = 10_000
const entriesMax = 10_000
const askingMax = 256
const form = /^(?:plt|pls)_[A-Za-z0-9_.-]{8,400}$/

type Entry = { caller: Caller; untilMs: number }

export type ResolveOpaque = (credential: string, kind: 'token' | 'session') => Caller | Promise<Caller>

/** Who opaque tokens and portal sessions stand for, by authorization's word of the last 10 seconds. */
export function opaqueCredentials(bus: Bus, clock: Clock): ResolveOpaque {
  const cache = new Map<string, Entry>()
  const asking = new Map<string, Promise<Caller>>()
  const ask = async (credential: string): Promise<Caller> => {
    const answer = await bus.ask(resolveCredential, { credential }, { timeoutMs: 3_000 })
    if (!answer.found) throw invalid()
    const { expiresAtMs, ...identity } = answer.identity
    const caller: Caller = {
      identity,
      expiresAtMs,
      ...(credential.startsWith('pls_') && { sessionSecret: credential }),
    }
    const oldest = cache.size >= entriesMax ? cache.keys().next().value : undefined
    if (oldest !== undefined) cache.delete(oldest)
    cache.set(credential, { caller, untilMs: clock.monotonicMs() + ttlMs })
    return caller
  }
  return (credential, kind) => {
    // A session may not be used as a token: it would get past the anti-forgery check that it needs.
    if (!form.test(credential) || credential.startsWith('pls_') !== (kind === 'session')) throw invalid()
    const hit = cache.get(credential)
    if (hit !== undefined && hit.untilMs > clock.monotonicMs()) return hit.caller
    cache.delete(credential)
    const underWay = asking.get(credential)
    if (underWay !== undefined) return underWay
    if (asking.size >= askingMax) throw failure('platform.unavailable')
    const question = ask(credential).finally(() => asking.delete(credential))
    asking.set(credential, question)
    return question
  }
}

const invalid = () =>
  failure('gateway.token_invalid', { detail: 'The token or session is unknown, expired, or was withdrawn.' })
