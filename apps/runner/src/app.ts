import { connectBus, type Bus } from '@plinth/bus'
import { workloadNudgeSubject } from '@plinth/contracts'
import { systemClock, type Logger, type Worker } from '@plinth/kernel'
import { join } from 'node:path'
import type { RunnerConfig } from './config.ts'
import { startEdge } from './edge/server.ts'
import { edgeTable } from './edge/table.ts'
import { openDataFolder } from './files/data-folder.ts'
import { endOrphans } from './jobs/attempt-folder.ts'
import { pipelinesOver } from './jobs/pipelines.ts'
import { jobWorkers } from './jobs/worker.ts'
import { detectSandbox } from './sandbox/sandbox.ts'
import { layOutTools } from './sandbox/tools.ts'
import { metricsText } from './status/metrics.ts'
import { startStatus } from './status/server.ts'
import { logShipper } from './telemetry/log-shipper.ts'
import { metricsShipper } from './telemetry/metrics-shipper.ts'
import { workloadAnswers } from './workloads/answers.ts'
import { workloadHost } from './workloads/host.ts'
import { recordStore } from './workloads/record.ts'
import { releaseStore } from './workloads/releases.ts'

export type RunnerApp = { url: string; edgePort: number; logger: Logger; close(): Promise<void> }

/**
 * The whole runner. First what users see (their workloads, the edge), from files alone; then, whenever it is there,
 * the bus, and with it jobs and commands. So a machine that boots without the control plane serves all the same.
 */
export async function runnerApp(config: RunnerConfig, logger: Logger): Promise<RunnerApp> {
  const data = openDataFolder(config.dataDir)
  const sandbox = detectSandbox()
  if (!sandbox.isIsolating) logger.warn({ reason: sandbox.reason }, 'this runner cannot isolate what it runs')
  const tools = layOutTools(data.tools)
  endOrphans(data.jobs)
  let bus: Bus | undefined
  const table = edgeTable()
  const records = recordStore(data.workloads)
  const host = workloadHost({
    clock: systemClock,
    logger,
    records,
    releases: releaseStore(data.releases, config.token),
    sandbox,
    tools,
    table,
    changed: (name) => bus?.notify(workloadNudgeSubject(config.name), { name }),
    drainMs: 10_000,
    graceMs: 10_000,
  })
  const edge = await startEdge({ table, host: config.edgeHost, port: config.edgePort, logger })
  const logFolders = () =>
    [...host.records()].map(([name, { replicas }]) => ({
      folder: join(records.folder(name), 'logs'),
      running: new Set(replicas.map(({ id }) => id)),
    }))
  const local: Worker[] = [
    logShipper({ folders: logFolders, logger }),
    metricsShipper({ records: () => host.records(), table }),
  ]
  for (const worker of local) await worker.start()
  const status = await startStatus({
    host: config.host,
    port: config.port,
    checks: () => [bus?.health ?? { name: 'bus', check: () => Promise.reject(new Error('not connected yet')) }],
    metrics: () => metricsText(host.records(), table),
  })

  let closing = false
  const remote: Worker[] = []
  const connecting = (async () => {
    const { natsUrl: url, natsUser: user, natsPassword: password, name } = config
    const connected = await connectBus({ url, user, password, name: `runner ${name}`, logger })
    if (closing) return connected.close()
    bus = connected
    const jobs = {
      jobsFolder: data.jobs,
      sandbox,
      tools,
      pipelines: pipelinesOver(connected),
      logger,
      runner: name,
      concurrency: config.jobConcurrency,
    }
    remote.push(workloadAnswers(connected, host, name), ...jobWorkers(connected, jobs))
    for (const worker of remote) await worker.start()
  })().catch((error: unknown) => logger.error({ err: error }, 'the runner could not join the bus'))

  return {
    url: status.url,
    edgePort: edge.port,
    logger,
    async close() {
      closing = true
      // A bus that was never there keeps `connecting` waiting for good; nothing hangs on it.
      if (bus) await connecting
      // Jobs may take their time to be given back, more than this process has; the workloads do not wait for that.
      const isRemoteStopped = Promise.all(remote.map((worker) => worker.stop()))
      await edge.close()
      await host.close(config.onStop)
      await isRemoteStopped
      await Promise.all(local.map((worker) => worker.stop()))
      await Promise.all([table.close(), status.close(), bus?.close()])
    },
  }
}
