import { BlockList, isIP } from 'node:net'
import { newEnforcer, newModelFromString, StringAdapter } from 'casbin'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  actionMatch,
  casbinModel,
  compile,
  domainMatch,
  formatPolicy,
  objectMatch,
  registerCasbinFunctions,
  type AccessRequest,
  type Conditions,
  type Context,
  type Freeze,
  type Link,
  type PolicySet,
} from './index.ts'
import { casesWanted, domain, requests, requestsARun, rules, subject } from './test-support/random-policies.ts'

/*
 * The oracle for conditions and expiry is node-casbin with only those links that hold at that instant and address. Which
 * those are, and what a freeze does, is said here once more, as plainly as can be: by the clock that Intl prints, by
 * Node's BlockList, and by searching all links and rules.
 */

const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const clockTime = fc.constantFrom('00:00', '06:00', '09:30', '12:00', '17:00', '23:30')
const window = fc
  .record({
    zone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu'),
    days: fc.subarray([...dayNames], { minLength: 1 }),
    from: clockTime,
    until: fc.oneof(clockTime, fc.constant('24:00')),
  })
  .filter(({ from, until }) => from !== until)
const networks = fc.uniqueArray(
  fc.constantFrom('10.0.0.0/8', '10.1.0.0/16', '192.168.1.7', '0.0.0.0/0', 'fd00::/8', '::/0', '::1'),
  { minLength: 1, maxLength: 3 },
)
const conditions: fc.Arbitrary<Conditions> = fc.record(
  { window, networks, breakGlass: fc.constant(true as const) },
  { requiredKeys: [] },
)
const hours = fc.integer({ min: 0, max: 14 * 24 * 4 })
/** A quarter of an hour of two weeks around the end of summer time in Europe and America. */
const instant = hours.map((quarters) => new Date(Date.UTC(2026, 9, 22) + quarters * 900_000))
const some = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined })
const links: fc.Arbitrary<Link[]> = fc.array(
  fc
    .record({ subject, role: subject, domain, expiresAt: some(instant), conditions: some(conditions) })
    .map(({ expiresAt, ...link }) => ({ ...link, expiresAt: expiresAt?.toISOString() })),
  { maxLength: 14 },
)
const freezes: fc.Arbitrary<Freeze[]> = fc.array(
  fc.record({ domain, from: instant, until: instant }).map(({ from, until, ...freeze }) => {
    return { ...freeze, from: from.toISOString(), until: until.toISOString(), reason: 'quiet' }
  }),
  { maxLength: 2 },
)
const policy = fc.record({ revision: fc.constant(1), rules, links, freezes })
const context = fc.record({
  at: instant,
  address: some(fc.constantFrom('10.1.2.3', '10.2.0.1', '192.168.1.7', '::ffff:10.1.2.3', 'fd00::9', '::1', '2001:db8::1')),
}) // prettier-ignore

