/**
 * Access decisions: ours beside node-casbin and cedar-wasm, in one run on one machine, so that the ratios hold where
 * the absolute figures do not. Each engine and size gets a process of its own.
 *
 *   node tools/bench/decision.ts
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { measureCached, reportCached, type Cached } from './decision-cached.ts'
import { engines, policyOf, probesOf, sizes, type EngineName, type Size } from './decision-engines.ts'
import { duration, figure, printBars, printTable, spread, writeResult, type Spread } from './lib.ts'

type Measured = {
  engine: EngineName
  size: Size
  loadMs: number
  memoryMiB: number
  /** Microseconds, one sample a decision. */
  decision: Spread
  /** Mean of a loop without a clock in it: the clock costs some 50 ns a sample. */
  loopUs: number
  change?: Spread
  whoCan?: Spread
  /** One character a probe, to compare with the other engines. */
  answers: string
}

const probesMax = 100_000
const boxMs = 2500

/** Microseconds of each round, until the time is up; at least 5 rounds. */
async function sampled(roundsMax: number, round: (at: number) => unknown): Promise<number[]> {
  const samples: number[] = []
  const until = performance.now() + boxMs
  for (let at = 0; at < roundsMax && (at < 5 || performance.now() < until); at++) {
    const start = process.hrtime.bigint()
    const result = round(at)
    if (result instanceof Promise) await result
    samples.push(Number(process.hrtime.bigint() - start) / 1000)
  }
  return samples
}

/** What is in use after a collection, in MiB. */
function heldMiB(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 2 ** 20
}

async function measure(name: EngineName, size: Size): Promise<Measured> {
  const engine = engines[name].make(size)
  const probes = probesOf(size, probesMax)
  const probeAt = (at: number) => probes[at % probesMax] ?? probes[0] ?? { user: '', role: '', domain: '', object: '' }
  const memoryBefore = heldMiB()
  const loadStart = performance.now()
  await engine.load()
  const loadMs = performance.now() - loadStart
  const memoryMiB = heldMiB() - memoryBefore

  for (let at = 0, until = performance.now() + 500; at < 20_000 && performance.now() < until; at++)
    await engine.decide(probeAt(at))
  const answers: string[] = []
  const decision = spread(
    await sampled(probesMax, (at) => {
      const answer = engine.decide(probeAt(at))
      if (answer instanceof Promise) return answer.then((allowed) => void answers.push(allowed ? '1' : '0'))
      answers.push(answer ? '1' : '0')
      return undefined
    }),
  )
  const loops = Math.min(200_000, decision.count * 2)
  const loopStart = performance.now()
  for (let at = 0; at < loops; at++) {
    const answer = engine.decide(probeAt(at))
    if (answer instanceof Promise) await answer
  }
  const loopUs = ((performance.now() - loopStart) * 1000) / loops
  const { change, whoCan } = engine
  const whoProbe = `component/data${Math.floor(sizes[size] / 20)}`
  return {
    engine: name,
    size,
    loadMs,
    memoryMiB,
    decision,
    loopUs,
    ...(change !== undefined && { change: spread(await sampled(5000, (at) => change(at))) }),
    ...(whoCan !== undefined && { whoCan: spread(await sampled(2000, () => whoCan(whoProbe))) }),
    answers: answers.join(''),
  }
}

