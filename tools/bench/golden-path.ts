// From "I need a service with a database" to its first 200, as a user waits for it: ten new services, one after the other.
import { openStage } from '../e2e/stage.ts'
import { ensureProject, goldenPath, signedIn, type Golden } from '../platform/golden-path.ts'
import { duration, printBars, printTable, spread, writeResult } from './lib.ts'

const runs = Number(process.env['PLINTH_BENCH_RUNS'] ?? 10)
const barMs = 10_000

const stage = await openStage()
try {
  const api = await signedIn(stage.platform.admin)
  await ensureProject(api, 'bench')
  const walked: Golden[] = []
  for (let index = 1; index <= runs; index++) {
    const one = await goldenPath(api, {
      project: 'bench',
      component: `service-${index}`,
      edgePort: stage.platform.edgePort,
    })
    walked.push(one)
    console.log(`run ${index} of ${runs}: ${duration(one.totalMs * 1000)}`)
  }
  const names = walked[0]?.phases.map(({ name }) => name) ?? []
  const row = (name: string, samples: readonly number[]): string[] => {
    const { median, p95, max } = spread(samples)
    return [name, ...[median, p95, max].map((ms) => duration(ms * 1000))]
  }
  const total = walked.map(({ totalMs }) => totalMs)
  printTable(
    'Golden path',
    ['phase', 'median', 'p95', 'max'],
    [
      ...names.map((name) =>
        row(
          name,
          walked.map(({ phases }) => phases.find((phase) => phase.name === name)?.ms ?? NaN),
        ),
      ),
      row('create to first 200', total),
    ],
  )
  const { p95 } = spread(total)
  printBars([{ what: 'create to first 200, p95', bar: '<= 10 s', measured: duration(p95 * 1000), met: p95 <= barMs }])
  console.log(writeResult('golden-path', walked))
} finally {
  await stage.close()
}
process.exit(0)
