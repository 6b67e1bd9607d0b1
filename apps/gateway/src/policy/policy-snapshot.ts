import type { PolicySet } from '@plinth/access'
import type { Bus } from '@plinth/bus'
import { failure, policySnapshot } from '@plinth/contracts'

/** A policy that changes while it is read is begun anew so often. */
const triesMax = 5
const timeoutMs = 10_000

/**
 * The whole policy, page by page. Throws when authorization does not answer, or no longer keeps what was begun.
 */
export async function readSnapshot(bus: Bus, signal: AbortSignal): Promise<PolicySet> {
  for (let tries = 0; tries < triesMax; tries++) {
    const policySet = await readOnce(bus, signal)
    if (policySet !== undefined) return policySet
  }
  throw failure('platform.unavailable', { detail: 'The access policy changes faster than it can be read.' })
}

async function readOnce(bus: Bus, signal: AbortSignal): Promise<PolicySet | undefined> {
  const first = await bus.ask(policySnapshot, {}, { timeoutMs, signal })
  const { revision, pages, freezes } = first
  const rules = [...first.rules]
  const links = [...first.links]
  for (let page = 1; page < pages; page++) {
    const more = await bus.ask(policySnapshot, { page, revision }, { timeoutMs, signal })
    if (more.revision !== revision || more.pages !== pages) return undefined
    for (const rule of more.rules) rules.push(rule)
    for (const link of more.links) links.push(link)
  }
  return { revision, rules, links, ...(freezes !== undefined && { freezes }) }
}