/** In a process of its own, with the collector at hand for the memory figure. */
function measureApart<T = Measured>(engine: EngineName | 'casbin-cached', size: Size): T {
  const output = execFileSync(
    process.execPath,
    ['--expose-gc', '--no-warnings', fileURLToPath(import.meta.url), engine, size],
    { encoding: 'utf8', maxBuffer: 64 * 2 ** 20, timeout: 300_000, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  return JSON.parse(output) as T
}

function report(size: Size, results: readonly Measured[]): { agreed: number; compared: number } {
  const [ours] = results
  if (ours === undefined) throw new Error('nothing was measured')
  let [agreed, compared] = [0, 0]
  const rows = results.map((one) => {
    const both = Math.min(one.answers.length, ours.answers.length)
    const same = Array.from({ length: both }, (_, at) => one.answers[at] === ours.answers[at]).filter(Boolean).length
    if (one !== ours) [agreed, compared] = [agreed + same, compared + both]
    return [
      engines[one.engine].title,
      duration(one.decision.median),
      duration(one.decision.p99),
      duration(one.loopUs),
      `${figure(one.loopUs / ours.loopUs)} x`,
      duration(one.loadMs * 1000),
      duration(one.change?.median ?? NaN),
      duration(one.change?.p99 ?? NaN),
      duration(one.whoCan?.median ?? NaN),
      one.memoryMiB < 1 ? '< 1 MiB' : `${figure(one.memoryMiB)} MiB`,
      one === ours ? '' : `${figure(same)} of ${figure(both)}`,
    ]
  })
  const { rules, links } = policyOf(size)
  printTable(
    `Access decisions, ${size}: ${figure(rules.length + links.length)} rows`,
    ['engine', 'median', 'p99', 'mean, loop', 'ratio', 'load', 'change', 'change p99', 'who-can', 'memory', 'agrees'],
    rows,
  )
  return { agreed, compared }
}

function main(): void {
  const all: Measured[] = []
  let [agreed, compared] = [0, 0]
  for (const size of Object.keys(sizes) as Size[]) {
    const results = (Object.keys(engines) as EngineName[]).map((engine) => measureApart(engine, size))
    all.push(...results)
    const counted = report(size, results)
    agreed += counted.agreed
    compared += counted.compared
  }
  const cached = (['medium', 'large'] as const).map((size) => measureApart<Cached>('casbin-cached', size))
  for (const one of cached) reportCached(one)
  const large = (engine: EngineName): Measured | undefined =>
    all.find((one) => one.size === 'large' && one.engine === engine)
  const ours = large('plinth')
  const sync = large('casbin-sync')
  if (ours === undefined || sync === undefined) throw new Error('the large size was not measured')
  const ratio = sync.loopUs / ours.loopUs
  const change = ours.change?.p99 ?? NaN
  const whoCan = ours.whoCan?.p99 ?? NaN
  printBars([
    { what: 'decision, p99', bar: '<= 10 us', measured: duration(ours.decision.p99), met: ours.decision.p99 <= 10 },
    { what: 'against enforceSync', bar: '>= 1,000 x', measured: `${figure(ratio)} x`, met: ratio >= 1000 },
    { what: 'load', bar: '<= 500 ms', measured: duration(ours.loadMs * 1000), met: ours.loadMs <= 500 },
    { what: 'one change, p99', bar: '<= 50 us', measured: duration(change), met: change <= 50 },
    { what: 'who-can, p99', bar: '<= 5 ms', measured: duration(whoCan), met: whoCan <= 5000 },
    {
      what: 'memory of the index, heap and external',
      bar: 'stated',
      measured: `${figure(ours.memoryMiB)} MiB`,
      met: true,
    },
    { what: 'still allowed after a revocation', bar: 'none', ...revocations(cached) },
    { what: 'answers that agree', bar: 'all', measured: `${agreed} of ${compared}`, met: agreed === compared },
  ])
  console.log(
    writeResult('decision', [...all.map(({ answers, ...rest }) => ({ ...rest, answered: answers.length })), ...cached]),
  )
}

function revocations(cached: readonly Cached[]): { measured: string; met: boolean } {
  const sum = (of: (one: Cached) => number): number => cached.reduce((total, one) => total + of(one), 0)
  const still = sum(({ stillPlinth }) => stillPlinth)
  const measured = `${still} (casbin cached: ${sum(({ stillCasbin }) => stillCasbin)} of ${sum(({ revoked }) => revoked)})`
  return { measured, met: still === 0 }
}

const [engine, size] = process.argv.slice(2)
if (engine === undefined) main()
else if (engine === 'casbin-cached') console.log(JSON.stringify(await measureCached(size as Size)))
else console.log(JSON.stringify(await measure(engine as EngineName, size as Size)))
