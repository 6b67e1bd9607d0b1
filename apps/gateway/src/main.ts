import { createLogger, runService } from '@plinth/service'
import { startGateway } from './app.ts'
import { gatewayConfig } from './config.ts'
import { bufferedLines } from './door/log-lines.ts'

await runService(async () => {
  const config = gatewayConfig()
  const logger = createLogger({ service: 'gateway', level: config.logLevel }, bufferedLines())
  return { ...(await startGateway(config, logger)), logger }
})
