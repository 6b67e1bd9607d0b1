import { join, resolve } from 'node:path'
import { connectBus, type Bus } from '@plinth/bus'
import { contracts } from '@plinth/contracts'
import { systemClock, type Clock, type HealthCheck, type Logger } from '@plinth/kernel'
import { createLogger, service, type RenderError, type RunningService } from '@plinth/service'
import type { Config } from './config.ts'
import { decisionIntake } from './decisions/intake.ts'
import { decisionsTable } from './decisions/table.ts'
import { openChdb } from './engine/chdb.ts'
import { openClickhouse } from './engine/clickhouse.ts'
import type { Engine } from './engine/engine.ts'
import { statusOf } from './otlp/answers.ts'
import { ingester } from './otlp/ingest.ts'
import { openPreparer } from './otlp/preparer.ts'
import { ingestRoutes } from './otlp/routes.ts'
import { queryRoutes } from './query/routes.ts'
import { openTail } from './query/tail.ts'
import { openSpool, type Spool } from './spool/spool.ts'
import { inserts, type Signal } from './storage/inserts.ts'
import { tables } from './storage/tables.ts'

/** The service with everything it needs, listening; `close` ends it in order. */
export async function startTelemetry(
  config: Config,
  clock: Clock = systemClock,
): Promise<RunningService & { logger: Logger }> {
  const logger = createLogger({ service: 'telemetry', level: config.logLevel })
  const { natsUrl: url, natsUser: user, natsPassword: password } = config
  const connect = () => connectBus({ url, user, password, name: 'telemetry', logger })
  return { ...(await telemetry({ config, logger, clock, connect })), logger }
}

type Given = {
  config: Pick<Config, 'host' | 'port' | 'identityPublicKey' | 'otlpUrl' | 'clickhouseUrl' | 'dataDir'>
  logger: Logger
  clock: Clock
  /** The broker, once it is there; without it no decisions are taken in. */
  connect?: () => Promise<Bus>
  /** Tests shorten or stretch it. */
  lingerMs?: number
}

/** The whole service on one screen. */
export async function telemetry({ config, logger, clock, connect, lingerMs }: Given): Promise<RunningService> {
  const folder = resolve(config.dataDir)
  const engine =
    config.clickhouseUrl === '' ? await openChdb(join(folder, 'chdb')) : openClickhouse(config.clickhouseUrl)
  for (const table of [...tables, decisionsTable]) await engine.run(table)
  const spool = (signal: Signal): Promise<Spool> =>
    openSpool({
      folder: join(folder, 'spool', signal),
      insert: (file, token) => engine.insert(inserts[signal], file, token),
      logger: logger.child({ signal }),
      ...(lingerMs !== undefined && { lingerMs }),
    })
  const spools = { traces: await spool('traces'), metrics: await spool('metrics'), logs: await spool('logs') }
  const preparer = openPreparer()
  const tail = openTail()
  const running = await service({
    name: 'telemetry',
    contract: contracts.telemetry,
    handlers: {
      ...ingestRoutes(ingester({ spools, preparer, tail, clock }), logger),
      ...queryRoutes(engine, tail, clock),
    },
    logger,
    config,
    clock,
    health: [storeHealth(engine)],
    workers: connect === undefined ? [] : [decisionIntake({ engine, logger, clock, connect })],
    renderError: otlpErrors,
  })
  const close = async (): Promise<void> => {
    await running.close()
    await Promise.all([preparer.close(), ...Object.values(spools).map((each) => each.close())])
    await engine.close()
  }
  return { ...running, close }
}

const storeHealth = (engine: Engine): HealthCheck => ({
  name: 'telemetry store',
  check: async () => void (await engine.query('SELECT count() FROM (SELECT 1 FROM spans LIMIT 1)')),
})

/** What is refused before an OTLP handler runs has a google.rpc.Status for its body too. */
const otlpErrors: RenderError = (error, operation) =>
  operation.startsWith('ingest') ? { contentType: 'application/json', body: statusOf(error) } : undefined
