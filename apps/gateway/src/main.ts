import { createLogger, runService } from '@plinth/service'
import { startGateway } from './app.ts'
import { gatewayConfig } from './config.ts'

await runService(async () => {
  const config = gatewayConfig()
  const logger = createLogger({ service: 'gateway', level: config.logLevel })
  return { ...(await startGateway(config, logger)), logger }
})