function inWindow({ zone, days, from, until }: NonNullable<Conditions['window']>, at: Date): boolean {
  const text = at.toLocaleString('en-GB', { timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit' })
  const [, dayText = '', time = ''] = /^(\w+),? (\d\d:\d\d)$/.exec(text) ?? []
  const today = dayNames.findIndex((day) => day === dayText.toLowerCase().slice(0, 3))
  const has = (day: number): boolean => days.some((one) => one === dayNames[day % 7])
  if (from < until) return has(today) && time >= from && time < until
  return time >= from ? has(today) : time < until && has(today + 6)
}

function inNetworks(list: readonly string[], address: string | undefined): boolean {
  if (address === undefined) return false
  return list.some((network) => {
    const [start = '', prefix] = network.split('/')
    const isV6 = start.includes(':')
    const block = new BlockList()
    block.addSubnet(start, Number(prefix ?? (isV6 ? 128 : 32)), isV6 ? 'ipv6' : 'ipv4')
    // BlockList finds IPv4 addresses in IPv6 networks; here an address is of one kind, mapped ones of IPv4.
    const isV4 = !address.includes(':') || address.startsWith('::ffff:')
    return isV4 !== isV6 && block.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  })
}

const holds = ({ expiresAt, conditions: wanted = {} }: Link, { at = new Date(), address }: Context): boolean =>
  (expiresAt === undefined || new Date(expiresAt) > at) &&
  (wanted.window === undefined || inWindow(wanted.window, at)) &&
  (wanted.networks === undefined || inNetworks(wanted.networks, address))

const isFrozen = (list: readonly Freeze[], ask: AccessRequest, at: Date): boolean =>
  !['get', 'list', 'logs', 'use', 'approve', 'grant'].includes(ask.action) &&
  !/^(?:freeze|telemetry)(?:\/|$)/.test(ask.object) &&
  list.some((freeze) => {
    const isOn = new Date(freeze.from) <= at && at < new Date(freeze.until)
    return isOn && domainMatch(ask.domain, freeze.domain)
  })

/** Everything that is reached from some subjects in a domain. */
function reached(held: readonly Link[], from: readonly string[], where: string): Set<string> {
  const found = new Set(from)
  for (const one of found)
    for (const link of held) if (link.subject === one && domainMatch(where, link.domain)) found.add(link.role)
  return found
}

function allowedThroughGlass(set: PolicySet, held: readonly Link[], ask: AccessRequest): boolean {
  const mine = reached(held, ask.subjects, ask.domain)
  const broken = held.filter(
    (link) => link.conditions?.breakGlass === true && mine.has(link.subject) && domainMatch(ask.domain, link.domain),
  )
  const reach = reached(held, broken.map(({ role }) => role), ask.domain) // prettier-ignore
  return set.rules.some(
    (rule) =>
      rule.effect === 'allow' &&
      reach.has(rule.subject) &&
      domainMatch(ask.domain, rule.domain) &&
      objectMatch(ask.object, rule.object) &&
      actionMatch(ask.action, rule.action),
  )
}

/** Under which what lasts must be decided alike. */
const others: readonly Context[] = [
  { at: new Date(0) },
  { at: new Date('2026-10-24T10:00:00Z'), address: '10.1.2.3' },
  { at: new Date('2026-11-01T23:45:00Z'), address: 'fd00::9' },
  { at: new Date('2099-01-01T00:00:00Z'), address: '203.0.113.9' },
]
const runs = Math.ceil(casesWanted(1_800) / requestsARun)

test(`node-casbin with the links that hold then decides as the index does under conditions, on ${runs * requestsARun} random requests`, { timeout: 7_200_000 }, async () => {
  let [allowed, frozen, agreed, lasting] = [0, 0, 0, 0]
  await fc.assert(
    fc.asyncProperty(policy, context, requests, async (set, { at, address }, asked) => {
      const now = { at, ...(address !== undefined && { address }) }
      // Of two rows for one link the later counts.
      const rows = [...new Map(set.links.map((row) => [`${row.subject} ${row.role} ${row.domain}`, row])).values()]
      const held = rows.filter((link) => holds(link, now))
      const callers = asked.flatMap(({ subjects }, at) => subjects.map((role) => ({ subject: `user:caller${at}`, role, domain: '*' }))) // prettier-ignore
      const plain = [...held, ...callers].map((link) => ({ subject: link.subject, role: link.role, domain: link.domain }))
      const csv = formatPolicy({ rules: set.rules, links: plain })
      const enforcer = await newEnforcer(newModelFromString(casbinModel), new StringAdapter(csv))
      await registerCasbinFunctions(enforcer)
      const index = compile(set)
      for (const [number, ask] of asked.entries()) {
        const isOn = isFrozen(set.freezes, ask, at)
        const expected =
          enforcer.enforceSync(`user:caller${number}`, ask.domain, ask.object, ask.action) &&
          (!isOn || allowedThroughGlass({ ...set, links: held }, held, ask))
        const decision = index.decide({ ...ask, context: now })
        expect(decision.allowed, JSON.stringify({ ask, now, set })).toBe(expected)
        if (decision.isLasting) {
          lasting++
          for (const other of others) expect(index.decide({ ...ask, context: other })).toEqual(decision)
        }
        if (decision.allowed) allowed++
        if (decision.frozen !== undefined) frozen++
        agreed++
      }
      const [{ domain: where, object: what, action: how }] = asked as [AccessRequest]
      const target = { domain: where, object: what, action: how }
      const may = ['user:u', 'user:v'].filter((one) => index.decide({ ...target, subjects: [one], context: now }).allowed)
      expect(index.whoCan(target, now).map((holder) => holder.subject)).toEqual(may)
    }),
    { numRuns: runs, seed: 20_261_024 },
  )
  if (process.env['PLINTH_CASES'] !== undefined)
    process.stdout.write(`${agreed} decisions agreed; ${allowed} allowed, ${frozen} frozen\n`)
  expect(agreed).toBe(runs * requestsARun)
  expect(allowed).toBeGreaterThan(agreed / 20)
  expect(frozen).toBeGreaterThan(0)
  expect(lasting).toBeGreaterThan(agreed / 20)
}) // prettier-ignore
